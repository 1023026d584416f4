//! The form in which blocks pass the write-ahead log, and their way back from it.
//!
//! | bytes | meaning |
//! |---|---|
//! | 4 | the number of the input stream, little endian |
//! | 1 | of lines: 1 if the bytes before the block ended in a carriage return |
//! | rest | of lines: the bytes as received; of records: one MessagePack value each |
//!
//! The note of a receiver on a block of records stands before them, as a MessagePack extension.
//! A block that is larger than a frame should be is written in several, each a block of its
//! own.

use std::fmt;
use std::sync::Arc;

use millrace_engine::data::Data;
use millrace_engine::pipeline::{LineBlock, RecordBlock};
use millrace_wal::MAX_PAYLOAD;

use super::block_log::Logged;
use super::tracker::InputTracker;

/// The kinds of frames that hold blocks.
pub(crate) const LINES: u8 = 1;
pub(crate) const RECORDS: u8 = 2;

/// A frame of records is ended behind the record that makes it so long, in bytes.
const LONG_FRAME: usize = 64 << 20;

/// An extension with four bytes of length, most significant first, and a byte of type.
const EXTENSION: u8 = 0xc9;
/// The type of what was said of a block.
const METADATA: u8 = 0x4d;

/// A block cannot be written down.
#[derive(Debug)]
pub struct Unwritable {
    stream: u32,
    cause: Cause,
}

#[derive(Debug)]
enum Cause {
    Refused(rmp_serde::encode::Error),
    TooLong(usize),
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stream = self.stream;
        match &self.cause {
            Cause::Refused(error) => write!(
                f,
                "a record of receiver {stream} cannot be written to the write-ahead log: {error}"
            ),
            Cause::TooLong(bytes) => write!(
                f,
                "a record of receiver {stream} takes {bytes} bytes, and the write-ahead log holds \
                 records of at most {MAX_PAYLOAD}: the receiver has to store it in parts"
            ),
        }
    }
}

pub(super) struct LoggedLines {
    pub(super) tracker: Arc<InputTracker>,
    pub(super) receiver: usize,
    pub(super) stream: u32,
    pub(super) block: LineBlock,
}

impl Logged for LoggedLines {
    fn kind(&self) -> u8 {
        LINES
    }

    /// Always one frame: no line is as long as a frame.
    fn encode(&self, _: usize, out: &mut Vec<u8>) -> Result<Option<usize>, Unwritable> {
        out.extend(self.stream.to_le_bytes());
        self.block.encode(out);
        Ok(None)
    }

    fn add(self: Box<Self>) {
        self.tracker.add_lines(self.receiver, self.block);
    }
}

pub(super) struct LoggedRecords<T> {
    pub(super) tracker: Arc<InputTracker>,
    pub(super) receiver: usize,
    pub(super) stream: u32,
    pub(super) block: RecordBlock<T>,
}

impl<T: Data> Logged for LoggedRecords<T> {
    fn kind(&self) -> u8 {
        RECORDS
    }

    fn encode(&self, from: usize, out: &mut Vec<u8>) -> Result<Option<usize>, Unwritable> {
        out.extend(self.stream.to_le_bytes());
        if let Some(metadata) = self.block.metadata().filter(|_| from == 0) {
            encode_metadata(metadata, out);
        }
        let stream = self.stream;
        encode_records(self.block.records(), from, LONG_FRAME, MAX_PAYLOAD, out)
            .map_err(|cause| Unwritable { stream, cause })
    }

    fn add(self: Box<Self>) {
        self.tracker.add_records_now(self.receiver, self.block);
    }
}

/// Appends records from number `from` on, up to the one that makes `long` bytes of them, and to
/// `most` bytes at most; gives the number of the next, if there are more.
fn encode_records<T: Data>(
    records: &[T],
    from: usize,
    long: usize,
    most: usize,
    out: &mut Vec<u8>,
) -> Result<Option<usize>, Cause> {
    for (number, record) in records.iter().enumerate().skip(from) {
        let start = out.len();
        let mut serializer = rmp_serde::Serializer::new(&mut *out).with_struct_map();
        record.serialize(&mut serializer).map_err(Cause::Refused)?;
        if out.len() > most {
            if number == from {
                return Err(Cause::TooLong(out.len() - start));
            }
            out.truncate(start);
            return Ok(Some(number));
        }
        if out.len() >= long && number + 1 < records.len() {
            return Ok(Some(number + 1));
        }
    }
    Ok(None)
}

