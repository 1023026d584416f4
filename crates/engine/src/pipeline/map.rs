//! One record into one.

use std::fmt;
use std::sync::Arc;

use super::{EachRecord, NodeId, Partition, Pipeline};

/// The pipeline of `DStream::map`.
pub struct Map<P, F> {
    /// The pipeline that the records come from.
    pub parent: Arc<P>,
    /// The function that makes one record of each.
    pub function: F,
}

impl<P: Pipeline, U: Send + 'static, F> Pipeline for Map<P, F>
where
    F: Fn(P::Item) -> U + Send + Sync + 'static,
{
    type Item = U;

    fn inputs(&self) -> Vec<NodeId> {
        self.parent.inputs()
    }

    #[inline(always)]
    fn drive<S: FnMut(U)>(&self, input: usize, partition: &Partition, mut sink: S) {
        self.parent
            .drive(input, partition, |record| sink((self.function)(record)));
    }

    fn one_by_one(&self, input: usize, partition: &Partition, each: &mut EachRecord<'_>) {
        self.parent.one_by_one(input, partition, each);
    }
}

impl<P, F> fmt::Debug for Map<P, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").finish_non_exhaustive()
    }
}
