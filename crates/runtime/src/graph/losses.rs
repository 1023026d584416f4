//! Stores that lack a batch.
//!
//! A run may go on after a batch that failed. A store that keeps something from batch to batch lacks that
//! batch then, or has half of it. The law: such a store is neither read nor committed any more; whoever
//! goes on from the checkpoint begins with the batch that failed.

use std::collections::HashMap;

use millrace_engine::pipeline::NodeId;
use millrace_types::{BatchTime, Lock};

/// The nodes whose stores lack a batch, with the first one that they lack.
#[derive(Default)]
pub(super) struct Losses(Lock<HashMap<NodeId, BatchTime>>);

impl Losses {
    /// Notes that the store of a node lacks a batch.
    pub(super) fn note(&self, node: NodeId, batch: BatchTime) {
        self.0.lock().entry(node).or_insert(batch);
    }

    /// The first batch that the store of a node lacks, if it lacks one.
    pub(super) fn first_of(&self, node: NodeId) -> Option<BatchTime> {
        self.0.lock().get(&node).copied()
    }

    /// True if no store lacks a batch.
    pub(super) fn are_none(&self) -> bool {
        self.0.lock().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_batch_that_a_store_lacks_is_named() {
        let losses = Losses::default();
        assert!(losses.are_none());
        for time in [2, 3] {
            losses.note(NodeId(1), BatchTime::from_millis(time));
        }
        assert!(!losses.are_none());
        assert_eq!(losses.first_of(NodeId(1)), Some(BatchTime::from_millis(2)));
        assert_eq!(losses.first_of(NodeId(0)), None);
    }
}
