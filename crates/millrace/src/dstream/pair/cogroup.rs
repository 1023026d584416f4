//! `cogroup`: the values of a key on two streams.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::data::{Data, Key};
use millrace_engine::keyed::CoGrouped;
use millrace_engine::partition::{Partitioner, Partitions};
use millrace_engine::pipeline::{MapValues, Pipeline, Union};
use millrace_engine::shuffle::{CoGroup, Side};

use super::super::{Computed, DStream, named};
use super::{ShuffleNode, Shuffling, default_partitioner, partitioner_of};

/// The one shuffle of `cogroup` and of the joins, of both sides as one pipeline: the left one's
/// records come first, whatever arrived when.
pub(super) type CoShuffleNode<P, K, V, W> = ShuffleNode<P, K, Side<V, W>, CoGroup>;

impl<K: Key, V: Data, P: Pipeline<Item = (K, V)>> DStream<(K, V), P> {
    /// Of every key that a batch of either stream has its values on both (Spark: `cogroup`):
    /// `(key, (values here, values there))`, each in arrival order.
    ///
    /// Keys are ordered by partition and by first arrival, those of this stream before those
    /// that only `other` has. Both must have the same slide and the same context; otherwise
    /// `start` fails with Spark's words for it.
    ///
    /// One shuffle for both sides, which takes blocks as they come in. Memory: all values of a
    /// batch.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b\n"], |lines| {
    ///     let words = lines.flat_map(|line| line.split(" ")).map(|word| (word, 1));
    ///     words.cogroup(&words.filter(|(word, _)| word == "b").map_values(|_| '!'))
    /// });
    /// let [(_, a), (_, b)] = &batches[0][..] else { panic!() };
    /// assert_eq!((a.0.to_vec(), a.1.to_vec()), (vec![1], vec![]));
    /// assert_eq!((b.0.to_vec(), b.1.to_vec()), (vec![1], vec!['!']));
    /// ```
    #[track_caller]
    pub fn cogroup<W, Q>(&self, other: &DStream<(K, W), Q>) -> Computed<CoGrouped<K, V, W>>
    where
        W: Data,
        Q: Pipeline<Item = (K, W)>,
    {
        let name = named("cogroup", Location::caller());
        self.cogrouped(name, other, default_partitioner(&self.builder))
    }

    /// [`cogroup`](DStream::cogroup) with a number of partitions or a partitioner.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b\n"], |lines| {
    ///     let words = lines.flat_map(|line| line.split(" ")).map(|word| (word, ()));
    ///     words.cogroup_with(&words, 2).map(|(word, _)| word)
    /// });
    /// assert_eq!(batches, [["b", "a"]]);
    /// ```
    #[track_caller]
    pub fn cogroup_with<W, Q>(
        &self,
        other: &DStream<(K, W), Q>,
        partitions: impl Into<Partitions<K>>,
    ) -> Computed<CoGrouped<K, V, W>>
    where
        W: Data,
        Q: Pipeline<Item = (K, W)>,
    {
        let name = named("cogroup", Location::caller());
        let partitioner = partitioner_of(&self.builder, partitions, &name);
        self.cogrouped(name, other, partitioner)
    }

    fn cogrouped<W, Q>(
        &self,
        name: String,
        other: &DStream<(K, W), Q>,
        partitioner: Arc<dyn Partitioner<K>>,
    ) -> Computed<CoGrouped<K, V, W>>
    where
        W: Data,
        Q: Pipeline<Item = (K, W)>,
    {
        let node = self.co_shuffled(other, &name, partitioner);
        self.of_node(name, node)
    }

    /// The node that brings both sides of every key together.
    pub(super) fn co_shuffled<W, Q>(
        &self,
        other: &DStream<(K, W), Q>,
        name: &str,
        partitioner: Arc<dyn Partitioner<K>>,
    ) -> CoShuffleNode<impl Pipeline<Item = (K, Side<V, W>)> + use<K, V, W, P, Q>, K, V, W>
    where
        W: Data,
        Q: Pipeline<Item = (K, W)>,
    {
        self.meets(other, name);
        let left = MapValues {
            parent: Arc::clone(&self.pipeline),
            function: Side::Left,
        };
        let right = MapValues {
            parent: Arc::clone(&other.pipeline),
            function: Side::Right,
        };
        let both = Arc::new(Union::new(Arc::new(left), Arc::new(right)));
        ShuffleNode {
            shuffling: Shuffling::new(&both, CoGroup, &self.builder, name),
            partitioner,
        }
    }
}
