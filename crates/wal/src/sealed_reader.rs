//! A sealed file frame by frame, for whoever cannot have all of it in memory.
//!
//! The file stays open: what it holds can be read to the end though its program removes it
//! meanwhile. Where a frame stands is known from its head alone, so that several threads read
//! frames of one file side by side.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Result, WalError};
use crate::frame::{FRAME_HEADER_LEN, Head};
use crate::header::{FileHeader, HEADER_LEN};
use crate::sealed::{END_KIND, read_sealed_bytes};
use crate::storage::{Storage, StorageFile, read_exact};

/// The place of a frame in a sealed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FramePlace {
    /// The kind of the frame. The numbers are the caller's.
    pub kind: u8,
    /// The start of the frame in its file, in bytes.
    pub offset: u64,
    /// The length of its payload, in bytes.
    pub len: usize,
}

/// A sealed file that is read frame by frame.
///
/// ```
/// use std::sync::Arc;
/// use millrace_wal::{Disk, FileHeader, SealedReader, SealedWriter, Storage};
///
/// # let directory = tempfile::tempdir().unwrap();
/// # let directory = directory.path();
/// let storage: Arc<dyn Storage> = Arc::new(Disk);
/// let header = FileHeader { kind: 1, generation: 1, number: 0, before: 0 };
/// let mut file = SealedWriter::create(&storage, directory, "sealed", header)?;
/// file.append(7, b"first")?;
/// file.append(8, b"second")?;
/// file.commit()?;
///
/// let reader = SealedReader::open(&Disk, &directory.join("sealed"))?;
/// let places = reader.places()?;
/// let mut payload = Vec::new();
/// reader.read(&places[1], &mut payload)?;
/// assert_eq!((places[1].kind, payload.as_slice()), (8, &b"second"[..]));
/// # Ok::<(), millrace_wal::WalError>(())
/// ```
#[derive(Debug)]
pub struct SealedReader {
    path: PathBuf,
    file: Arc<dyn StorageFile>,
    header: FileHeader,
    len: u64,
}

impl SealedReader {
    /// Opens a sealed file and reads its header.
    ///
    /// # Errors
    /// Any error of the file system; [`WalError::Damage`] and [`WalError::NewerFormat`] for a
    /// header that is none.
    pub fn open(storage: &dyn Storage, path: &Path) -> Result<SealedReader> {
        let refused = |source| WalError::io("cannot read", path, source);
        let file = storage.open_read(path).map_err(refused)?;
        let len = file.len().map_err(refused)?;
        let begin = len.min(HEADER_LEN as u64);
        let mut bytes = vec![0; begin as usize];
        read_exact(&*file, 0, &mut bytes).map_err(refused)?;
        let header = FileHeader::decode(path, &bytes)?;
        let path = path.to_path_buf();
        Ok(SealedReader {
            path,
            file,
            header,
            len,
        })
    }

    /// The header of the file.
    pub fn header(&self) -> &FileHeader {
        &self.header
    }

    /// The place of the first frame, if there is one.
    ///
    /// # Errors
    /// As [`places`](SealedReader::places), as far as this frame goes.
    pub fn first(&self) -> Result<Option<FramePlace>> {
        let first = self.place(HEADER_LEN as u64)?;
        Ok(Some(first).filter(|first| first.kind != END_KIND))
    }

    /// The places of the frames, without the last one, which only counts the others. Their
    /// payloads are not looked at.
    ///
    /// # Errors
    /// [`WalError::Damage`] if the heads are not those of a whole file; what the system refuses.
    pub fn places(&self) -> Result<Vec<FramePlace>> {
        let (places, damage) = self.places_before_damage();
        damage.map_or(Ok(places), Err)
    }

    /// [`places`](SealedReader::places) of the frames in front of what is damaged, if anything is.
    pub fn places_before_damage(&self) -> (Vec<FramePlace>, Option<WalError>) {
        let mut places = Vec::new();
        let mut at = HEADER_LEN as u64;
        loop {
            let place = match self.place(at) {
                Ok(place) => place,
                Err(error) => return (places, Some(error)),
            };
            at = place.end();
            if place.kind != END_KIND {
                places.push(place);
                continue;
            }
            let mut count = Vec::new();
            let whole = self.read(&place, &mut count).is_ok()
                && count == (places.len() as u64).to_le_bytes()
                && at == self.len;
            return (places, (!whole).then(|| self.judge(place.offset)));
        }
    }

