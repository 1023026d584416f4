//! One value into one, beside its key.

use std::fmt;
use std::sync::Arc;

use super::{EachRecord, NodeId, Partition, Pipeline};

/// The pipeline of `DStream::map_values`.
pub struct MapValues<P, F> {
    /// The pipeline that the pairs come from.
    pub parent: Arc<P>,
    /// The function that makes one value of each value.
    pub function: F,
}

impl<K, V, W, P, F> Pipeline for MapValues<P, F>
where
    P: Pipeline<Item = (K, V)>,
    (K, W): Send + 'static,
    F: Fn(V) -> W + Send + Sync + 'static,
{
    type Item = (K, W);

    fn inputs(&self) -> Vec<NodeId> {
        self.parent.inputs()
    }

    #[inline(always)]
    fn drive<S: FnMut((K, W))>(&self, input: usize, partition: &Partition, mut sink: S) {
        self.parent.drive(input, partition, |(key, value)| {
            sink((key, (self.function)(value)));
        });
    }

    fn one_by_one(&self, input: usize, partition: &Partition, each: &mut EachRecord<'_>) {
        self.parent.one_by_one(input, partition, each);
    }
}

impl<P, F> fmt::Debug for MapValues<P, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapValues").finish_non_exhaustive()
    }
}
