//! All records of a block into one value: what `count` and `reduce` send to their shuffle.
//!
//! The block is folded in the loop that reads it, without a table. The result holds no
//! text of the block, which can be let go: a batch may be larger than the budget (law 6).

use std::marker::PhantomData;
use std::sync::Arc;

use crate::data::Data;

use super::{EachRecord, NodeId, Partition, Pipeline};

/// One record, of the key `()`, for every block or partition that has records.
pub struct Folded<P, A, F> {
    parent: Arc<P>,
    /// Makes a value of the one that earlier records gave, if there were any, and the next record.
    fold: F,
    value: PhantomData<fn() -> A>,
}

impl<P, A, F> Folded<P, A, F> {
    /// Folds the records of `parent`, partition by partition.
    pub fn new(parent: Arc<P>, fold: F) -> Folded<P, A, F> {
        Folded {
            parent,
            fold,
            value: PhantomData,
        }
    }
}

impl<P, A, F> Pipeline for Folded<P, A, F>
where
    P: Pipeline,
    A: Data,
    F: Fn(Option<A>, P::Item) -> A + Send + Sync + 'static,
{
    type Item = ((), A);

    fn inputs(&self) -> Vec<NodeId> {
        self.parent.inputs()
    }

    fn drive<S: FnMut(((), A))>(&self, input: usize, partition: &Partition, mut sink: S) {
        let mut folded = None;
        self.parent.drive(input, partition, |record| {
            folded = Some((self.fold)(folded.take(), record));
        });
        if let Some(value) = folded {
            sink(((), millrace_text::detached(value)));
        }
    }

    fn one_by_one(&self, input: usize, partition: &Partition, each: &mut EachRecord<'_>) {
        self.parent.one_by_one(input, partition, each);
    }
}
