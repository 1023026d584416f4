//! The keyed state of a stream between batches.
//!
//! A DashMap, used shard-wise: for a batch, a task owns a shard and takes its lock once, never
//! an entry lock a record; whoever reads from outside sees the map between and during batches.
//! A shard of the map is a shard of the shuffle, so that a merged delta meets its state without
//! another exchange. No lock is held across a call into the pool.
//!
//! Law 3 for state: a key keeps its *place* from the batch that brought it until it is removed;
//! places grow, so a key that returns comes last.

mod entry;
mod head;
mod store;
mod view;

pub(crate) use store::StateStore;
pub(crate) use view::StateView;

/// The function of `update_state_by_key`: the new values of a key and its state, if it has one,
/// into its state from now on; `None` removes the key.
pub(crate) type Update<V, S> =
    std::sync::Arc<dyn Fn(&crate::shuffle::Values<V>, Option<S>) -> Option<S> + Send + Sync>;
