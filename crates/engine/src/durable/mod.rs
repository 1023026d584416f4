//! Data that lives from batch to batch, as a checkpoint sees it: lists of entries.
//!
//! Everything that a stream keeps (the state of a key, what a window holds of a batch, the files
//! that were read) is written down in one form: a key, its place in the order, and a value. A
//! change is an entry too, so that a delta, a snapshot and an export differ in what they hold
//! and not in how it is read. Keys and values are MessagePack, which says of every value what it
//! is: a tool that has never seen the program reads them (`docs/DURABILITY.md`).

use rayon::prelude::*;

mod entry;
mod error;
mod json;
mod pieces;
mod recorder;
mod skip;
#[cfg(test)]
pub(crate) mod tests;

pub use entry::{EntryReader, RawEntry, put, remove, show};
pub(crate) use entry::{key_of, show_raw, show_value};
pub use error::StoreError;
#[cfg(any(test, fuzzing))]
pub use json::fuzz as fuzz_message_pack;
pub use json::{AnyValue, write_json};
pub use pieces::{TooLong, pieces};
pub use recorder::Record;
pub(crate) use recorder::Recorder;
pub use skip::value_len;

/// Entries that were written down.
pub struct Loaded {
    /// The shard that they were of.
    pub shard: u32,
    /// The place in the checkpoint that the entries come from.
    pub origin: Origin,
    /// The entries, one behind another.
    pub entries: Vec<u8>,
}

/// Something that is kept from batch to batch and can be written down.
///
/// A store is cut into shards that can be read one after the other; which entry is in which
/// shard is the store's own affair and may differ from run to run.
pub trait Durable: Send + Sync {
    /// From now on changes are recorded.
    fn record(&self);

    /// The entries that were changed since the last call, shard by shard: the shard's number and
    /// its entries. Called when a batch has been run.
    fn take_changes(&self) -> Vec<(u32, Vec<u8>)>;

    /// The entries that have to be durable before a batch runs, once it is planned, with their
    /// shard's number. They are among the batch's changes as well.
    fn take_ahead(&self) -> Option<(u32, Vec<u8>)> {
        None
    }

    /// The number and the time, in milliseconds since 1970 in UTC, of a batch that was planned
    /// and has no commit: that batch is run again under this number and time. Asked when everything is
    /// loaded.
    fn cut_short(&self) -> Option<(u64, i64)> {
        None
    }

    /// The number of shards.
    fn shards(&self) -> u32;

    /// All entries of a shard, and the number of the last batch whose changes are in them.
    /// Called at any time, while batches run.
    ///
    /// # Errors
    /// If something cannot be written down, and no batch has failed by that: there must be no
    /// snapshot without it.
    fn snapshot(&self, shard: u32) -> Result<(Vec<u8>, u64), StoreError>;

    /// True if each entry of a section stands for itself, so that a section that is too long for a
    /// frame can be cut into several.
    fn is_divisible(&self) -> bool {
        false
    }

    /// Takes entries that were written down, before the first batch: a snapshot's, then those of
    /// the batches since, in order.
    ///
    /// # Errors
    /// If they are not of this store's types; the message says what is wrong.
    fn load(&self, origin: Origin, entries: &[u8]) -> Result<(), StoreError>;

    /// [`load`](Durable::load) of many sections, in the order in which they apply; if they are
    /// `apart`, no two have a key in common. Called on the workers.
    ///
    /// # Errors
    /// As [`load`](Durable::load).
    fn load_all(&self, sections: &[Loaded], apart: bool) -> Result<(), StoreError> {
        let load = |section: &Loaded| self.load(section.origin, &section.entries);
        if apart {
            return sections.par_iter().try_for_each(load);
        }
        sections.iter().try_for_each(load)
    }

    /// Says that everything is loaded, and that `number` was the last batch. Called on a worker.
    ///
    /// # Errors
    /// If what was loaded cannot be gone on from, because a function of the program fails that
    /// the store has to ask again; the message says how.
    fn loaded(&self, number: u64) -> Result<(), StoreError>;

    /// The number of keys that a reader of the stream sees; `None` of what has no keys.
    fn keys(&self) -> Option<u64> {
        None
    }

    /// The bytes of these keys and their values as they are written down; `None` where nobody counts
    /// them, and they are estimated.
    fn bytes(&self) -> Option<u64> {
        None
    }

    /// Writes some entries of a shard behind `out`, with the values that a reader of the stream
    /// sees: those of at most `most` slots from `from` on. Gives where the next ones are. Called at
    /// any time, while batches run, which wait for no longer than it takes.
    fn look(&self, _shard: u32, _from: Look, _most: usize, _out: &mut Vec<u8>) -> Option<Look> {
        None
    }

    /// Writes the value that a reader of the stream sees for a key behind `out`; gives whether
    /// there is one. Called at any time, while batches run.
    fn find(&self, key: &[u8], out: &mut Vec<u8>) -> bool {
        let mut entries = Vec::new();
        for shard in 0..self.shards() {
            let mut from = Some(Look::default());
            while let Some(start) = from {
                entries.clear();
                from = self.look(shard, start, STEP, &mut entries);
                let mut reader = EntryReader::new(&entries);
                while let Some(Ok((other, kept))) = reader.next_raw() {
                    if let Some((_, value)) = kept.filter(|_| other == key) {
                        out.extend_from_slice(value);
                        return true;
                    }
                }
            }
        }
        false
    }
}

/// Slots that are looked at in a step: a batch that wants the same shard waits for one step.
pub const STEP: usize = 1 << 10;

/// A place in a shard that is being looked through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    /// The slot that comes next.
    pub next: usize,
    /// The number of slots there were. If it is another one now, keys have moved.
    pub(crate) slots: usize,
}

impl Look {
    /// The slot to look at in a shard of `slots` slots: the first one if keys have moved.
    #[must_use]
    pub fn start(self, slots: usize) -> usize {
        if self.slots == slots { self.next } else { 0 }
    }

    /// The place behind `end` of `slots`; none at the end.
    #[must_use]
    pub fn after(end: usize, slots: usize) -> Option<Look> {
        (end < slots).then_some(Look { next: end, slots })
    }
}

/// The origin of entries that a store is to load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// All entries of a shard, as this batch left it.
    Snapshot(u64),
    /// The changes of this batch in a shard.
    Batch(u64),
}
