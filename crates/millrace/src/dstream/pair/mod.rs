//! Operators on streams of pairs.

mod cogroup;
mod combine_by_key;
mod count_by_value;
mod flat_map_values;
mod fold_all;
mod group_by_key;
mod join;
mod map_values;
mod map_with_state;
mod outer_join;
mod partition_by;
mod reduce_by_key;
mod state_node;
mod state_options;
mod state_spec;
mod update_state_by_key;
mod update_state_by_partition;

use std::sync::Arc;

use millrace_engine::data::{Data, Key};
use millrace_engine::error::{Error, Result};
use millrace_engine::partition::{Partitioner, Partitions};
use millrace_engine::pipeline::{NodeId, Partition, Pipeline};
use millrace_engine::poison::know;
use millrace_engine::rdd::Rdd;
use millrace_engine::shuffle::{Aggregator, KeyHasher, Shard, Unmerged};
use millrace_engine::stage::{EagerStage, ShuffleStage, Shuffled};
use millrace_runtime::graph::{BatchRun, Builder, Dataset, Node};

pub(super) use fold_all::FoldNode;
pub use map_with_state::MapWithStateDStream;
pub use state_options::StateOptions;
pub use state_spec::StateSpec;

/// The partitioner of an operator that was given none: `spark.default.parallelism` partitions,
/// else those of the checkpoint that is gone on from, else as many as workers.
pub(super) fn default_partitioner<K: Key>(builder: &Builder) -> Arc<dyn Partitioner<K>> {
    Arc::new(builder.executor.default_partitioner())
}

/// The partitioner of what is kept: the one that the operator was given, or the default one.
pub(super) fn partitioner_of_state<K: Key>(
    builder: &Builder,
    partitions: Option<Partitions<K>>,
    name: &str,
) -> Arc<dyn Partitioner<K>> {
    match partitions {
        Some(partitions) => partitioner_of(builder, partitions, name),
        None => {
            builder.keeps_default_partitions();
            default_partitioner(builder)
        }
    }
}

/// The partitioner that an operator was given, or the default one; zero partitions break a rule.
pub(super) fn partitioner_of<K: Key>(
    builder: &Builder,
    partitions: impl Into<Partitions<K>>,
    name: &str,
) -> Arc<dyn Partitioner<K>> {
    partitions.into().partitioner().unwrap_or_else(|error| {
        builder.record_error(Error::illegal(format!("{name}: {error}")));
        default_partitioner(builder)
    })
}

/// A pipeline up to its shuffle, and how its shards are had: a stage that took its blocks as
/// they came, or one that takes partitions when the batch is due.
pub(super) struct Shuffling<P, K, V, A: Aggregator<V>> {
    stage: Arc<ShuffleStage<P, K, V, A>>,
    inputs: Vec<NodeId>,
    eager: bool,
    name: String,
}

/// The shards of one batch.
pub(super) type Shards<K, C> = Option<Vec<Shard<K, C>>>;

/// The same, of which entries may not be merged.
type UnmergedShards<K, C> = Option<Vec<Unmerged<K, C>>>;

impl<P, K, V, A> Shuffling<P, K, V, A>
where
    P: Pipeline<Item = (K, V)>,
    K: Key,
    V: Data,
    A: Aggregator<V>,
{
    pub(super) fn new(
        pipeline: &Arc<P>,
        aggregator: A,
        builder: &Builder,
        name: &str,
    ) -> Shuffling<P, K, V, A> {
        let inputs = pipeline.inputs();
        let (hasher, executor) = (KeyHasher::default(), builder.executor.clone());
        let stage = ShuffleStage::new(
            Arc::clone(pipeline),
            aggregator,
            hasher,
            executor,
            Arc::from(name),
        );
        let eager = builder.all_receive(&inputs);
        Shuffling {
            stage: Arc::new(stage),
            inputs,
            eager,
            name: name.to_owned(),
        }
    }

    pub(super) fn eager(&self) -> Option<Arc<dyn EagerStage>> {
        self.eager
            .then(|| Arc::clone(&self.stage) as Arc<dyn EagerStage>)
    }

    /// True if the stage takes blocks as they come; what it made of a batch must then be asked
    /// for.
    pub(super) fn is_eager(&self) -> bool {
        self.eager
    }

    /// The hasher that its shards are cut by.
    pub(super) fn hasher(&self) -> &KeyHasher {
        self.stage.hasher()
    }

    /// Gives shards back that have been emptied, to be used by the next batch.
    pub(super) fn give_back(&self, shards: Vec<Shard<K, A::Acc>>) {
        for mut shard in shards {
            shard.recycle();
            self.stage.spare_shards().push(shard);
        }
    }

    pub(super) fn shards(&self, batch: &BatchRun<'_>) -> Result<Shards<K, A::Acc>> {
        let shards = if self.eager {
            self.stage.finish(batch.time())
        } else {
            self.stage.run(self.partitions(batch)?)
        };
        shards.map_err(|fault| batch.blamed(&self.name, fault))
    }

    /// The shards for a store that looks for every key in its own table. If it takes entries
    /// unmerged, those of keys that hardly repeat are not merged.
    pub(super) fn brought(
        &self,
        batch: &BatchRun<'_>,
        unmerged: bool,
    ) -> Result<UnmergedShards<K, A::Acc>> {
        if !unmerged {
            let merged = self.shards(batch)?;
            return Ok(merged.map(|shards| shards.into_iter().map(Unmerged::from).collect()));
        }
        let shards = if self.eager {
            self.stage.finish_unmerged(batch.time())
        } else {
            self.stage.run_unmerged(self.partitions(batch)?)
        };
        shards.map_err(|fault| batch.blamed(&self.name, fault))
    }

    /// The partitions of the inputs of a batch.
    fn partitions(&self, batch: &BatchRun<'_>) -> Result<Vec<Vec<Partition>>> {
        let inputs = self.inputs.iter();
        inputs.map(|&input| batch.partitions(input)).collect()
    }
}

/// The node of an operator whose result is the shuffle itself.
struct ShuffleNode<P, K, V, A: Aggregator<V>> {
    shuffling: Shuffling<P, K, V, A>,
    partitioner: Arc<dyn Partitioner<K>>,
}

impl<P, K, V, A> ShuffleNode<P, K, V, A>
where
    P: Pipeline<Item = (K, V)>,
    K: Key,
    V: Data,
    A: Aggregator<V, Acc: Data>,
{
    fn rdd(&self, batch: &BatchRun<'_>) -> Result<Rdd<(K, A::Acc)>> {
        know::<(K, A::Acc)>();
        let shards = self.shuffling.shards(batch)?.unwrap_or_default();
        let spare = Arc::clone(self.shuffling.stage.spare_shards());
        let partitioner = Arc::clone(&self.partitioner);
        let hasher = self.shuffling.stage.hasher();
        let executor = batch.executor().clone();
        let shuffled = Shuffled::new(
            shards,
            hasher,
            partitioner,
            A::DETACHED,
            spare,
            executor.clone(),
        );
        Ok(Rdd::new(shuffled, executor))
    }
}

impl<P, K, V, A> Node for ShuffleNode<P, K, V, A>
where
    P: Pipeline<Item = (K, V)>,
    K: Key,
    V: Data,
    A: Aggregator<V, Acc: Data>,
{
    fn inputs(&self) -> Vec<NodeId> {
        self.shuffling.inputs.clone()
    }

    fn eager(&self) -> Option<Arc<dyn EagerStage>> {
        self.shuffling.eager()
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        self.rdd(batch).map(Dataset::of)
    }
}