    /// Reads the payload of a frame into `payload`, in the place of what is there.
    ///
    /// # Errors
    /// [`WalError::Damage`] if it is not what was written; what the system refuses.
    pub fn read(&self, place: &FramePlace, payload: &mut Vec<u8>) -> Result<()> {
        let head = self.head(place.offset)?;
        payload.resize(head.len, 0);
        let begin = place.offset + FRAME_HEADER_LEN as u64;
        read_exact(&*self.file, begin, payload)
            .map_err(|source| WalError::io("cannot read", &self.path, source))?;
        if head.belongs_to(payload) {
            Ok(())
        } else {
            Err(self.judge(place.offset))
        }
    }

    fn place(&self, offset: u64) -> Result<FramePlace> {
        let head = self.head(offset)?;
        let place = FramePlace {
            kind: head.kind,
            offset,
            len: head.len,
        };
        if place.end() > self.len {
            return Err(self.judge(offset));
        }
        Ok(place)
    }

    fn head(&self, offset: u64) -> Result<Head> {
        if offset + FRAME_HEADER_LEN as u64 > self.len {
            return Err(self.judge(offset));
        }
        let mut bytes = [0; FRAME_HEADER_LEN];
        read_exact(&*self.file, offset, &mut bytes)
            .map_err(|source| WalError::io("cannot read", &self.path, source))?;
        let head = Head::decode(self.header.seed(), offset, &bytes);
        let head = head.ok_or_else(|| self.judge(offset))?;
        head.check_version(&self.path)?;
        Ok(head)
    }

    /// Says what is wrong, as whoever reads the whole file would.
    fn judge(&self, offset: u64) -> WalError {
        let mut bytes = vec![0; self.len as usize];
        if let Err(source) = read_exact(&*self.file, 0, &mut bytes) {
            return WalError::io("cannot read", &self.path, source);
        }
        let judged = read_sealed_bytes(&self.path, &bytes, |_| Ok(()));
        // A file that is whole now was not when the frame was read: a disk that errs.
        let what = "this frame is another one each time it is read";
        judged
            .err()
            .unwrap_or_else(|| WalError::damage(&self.path, offset, what))
    }
}

impl FramePlace {
    /// The end of the frame in its file, in bytes.
    pub fn end(&self) -> u64 {
        self.offset + (FRAME_HEADER_LEN + self.len) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealed::{SealedWriter, read_sealed};
    use crate::storage::Disk;

    #[test]
    fn every_change_of_a_byte_is_damage_as_it_is_for_who_reads_the_whole_file() {
        let directory = tempfile::tempdir().unwrap();
        let storage: Arc<dyn Storage> = Arc::new(Disk);
        let header = FileHeader {
            kind: 3,
            generation: 1,
            number: 2,
            before: 0,
        };
        let mut file = SealedWriter::create(&storage, directory.path(), "it", header).unwrap();
        for payload in [&b"one"[..], b"", b"and three"] {
            file.append(1, payload).unwrap();
        }
        file.commit().unwrap();
        let path = directory.path().join("it");
        let whole = std::fs::read(&path).unwrap();
        let read = || -> Result<usize> {
            let reader = SealedReader::open(&Disk, &path)?;
            let places = reader.places()?;
            let mut payload = Vec::new();
            for place in &places {
                reader.read(place, &mut payload)?;
            }
            Ok(places.len())
        };
        assert_eq!(read().unwrap(), 3);
        for at in 0..whole.len() {
            for bytes in [&whole[..at], &{
                let mut bytes = whole.clone();
                bytes[at] ^= 4;
                bytes
            }] {
                std::fs::write(&path, bytes).unwrap();
                let expected = read_sealed(&Disk, &path, |_| Ok(())).unwrap_err();
                assert_eq!(read().unwrap_err().to_string(), expected.to_string());
            }
        }
        std::fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
        assert!(read().is_err());
    }
}
