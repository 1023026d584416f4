//! One record into any number, each consumed by internal iteration.

use std::fmt;
use std::sync::Arc;

use super::{EachRecord, NodeId, Partition, Pipeline};

/// The pipeline of `DStream::flat_map`.
pub struct FlatMap<P, F> {
    /// The pipeline that the records come from.
    pub parent: Arc<P>,
    /// The function that makes any number of records of each.
    pub function: F,
}

impl<P: Pipeline, U, F> Pipeline for FlatMap<P, F>
where
    U: IntoIterator<Item: Send + 'static>,
    F: Fn(P::Item) -> U + Send + Sync + 'static,
{
    type Item = U::Item;

    fn inputs(&self) -> Vec<NodeId> {
        self.parent.inputs()
    }

    #[inline(always)]
    fn drive<S: FnMut(U::Item)>(&self, input: usize, partition: &Partition, mut sink: S) {
        self.parent.drive(input, partition, |record| {
            (self.function)(record).into_iter().for_each(&mut sink);
        });
    }

    fn one_by_one(&self, input: usize, partition: &Partition, each: &mut EachRecord<'_>) {
        self.parent.one_by_one(input, partition, each);
    }
}

impl<P, F> fmt::Debug for FlatMap<P, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlatMap").finish_non_exhaustive()
    }
}