fn encode_metadata(metadata: &str, out: &mut Vec<u8>) {
    out.push(EXTENSION);
    // Cut where a length of four bytes ends: nobody says so much of a block.
    let metadata = &metadata.as_bytes()[..metadata.len().min(u32::MAX as usize)];
    out.extend((metadata.len() as u32).to_be_bytes());
    out.push(METADATA);
    out.extend_from_slice(metadata);
}

/// Parts the note on a block from the records after it.
fn split_metadata(bytes: &[u8]) -> (Option<String>, &[u8]) {
    let split = || {
        let (length, rest) = bytes.strip_prefix(&[EXTENSION])?.split_first_chunk()?;
        let (metadata, rest) = rest
            .strip_prefix(&[METADATA])?
            .split_at_checked(u32::from_be_bytes(*length) as usize)?;
        Some((String::from_utf8_lossy(metadata).into_owned(), rest))
    };
    match split() {
        Some((metadata, rest)) => (Some(metadata), rest),
        None => (None, bytes),
    }
}

/// The stream of a block that was written down, and what follows its number.
#[must_use]
pub fn stream_of(payload: &[u8]) -> Option<(u32, &[u8])> {
    let (stream, rest) = payload.split_first_chunk()?;
    Some((u32::from_le_bytes(*stream), rest))
}

/// The records of a block that was written down, and what was said of it.
///
/// # Errors
/// If they are not of this type.
pub(super) fn block<T: Data>(
    bytes: &[u8],
) -> Result<(Vec<T>, Option<String>), rmp_serde::decode::Error> {
    let (metadata, bytes) = split_metadata(bytes);
    Ok((records(bytes)?, metadata))
}

/// Records that were written down one after the other.
///
/// # Errors
/// If they are not of this type.
pub(super) fn records<T: Data>(mut bytes: &[u8]) -> Result<Vec<T>, rmp_serde::decode::Error> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let mut deserializer = rmp_serde::Deserializer::new(&mut bytes);
        records.push(T::deserialize(&mut deserializer)?);
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// However small the frames are, the records of all of them are the block's, in order,
        /// and no frame is too large; a record that fits into none is named by its size.
        #[test]
        fn a_block_is_written_in_frames_that_hold_it(
            records in prop::collection::vec(".{0,40}", 0..20), long in 1_usize..200, most in 20_usize..200,
        ) {
            let (mut read, mut from) = (Vec::new(), Some(0));
            while let Some(next) = from {
                let mut out = Vec::new();
                match encode_records(&records, next, long, most, &mut out) {
                    Ok(more) => {
                        prop_assert!(out.len() <= most);
                        prop_assert!(more.is_none_or(|more| more > next), "it comes to an end");
                        read.extend(super::records::<String>(&out).unwrap());
                        from = more;
                    }
                    Err(Cause::TooLong(bytes)) => {
                        prop_assert!(bytes > most && bytes >= records[next].len());
                        prop_assert_eq!(&read[..], &records[..next], "what was before it was written");
                        return Ok(());
                    }
                    Err(other) => panic!("{other:?}"),
                }
            }
            prop_assert_eq!(read, records);
        }

        #[test]
        fn what_was_said_of_a_block_comes_back_with_it(
            said in prop::option::of(".*"), records in prop::collection::vec(any::<(i64, String)>(), 0..5),
        ) {
            let mut out = Vec::new();
            if let Some(said) = &said {
                encode_metadata(said, &mut out);
            }
            let more = encode_records(&records, 0, usize::MAX, usize::MAX, &mut out).unwrap();
            prop_assert_eq!(more, None);
            prop_assert_eq!(block(&out).unwrap(), (records, said));
        }
    }
}
