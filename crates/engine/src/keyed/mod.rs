//! Keyed operators of an [`Rdd`]: the shuffle of a stream, run over a dataset that is there.
//!
//! They compute when they are called, on the workers; results are ordered as those of the
//! stream's operators are, by partition and first arrival (law 3). One that is told no number of
//! partitions has as many as `spark.default.parallelism` says; where that is not set, as many as
//! what it was made of, those of both sides together if there are two (PySpark 3.5).

mod aggregate_by_key;
mod cogroup;
mod combine_by_key;
mod count_by_key;
mod distinct;
mod flat_map_values;
mod fold_by_key;
mod group_by;
mod intersection;
mod join;
mod lookup;
mod reduce_by_key;
mod subtract;

use std::sync::Arc;

pub use cogroup::CoGrouped;
pub use join::{JoinSide, joined};

use crossbeam::queue::SegQueue;

use crate::data::{Data, Key};
use crate::exec::Executor;
use crate::partition::Partitions;
use crate::pipeline::{NodeId, Output, Partition, Pipeline};
use crate::poison::Operator;
use crate::rdd::{Rdd, partitioner_of};
use crate::shuffle::{Aggregator, KeyHasher};
use crate::stage::{ShuffleStage, Shuffled};

/// The partitions of an operator that was given none and reads `parents` partitions.
fn default_partitions<K: Key>(executor: &Executor, parents: usize) -> Partitions<K> {
    if parents == 0 && executor.partitions_after(0) == 0 {
        return Partitions::nowhere();
    }
    u32::try_from(executor.partitions_after(parents))
        .unwrap_or(u32::MAX)
        .into()
}

impl<K: Key, V: Data> Rdd<(K, V)> {
    /// The partitions of what is made of this dataset.
    fn default_partitions(&self) -> Partitions<K> {
        default_partitions(self.executor(), self.partitions())
    }

    /// The default partitions of a result of this dataset and another one (PySpark concatenates the two
    /// before it counts).
    fn default_partitions_with<W: Data>(&self, other: &Rdd<(K, W)>) -> Partitions<K> {
        default_partitions(self.executor(), self.partitions() + other.partitions())
    }
}

/// The pieces of a dataset that tasks read.
fn pieces<T: Send + 'static>(rdd: &Rdd<T>) -> Vec<Partition> {
    rdd.source().prepare();
    let data: Arc<dyn std::any::Any + Send + Sync> = Arc::new(rdd.clone());
    let piece = |(index, piece)| Partition {
        data: Arc::clone(&data),
        index,
        piece,
    };
    rdd.pieces().into_iter().map(piece).collect()
}

/// A leaf that reads whatever dataset it is given.
fn leaf<T: Send + 'static>() -> Arc<Output<T>> {
    Arc::new(Output::of(NodeId(0)))
}

/// Shuffles the lanes of `pipeline`. To ask for no partition breaks a rule; where the breach fails no
/// batch, the result has one partition.
///
/// # Panics
/// As the program's code did, or what it read.
fn shuffled<P, K, V, A>(
    pipeline: Arc<P>,
    lanes: Vec<Vec<Partition>>,
    aggregator: A,
    partitions: Partitions<K>,
    executor: &Executor,
) -> Rdd<(K, A::Acc)>
where
    P: Pipeline<Item = (K, V)>,
    K: Key,
    V: Data,
    A: Aggregator<V, Acc: Data>,
{
    let partitioner = partitioner_of(partitions, executor);
    let hasher = KeyHasher::default();
    let stage = ShuffleStage::new(
        pipeline,
        aggregator,
        hasher.clone(),
        executor.clone(),
        Operator::running(),
    );
    let shards = match Arc::new(stage).run(lanes) {
        Ok(shards) => shards.unwrap_or_default(),
        Err(fault) => fault.resume(),
    };
    let spare = Arc::new(SegQueue::new());
    let shuffled = Shuffled::new(
        shards,
        &hasher,
        partitioner,
        A::DETACHED,
        spare,
        executor.clone(),
    );
    Rdd::new(shuffled, executor.clone())
}
