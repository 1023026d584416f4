//! `join`: every value of a key here with every one there.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::data::{Data, Key};
use millrace_engine::error::Result;
use millrace_engine::keyed::{JoinSide, joined};
use millrace_engine::partition::{Partitioner, Partitions};
use millrace_engine::pipeline::{NodeId, Pipeline};
use millrace_engine::shuffle::Side;
use millrace_engine::stage::EagerStage;
use millrace_runtime::graph::{BatchRun, Dataset, Node};

use super::super::{Computed, DStream, named};
use super::cogroup::CoShuffleNode;
use super::{default_partitioner, partitioner_of};

/// The result of a join: per key, the values of both sides.
pub(super) type JoinStream<K, A, B> = Computed<(K, (A, B))>;

impl<K: Key, V: Data, P: Pipeline<Item = (K, V)>> DStream<(K, V), P> {
    /// Every value that a batch of this stream has for a key with every value that the batch of
    /// `other` has for it (Spark: `join`): `(key, (value here, value there))`.
    ///
    /// Keys are ordered as by [`cogroup`](DStream::cogroup), and the pairs of a key by the value
    /// here, then by the value there, each in arrival order. Both streams must have the same
    /// slide and the same context; otherwise `start` fails with Spark's words for it.
    ///
    /// One shuffle for both sides, which takes blocks as they come in. Memory: all values of a
    /// batch; the pairs are made when they are read.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b\n"], |lines| {
    ///     let words = lines.flat_map(|line| line.split(" ")).map(|word| (word, 1));
    ///     words.join(&words.filter(|(word, _)| word == "b").map_values(|_| '!'))
    /// });
    /// assert_eq!(batches, [[("b".into(), (1, '!'))]]);
    /// ```
    #[track_caller]
    pub fn join<W, Q>(&self, other: &DStream<(K, W), Q>) -> JoinStream<K, V, W>
    where
        W: Data,
        Q: Pipeline<Item = (K, W)>,
    {
        let name = named("join", Location::caller());
        let sides = (JoinSide::required(), JoinSide::required());
        self.joined(name, other, sides, default_partitioner(&self.builder))
    }

    /// [`join`](DStream::join) with a number of partitions or a partitioner.
    ///
    /// ```
    /// let batches = millrace::testing::run_batches(&["a b\n"], |lines| {
    ///     let words = lines.flat_map(|line| line.split(" ")).map(|word| (word, 1));
    ///     words.join_with(&words, 2).map(|(word, _)| word)
    /// });
    /// assert_eq!(batches, [["b", "a"]]);
    /// ```
    #[track_caller]
    pub fn join_with<W, Q>(
        &self,
        other: &DStream<(K, W), Q>,
        partitions: impl Into<Partitions<K>>,
    ) -> JoinStream<K, V, W>
    where
        W: Data,
        Q: Pipeline<Item = (K, W)>,
    {
        let name = named("join", Location::caller());
        let sides = (JoinSide::required(), JoinSide::required());
        let partitioner = partitioner_of(&self.builder, partitions, &name);
        self.joined(name, other, sides, partitioner)
    }

    /// The join that `sides` say.
    pub(super) fn joined<W, Q, A, B>(
        &self,
        name: String,
        other: &DStream<(K, W), Q>,
        sides: (JoinSide<V, A>, JoinSide<W, B>),
        partitioner: Arc<dyn Partitioner<K>>,
    ) -> JoinStream<K, A, B>
    where
        W: Data,
        Q: Pipeline<Item = (K, W)>,
        A: Send + 'static,
        B: Send + 'static,
    {
        let cogroup = self.co_shuffled(other, &name, partitioner);
        self.of_node(name, JoinNode { cogroup, sides })
    }
}

/// A `cogroup` whose pairs are made when somebody reads them.
struct JoinNode<P: Pipeline, K, V: Data, W: Data, A, B> {
    cogroup: CoShuffleNode<P, K, V, W>,
    sides: (JoinSide<V, A>, JoinSide<W, B>),
}

impl<P, K, V, W, A, B> Node for JoinNode<P, K, V, W, A, B>
where
    P: Pipeline<Item = (K, Side<V, W>)>,
    K: Key,
    V: Data,
    W: Data,
    A: Send + 'static,
    B: Send + 'static,
{
    fn inputs(&self) -> Vec<NodeId> {
        self.cogroup.inputs()
    }

    fn eager(&self) -> Option<Arc<dyn EagerStage>> {
        self.cogroup.eager()
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        let (left, right) = self.sides;
        Ok(Dataset::of(joined(self.cogroup.rdd(batch)?, left, right)))
    }
}
