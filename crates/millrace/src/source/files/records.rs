//! Files that are no lines: records of one length, and what a program's function reads.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crate::data::Data;

use super::Format;

/// About how long a piece is.
const PIECE: u64 = 4 << 20;

/// Files of records of one length.
pub(crate) struct BinaryFormat {
    record: u64,
    /// How many records a piece has.
    piece: u64,
}

impl BinaryFormat {
    /// Of records of `record` bytes, which must not be zero.
    pub(crate) fn new(record: u64) -> BinaryFormat {
        let piece = PIECE.div_ceil(record);
        BinaryFormat { record, piece }
    }
}

impl Format for BinaryFormat {
    type Item = Vec<u8>;

    fn fault(&self, length: u64) -> Option<String> {
        let record = self.record;
        (!length.is_multiple_of(record)).then(|| {
            format!("its {length} bytes are not a whole number of records of {record} bytes")
        })
    }

    fn pieces(&self, length: u64) -> usize {
        (length / self.record).div_ceil(self.piece) as usize
    }

    fn read(
        &self,
        mut file: File,
        length: u64,
        piece: usize,
        each: &mut dyn FnMut(Vec<u8>),
    ) -> io::Result<()> {
        let from = piece as u64 * self.piece;
        let to = (length / self.record).min(from + self.piece);
        file.seek(SeekFrom::Start(from * self.record))?;
        let mut file = BufReader::new(file);
        for _ in from..to {
            let mut record = vec![0; self.record as usize];
            file.read_exact(&mut record)?;
            each(record);
        }
        Ok(())
    }
}

/// Files that a program reads itself.
pub(crate) struct ReaderFormat<F>(pub(crate) F);

impl<T, I, F> Format for ReaderFormat<F>
where
    T: Data,
    I: Iterator<Item = T> + 'static,
    F: Fn(BufReader<File>) -> I + Send + Sync + 'static,
{
    type Item = T;

    fn refusal(&self, _path: &Path, _length: u64) -> Option<String> {
        None
    }

    fn pieces(&self, _length: u64) -> usize {
        1
    }

    fn read(
        &self,
        file: File,
        _length: u64,
        _piece: usize,
        each: &mut dyn FnMut(T),
    ) -> io::Result<()> {
        (self.0)(BufReader::new(file)).for_each(each);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_record_is_in_one_piece(
            records in prop::collection::vec(any::<[u8; 3]>(), 0..50), piece in 1_u64..9,
        ) {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(&records.concat()).unwrap();
            let format = BinaryFormat { record: 3, piece };
            let length = 3 * records.len() as u64;
            prop_assert_eq!(format.fault(length), None);
            let mut read = Vec::new();
            for piece in 0..format.pieces(length) {
                let own = File::open(file.path()).unwrap();
                format.read(own, length, piece, &mut |record| read.push(record)).unwrap();
            }
            prop_assert_eq!(read, records);
        }
    }

    #[test]
    fn half_a_record_is_a_fault() {
        assert!(BinaryFormat::new(4).fault(10).is_some());
        assert_eq!(BinaryFormat::new(u64::MAX).pieces(0), 0);
    }
}
