//! Data that lives from batch to batch, as a checkpoint sees it: lists of entries.
//!
//! Everything that a stream keeps (the state of a key, what a window holds of a batch, the files
//! that were read) is written down in one form: a key, its place in the order, and a value. A
//! change is an entry too, so that a delta, a snapshot and an export differ in what they hold
//! and not in how it is read. Keys and values are MessagePack, which says of every value what it
//! is: a tool that has never seen the program reads them (`docs/DURABILITY.md`).

use rayon::prelude::*;

mod entry;
mod json;
mod recorder;
mod skip;

pub(crate) use entry::{EntryReader, RawEntry, put, remove};
#[cfg(any(test, fuzzing))]
pub(crate) use json::fuzz as fuzz_message_pack;
pub(crate) use json::{AnyValue, write_json};
pub(crate) use recorder::Recorder;

/// Entries that were written down.
pub(crate) struct Loaded {
    /// The shard that they were of.
    pub(crate) shard: u32,
    pub(crate) origin: Origin,
    pub(crate) entries: Vec<u8>,
}

/// Something that is kept from batch to batch and can be written down.
///
/// A store is cut into shards that can be read one after the other; which entry is in which
/// shard is the store's own affair and may differ from run to run.
pub(crate) trait Durable: Send + Sync {
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

    /// The number of shards.
    fn shards(&self) -> u32;

    /// All entries of a shard, and the number of the last batch whose changes are in them.
    /// Called at any time, while batches run.
    ///
    /// # Errors
    /// If something cannot be written down, and no batch has failed by that: there must be no
    /// snapshot without it.
    fn snapshot(&self, shard: u32) -> Result<(Vec<u8>, u64), String>;

    /// Takes entries that were written down, before the first batch: a snapshot's, then those of
    /// the batches since, in order.
    ///
    /// # Errors
    /// If they are not of this store's types; the message says what is wrong.
    fn load(&self, origin: Origin, entries: &[u8]) -> Result<(), String>;

    /// [`load`](Durable::load) of many sections, in the order in which they apply; if they are
    /// `apart`, no two have a key in common. Called on the workers.
    ///
    /// # Errors
    /// As [`load`](Durable::load).
    fn load_all(&self, sections: &[Loaded], apart: bool) -> Result<(), String> {
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
    fn loaded(&self, number: u64) -> Result<(), String>;
}

/// The origin of entries that a store is to load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// All entries of a shard, as this batch left it.
    Snapshot(u64),
    /// The changes of this batch in a shard.
    Batch(u64),
}
