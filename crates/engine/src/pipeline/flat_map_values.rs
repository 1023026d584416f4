//! One value into any number, each beside the key.

use std::fmt;
use std::sync::Arc;

use super::{EachRecord, NodeId, Partition, Pipeline};

/// The pipeline of `DStream::flat_map_values`.
pub struct FlatMapValues<P, F> {
    /// The pipeline that the pairs come from.
    pub parent: Arc<P>,
    /// The function that makes any number of values of each value.
    pub function: F,
}

impl<K, V, U, P, F> Pipeline for FlatMapValues<P, F>
where
    P: Pipeline<Item = (K, V)>,
    K: Clone,
    U: IntoIterator,
    (K, U::Item): Send + 'static,
    F: Fn(V) -> U + Send + Sync + 'static,
{
    type Item = (K, U::Item);

    fn inputs(&self) -> Vec<NodeId> {
        self.parent.inputs()
    }

    #[inline(always)]
    fn drive<S: FnMut((K, U::Item))>(&self, input: usize, partition: &Partition, mut sink: S) {
        self.parent.drive(input, partition, |(key, value)| {
            let values = (self.function)(value).into_iter();
            values.for_each(|value| sink((key.clone(), value)));
        });
    }

    fn one_by_one(&self, input: usize, partition: &Partition, each: &mut EachRecord<'_>) {
        self.parent.one_by_one(input, partition, each);
    }
}

impl<P, F> fmt::Debug for FlatMapValues<P, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlatMapValues").finish_non_exhaustive()
    }
}
