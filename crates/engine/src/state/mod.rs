//! The keyed state of a stream between batches.
//!
//! A DashMap, used shard-wise: for a batch, a task owns a shard and takes its lock once, never
//! an entry lock per record; whoever reads from outside sees the map between and during batches.
//! A shard of the map is a shard of the shuffle, so that a merged delta meets its state without
//! another exchange. No lock is held across a call into the pool.
//!
//! Law 3 for state: a key keeps its *place* from the batch that brought it until it is removed;
//! places grow, so a key that returns comes last.
//!
//! Three ways to fold a batch in: [`StateStore::update`] visits a key once, [`MappedStore::map`]
//! once per record and when it times out, and [`PartitionStore::update`] hands whole partitions to
//! the program and keeps them as lists, for there is nothing else to look up.

mod copy;
mod due;
mod durable;
mod entry;
mod handle;
mod head;
mod home;
mod idle;
mod key_order;
mod look;
mod mapped_store;
mod mapping;
mod moves;
mod note_part;
mod notes;
mod partition_cache;
mod partition_store;
mod placed;
mod read;
mod scatter;
mod store;
#[cfg(test)]
mod tests;
mod update;

pub use handle::State;
pub use mapped_store::MappedStore;
pub use mapping::Mapping;
pub use note_part::{Part, parts_of};
pub use notes::NoteStore;
pub use partition_store::{PartitionStore, PartitionUpdate};
pub use read::{StateView, state_view};
pub use store::StateStore;
