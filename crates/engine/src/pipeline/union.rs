//! The records of one pipeline, then those of another.

use std::fmt;
use std::sync::Arc;

use super::{EachRecord, NodeId, Partition, Pipeline};

/// The pipeline of `DStream::union`.
pub struct Union<P, Q> {
    left: Arc<P>,
    right: Arc<Q>,
    /// The number of inputs that are the left one's.
    border: usize,
}

impl<P: Pipeline, Q: Pipeline<Item = P::Item>> Union<P, Q> {
    #[doc(hidden)]
    pub fn new(left: Arc<P>, right: Arc<Q>) -> Union<P, Q> {
        let border = left.inputs().len();
        Union {
            left,
            right,
            border,
        }
    }
}

impl<P: Pipeline, Q: Pipeline<Item = P::Item>> Pipeline for Union<P, Q> {
    type Item = P::Item;

    fn inputs(&self) -> Vec<NodeId> {
        let mut inputs = self.left.inputs();
        inputs.extend(self.right.inputs());
        inputs
    }

    fn drive<F: FnMut(P::Item)>(&self, input: usize, partition: &Partition, sink: F) {
        if input < self.border {
            self.left.drive(input, partition, sink);
        } else {
            self.right.drive(input - self.border, partition, sink);
        }
    }

    fn one_by_one(&self, input: usize, partition: &Partition, each: &mut EachRecord<'_>) {
        if input < self.border {
            self.left.one_by_one(input, partition, each);
        } else {
            self.right.one_by_one(input - self.border, partition, each);
        }
    }

    fn has_functions(&self) -> bool {
        self.left.has_functions() || self.right.has_functions()
    }

    fn is_whole(&self) -> bool {
        self.left.is_whole() && self.right.is_whole()
    }
}

impl<P, Q> fmt::Debug for Union<P, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Union").finish_non_exhaustive()
    }
}
