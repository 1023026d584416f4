//! The dataset of a node in a batch, for readers who know the type of its records and for those who
//! need not know it.

use std::sync::Arc;

use millrace_engine::pipeline::Partition;
use millrace_engine::rdd::Rdd;
use millrace_engine::stage::AnyRdd;

/// A dataset, with the facts that readers need who do not know the type of its records.
#[derive(Clone)]
pub struct Dataset {
    /// The dataset.
    pub dataset: AnyRdd,
    /// The same dataset, for what does not depend on the type.
    erased: Arc<dyn ErasedRdd>,
    /// The number of its partitions.
    pub partitions: usize,
    /// Every piece of every partition, in order.
    pieces: Arc<[(usize, usize)]>,
}

/// An [`Rdd`] of records of any type.
trait ErasedRdd: Send + Sync {
    fn prepare(&self);
    fn keep(&self);
    fn takes_few(&self) -> bool;
    fn first_few(&self, count: usize, pass: &mut dyn FnMut(Partition) -> bool);
    fn unordered(&self) -> Option<Dataset>;
    fn is_detached(&self) -> bool;
}

impl<T: Send + 'static> ErasedRdd for Rdd<T> {
    fn prepare(&self) {
        self.source().prepare();
    }

    fn keep(&self) {
        if !self.source().is_materialized() {
            self.source().keep();
        }
    }

    fn takes_few(&self) -> bool {
        self.source().takes_few()
    }

    fn first_few(&self, count: usize, pass: &mut dyn FnMut(Partition) -> bool) {
        self.in_growing_lists(count, &mut |records| {
            pass(Partition {
                data: Arc::new(Rdd::read_once(records, self.executor())),
                index: 0,
                piece: 0,
            })
        });
    }

    fn unordered(&self) -> Option<Dataset> {
        Rdd::unordered(self).map(Dataset::of)
    }

    fn is_detached(&self) -> bool {
        self.source().is_detached()
    }
}

impl Dataset {
    /// The dataset of an [`Rdd`].
    #[must_use]
    pub fn of<T: Send + 'static>(rdd: Rdd<T>) -> Dataset {
        let rdd = Arc::new(rdd);
        let erased: Arc<dyn ErasedRdd> = Arc::<Rdd<T>>::clone(&rdd);
        Dataset {
            erased,
            partitions: rdd.partitions(),
            pieces: rdd.pieces().into(),
            dataset: rdd,
        }
    }

    /// The pieces of every partition, in order, each as a partition that a pipeline reads.
    pub(super) fn pieces(&self) -> impl Iterator<Item = Partition> {
        self.pieces.iter().map(|&(index, piece)| Partition {
            data: Arc::clone(&self.dataset),
            index,
            piece,
        })
    }

    /// The same records in no order, if that costs less to read; see [`Rdd::unordered`].
    pub(super) fn unordered(&self) -> Option<Dataset> {
        self.erased.unordered()
    }

    /// Does what a full read needs; see [`RddSource::prepare`](millrace_engine::rdd::RddSource::prepare).
    pub(crate) fn prepare(&self) {
        self.erased.prepare();
    }

    /// True if the first few records can be found without reading the rest.
    pub(super) fn takes_few(&self) -> bool {
        self.erased.takes_few()
    }

    /// Hands records over as partitions that can be read once, each of which begins where the last
    /// one ended, until `pass` says that there are enough. The first one has `count` records; see
    /// [`Rdd::in_growing_lists`].
    pub(super) fn first_few(&self, count: usize, pass: &mut dyn FnMut(Partition) -> bool) {
        self.erased.first_few(count, pass);
    }

    /// Makes sure that it can be read when later batches have run.
    pub(super) fn keep(&self) {
        self.erased.keep();
    }

    /// True if no record keeps the block of a received text.
    pub(super) fn is_detached(&self) -> bool {
        self.erased.is_detached()
    }
}
