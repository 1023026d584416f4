//! From records of many map tasks to one value per key: combine locally, exchange, merge.
//!
//! Three steps, each with one law:
//!
//! - a `Combiner` folds the records of one *run* (blocks that follow each other in their
//!   batch) in a table of its own and *flushes* its entries, by shard, each with its arrival in
//!   the run (law 1: every record is in exactly one entry);
//! - an `Exchange` hands the flushed entries of a batch to the shards in the order of the
//!   runs, moving pointers, never records (law 2: which thread ran what cannot be seen);
//! - a [`Shard`] merges them, left to right (law 3: a key keeps the stamp of its arrival).
//!
//! Nothing here knows a scheduler, a receiver or a file.

mod aggregate;
mod cogroup;
mod combine_by_key;
mod combiner;
mod exchange;
mod hasher;
mod lookahead;
mod own;
mod pages;
mod shard;
mod spare_lists;
mod table;
mod unmerged;
mod values;
mod values_compare;
mod values_serde;

pub use aggregate::{Aggregator, Group, Reduce};
pub use cogroup::{CoGroup, Side};
pub use combine_by_key::CombineBy;
pub(crate) use combiner::{Combiner, Entry, LocalTable, Partials};
pub(crate) use exchange::Exchange;
pub use hasher::KeyHasher;
pub(crate) use hasher::{SHARDS, shard_of, tag_of};
pub use lookahead::before_heavy_record;
pub(crate) use own::{has_own_worker, own_first_of};
pub(crate) use pages::{prefetch, prefetch_whole, written_zeros};
pub use shard::Shard;
pub(crate) use spare_lists::SpareLists;
pub use unmerged::Unmerged;
pub(crate) use values::identical;
pub use values::{Iter as ValuesIter, Values};
