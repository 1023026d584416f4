//! How blocks pass the write-ahead log, and how they come back from it.
//!
//! | bytes | meaning |
//! |---|---|
//! | 4 | the number of the input stream, little endian |
//! | 1 | of lines: 1 if the bytes before the block ended in a carriage return |
//! | rest | of lines: the bytes as received; of records: one MessagePack value each |

use std::sync::Arc;

use crate::data::Data;
use crate::pipeline::{LineBlock, RecordBlock};

use super::block_log::Logged;
use super::tracker::InputTracker;

/// The kinds of frames that hold blocks.
pub(crate) const LINES: u8 = 1;
pub(crate) const RECORDS: u8 = 2;

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

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        out.extend(self.stream.to_le_bytes());
        self.block.encode(out);
        Ok(())
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

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        out.extend(self.stream.to_le_bytes());
        let mut serializer = rmp_serde::Serializer::new(out).with_struct_map();
        for record in self.block.records() {
            record
                .serialize(&mut serializer)
                .map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    fn add(self: Box<Self>) {
        self.tracker.add_records_now(self.receiver, self.block);
    }
}

/// The stream of a block that was written down, and what follows its number.
pub(crate) fn stream_of(payload: &[u8]) -> Option<(u32, &[u8])> {
    let (stream, rest) = payload.split_first_chunk()?;
    Some((u32::from_le_bytes(*stream), rest))
}

/// The records of a block that was written down.
///
/// # Errors
/// If they are not of this type.
pub(super) fn records<T: Data>(mut bytes: &[u8]) -> Result<Vec<T>, String> {
    let mut records = Vec::new();
    while !bytes.is_empty() {
        let mut deserializer = rmp_serde::Deserializer::new(&mut bytes);
        let record = T::deserialize(&mut deserializer).map_err(|error| error.to_string())?;
        records.push(record);
    }
    Ok(records)
}
