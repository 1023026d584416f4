//! One record into itself or nothing.

use std::fmt;
use std::sync::Arc;

use super::{EachRecord, NodeId, Partition, Pipeline};

/// The pipeline of `DStream::filter`.
pub struct Filter<P, F> {
    /// The pipeline that the records come from.
    pub parent: Arc<P>,
    /// The function that is true of the records that go on.
    pub function: F,
}

impl<P: Pipeline, F> Pipeline for Filter<P, F>
where
    F: Fn(&P::Item) -> bool + Send + Sync + 'static,
{
    type Item = P::Item;

    fn inputs(&self) -> Vec<NodeId> {
        self.parent.inputs()
    }

    #[inline(always)]
    fn drive<S: FnMut(P::Item)>(&self, input: usize, partition: &Partition, mut sink: S) {
        self.parent.drive(input, partition, |record| {
            if (self.function)(&record) {
                sink(record);
            }
        });
    }

    fn one_by_one(&self, input: usize, partition: &Partition, each: &mut EachRecord<'_>) {
        self.parent.one_by_one(input, partition, each);
    }
}

impl<P, F> fmt::Debug for Filter<P, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filter").finish_non_exhaustive()
    }
}
