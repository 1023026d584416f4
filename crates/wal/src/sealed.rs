//! Files of frames that are written once, as a whole.
//!
//! A log may end anywhere, a sealed file may not: it ends with a frame that counts the others,
//! so that a file that was cut short at the end of a frame is noticed.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::atomic::AtomicFile;
use crate::error::{Result, WalError};
use crate::frame::{Frame, FrameWriter};
use crate::header::{FileHeader, HEADER_LEN};
use crate::reader::{FrameReader, Next};
use crate::storage::Storage;

/// The kind of the frame at the end of a sealed file. No other frame may have it.
pub const END_KIND: u8 = 255;

/// The number of bytes that are gathered before they are written.
const GATHERED: usize = 1 << 20;

/// The number of bytes that are written before they are synced: a disk that gets a large file
/// at its end keeps a log beside it waiting until it has all of it.
const SYNCED: u64 = 4 << 20;

/// Writes a sealed file. It is not there before [`commit`](SealedWriter::commit).
#[derive(Debug)]
pub struct SealedWriter {
    file: AtomicFile,
    frames: FrameWriter,
    count: u64,
    buffer: Vec<u8>,
    /// Written since the last sync.
    written: u64,
}

impl SealedWriter {
    /// Begins a file that will be `name` in `directory`, in place of the one that has the name
    /// now if there is one.
    ///
    /// # Errors
    /// Any error of the file system.
    pub fn create(
        storage: &Arc<dyn Storage>,
        directory: &Path,
        name: &str,
        header: FileHeader,
    ) -> Result<SealedWriter> {
        Ok(SealedWriter {
            file: AtomicFile::create(storage, directory, name)?,
            frames: FrameWriter::new(&header),
            count: 0,
            buffer: header.encode().to_vec(),
            written: 0,
        })
    }

    /// Adds a frame.
    ///
    /// # Errors
    /// Any error of the file system, a payload above [`MAX_PAYLOAD`](crate::MAX_PAYLOAD), and
    /// the kind [`END_KIND`].
    pub fn append(&mut self, kind: u8, payload: &[u8]) -> Result<()> {
        if kind == END_KIND {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "a kind that is taken");
            return Err(WalError::io("cannot append to", self.file.path(), source));
        }
        self.put(kind, payload)?;
        self.count += 1;
        if self.buffer.len() >= GATHERED {
            self.file.write(&self.buffer)?;
            self.written += self.buffer.len() as u64;
            self.buffer.clear();
        }
        if self.written >= SYNCED {
            self.file.sync()?;
            self.written = 0;
        }
        Ok(())
    }

    fn put(&mut self, kind: u8, payload: &[u8]) -> Result<()> {
        // Nothing of the file is durable before all of it is.
        let durable = HEADER_LEN as u64;
        self.frames
            .put(&mut self.buffer, self.file.path(), kind, durable, payload)?;
        Ok(())
    }

    /// Completes the file and gives it its name. When it returns the file is durable.
    ///
    /// # Errors
    /// As [`write_atomically`](crate::write_atomically).
    pub fn commit(mut self) -> Result<()> {
        self.put(END_KIND, &self.count.to_le_bytes())?;
        self.file.write(&self.buffer)?;
        self.file.commit().map(drop)
    }
}

/// Reads a sealed file, giving every frame but the last to `visit`. Visited frames count
/// only if all of it went well.
///
/// # Errors
/// [`WalError::Damage`] for anything but a whole file, and what `visit` returns.
pub fn read_sealed(
    storage: &dyn Storage,
    path: &Path,
    visit: impl FnMut(Frame<'_>) -> Result<()>,
) -> Result<FileHeader> {
    let bytes = storage
        .read(path)
        .map_err(|source| WalError::io("cannot read", path, source))?;
    read_sealed_bytes(path, &bytes, visit)
}

/// [`read_sealed`] of the bytes of a file.
pub(crate) fn read_sealed_bytes(
    path: &Path,
    bytes: &[u8],
    mut visit: impl FnMut(Frame<'_>) -> Result<()>,
) -> Result<FileHeader> {
    let mut frames = FrameReader::new(path, bytes)?;
    let mut count = 0_u64;
    loop {
        match frames.next_frame()? {
            Next::Frame(frame) if frame.kind != END_KIND => {
                visit(frame)?;
                count += 1;
            }
            Next::Frame(end) if end.payload != count.to_le_bytes() => {
                let what = format!("its last frame does not count the {count} before it");
                return Err(WalError::damage(path, end.offset, what));
            }
            Next::Frame(end) if end.end() != bytes.len() as u64 => {
                let what = "something stands behind its last frame";
                return Err(WalError::damage(path, end.end(), what));
            }
            Next::Frame(_) => return Ok(*frames.header()),
            Next::End => {
                let what = "its last frame is missing";
                return Err(WalError::damage(path, bytes.len() as u64, what));
            }
            Next::Torn(at) => {
                let what = "it is not whole, though it has its final name";
                return Err(WalError::damage(path, at, what));
            }
        }
    }
}
