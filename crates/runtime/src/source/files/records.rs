//! Files that are no lines: records of one length, and what a program's function reads.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};

use millrace_engine::data::Data;
use millrace_types::counted;

use crate::files::Codec;

use super::file::{Cut, Taken};
use super::troubles::FileVoice;
use super::{Format, empty, weigh};

/// About how long a piece is.
const PIECE: u64 = 4 << 20;

/// Files of records of one length.
pub struct BinaryFormat {
    record: u64,
    /// The number of records of a piece.
    piece: u64,
}

impl BinaryFormat {
    /// Of records of `record` bytes, which must not be zero.
    #[must_use]
    pub fn new(record: u64) -> BinaryFormat {
        let piece = PIECE.div_ceil(record);
        BinaryFormat { record, piece }
    }
}

impl Format for BinaryFormat {
    type Item = Vec<u8>;

    fn refusal(&self, file: &Taken) -> Option<String> {
        // Spark 3.5 refuses them too.
        let compressed = Codec::of(&file.path).map(|_| {
            "is not read: it is compressed, and its records have one length; decompress it before \
             it is moved here"
        });
        compressed.map(str::to_owned).or_else(|| empty(file))
    }

    fn remark(&self, file: &Taken) -> Option<String> {
        let (record, rest) = (self.record, file.length % self.record);
        (rest > 0).then(|| {
            let (rest, record) = (counted(rest, "byte"), counted(record, "byte"));
            format!("is not read to its end: its last {rest} cannot be a record of {record}")
        })
    }

    fn pieces(&self, file: &Taken) -> usize {
        (file.length / self.record).div_ceil(self.piece) as usize
    }

    fn read(
        &self,
        taken: &Taken,
        piece: usize,
        _voice: &FileVoice,
        each: &mut dyn FnMut(Vec<u8>),
    ) -> Result<(), Cut> {
        let from = piece as u64 * self.piece;
        let to = (taken.length / self.record).min(from + self.piece);
        let mut file = taken.open()?;
        file.seek(SeekFrom::Start(from * self.record))?;
        let mut file = BufReader::new(file);
        for number in from..to {
            let mut record = vec![0; self.record as usize];
            let at = number * self.record;
            file.read_exact(&mut record).map_err(|why| Cut {
                at,
                ..Cut::from(why)
            })?;
            weigh(record.len());
            each(record);
        }
        Ok(())
    }
}

/// Files that a program reads itself.
pub struct ReaderFormat<F>(pub F);

impl<T, I, F> Format for ReaderFormat<F>
where
    T: Data,
    I: Iterator<Item = T> + 'static,
    F: Fn(BufReader<File>) -> I + Send + Sync + 'static,
{
    type Item = T;

    fn refusal(&self, _file: &Taken) -> Option<String> {
        None
    }

    fn pieces(&self, _file: &Taken) -> usize {
        1
    }

    fn read(
        &self,
        taken: &Taken,
        _piece: usize,
        _voice: &FileVoice,
        each: &mut dyn FnMut(T),
    ) -> Result<(), Cut> {
        (self.0)(BufReader::new(taken.open()?)).for_each(each);
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
            let taken = Taken::new(file.path().to_owned(), 3 * records.len() as u64);
            prop_assert_eq!(format.remark(&taken), None);
            let mut read = Vec::new();
            for piece in 0..format.pieces(&taken) {
                let each = &mut |record| read.push(record);
                format.read(&taken, piece, &FileVoice::quiet(), each).unwrap();
            }
            prop_assert_eq!(read, records);
        }
    }

    #[test]
    fn half_a_record_is_said_and_a_compressed_file_is_refused() {
        let file = |name: &str, length| Taken::new(name.into(), length);
        let (four, huge) = (BinaryFormat::new(4), BinaryFormat::new(u64::MAX));
        let remark = four.remark(&file("a", 10)).unwrap();
        assert!(remark.contains("last 2 bytes"), "{remark}");
        assert_eq!(
            (four.pieces(&file("a", 10)), huge.pieces(&file("a", 0))),
            (1, 0)
        );
        assert!(four.refusal(&file("a.gz", 8)).is_some());
        assert_eq!(four.refusal(&file("a", 8)), None);
    }
}
