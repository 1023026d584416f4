//! The keys of a store in PySpark's order (law 3), and the dataset that a batch leaves in it.
//!
//! The state and the keyed windows keep their keys in shards, in tables of their own. A key is
//! named by a *handle*: its place in the order, its shard, and its slot in the shard. Both keep their
//! order from batch to batch, and are read as datasets, by the code of this room.

mod order;
mod view;

use millrace_types::Lock;

use crate::data::Data;

pub(crate) use order::{Handle, Order};
pub use view::StoreView;

/// The handles of all keys.
#[cfg(test)]
pub(crate) fn handles<S: Stored>(store: &S) -> std::sync::Arc<Vec<Vec<Handle>>> {
    order::handles(store, None)
}

/// Slots that are asked for ahead of the one that is looked at: about as many misses of the cache
/// as a core keeps in flight.
pub(crate) const AHEAD: usize = 16;

/// Records that are read while the shards are locked; a reader's function is called behind that. Few
/// in tests, whose shards are small.
pub(crate) const CHUNK: usize = if cfg!(test) { 32 } else { 1 << 11 };

/// Is given the partition and the handle of keys.
pub(crate) type EachKey<'a> = dyn FnMut(usize, Handle) + 'a;

/// A store whose keys have an order.
pub trait Stored: Send + Sync + 'static {
    /// The record that a reader sees of a key.
    type Record: Data;

    /// The store in messages.
    const NAME: &'static str;

    /// The number of batches that have changed the store.
    fn generation(&self) -> u64;

    /// The number of keys that a reader sees.
    fn len(&self) -> usize;

    /// The number of partitions.
    fn partitions(&self) -> usize;

    /// The order, as far as it is kept.
    fn order(&self) -> &Lock<Order>;

    /// The slots of a shard whose keys were given places since the last call; `None` if that is
    /// not known, or slots have moved.
    fn take_placed(&self, shard: usize) -> Option<Vec<u32>>;

    /// Shows the keys in some slots of a shard, or all of its keys.
    fn each_key(&self, shard: usize, slots: Option<&[u32]>, each: &mut EachKey<'_>);

    /// Takes the handles out whose keys are gone or have moved.
    fn close_holes(&self, handles: &mut Vec<Handle>);

    /// Gives the records of some keys, in their order, as of `generation`. With `holes` some keys
    /// may be gone or have moved.
    fn visit(
        &self,
        handles: &[Handle],
        holes: bool,
        generation: u64,
        each: &mut dyn FnMut(Self::Record),
    );

    /// Gives all records of a shard as they lie, as of `generation`.
    fn visit_shard(&self, shard: usize, generation: u64, each: &mut dyn FnMut(Self::Record));

    /// The first `count` records.
    fn take(&self, count: usize) -> Vec<Self::Record>;

    /// # Panics
    /// If a later batch has changed the store: what the generation stood for is gone.
    fn check(&self, generation: u64) {
        // Not `assert_eq`: whoever reads the message knows no generations.
        assert!(
            generation == self.generation(),
            "the {} of a batch was read after a later batch had changed it: collect what is to be \
             kept while the batch runs",
            Self::NAME
        );
    }
}
