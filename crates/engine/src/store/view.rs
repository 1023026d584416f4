//! A store as an [`Rdd`](crate::rdd::Rdd), read only as far as somebody asks.

use std::sync::{Arc, OnceLock};

use crate::exec::Executor;
use crate::order;
use crate::rdd::RddSource;
use crate::shuffle::SHARDS;

use super::Stored;
use super::order::{Handles, WORTH_SHARING, handles};

/// The handles of all keys.
struct InOrder {
    handles: Arc<Handles>,
    /// True if there are handles of keys that are gone or have moved.
    holes: bool,
}

/// The store as one batch left it.
pub struct StoreView<S: Stored> {
    store: Arc<S>,
    generation: u64,
    len: usize,
    in_order: OnceLock<InOrder>,
    /// The records by partition, if they are to be read after the batch.
    kept: OnceLock<Vec<Vec<S::Record>>>,
    executor: Executor,
}

impl<S: Stored> StoreView<S> {
    /// The keys of `store` as they are now, read by the workers of `executor`.
    pub fn new(store: Arc<S>, executor: Executor) -> StoreView<S> {
        let (generation, len) = (store.generation(), store.len());
        StoreView {
            store,
            generation,
            len,
            in_order: OnceLock::new(),
            kept: OnceLock::new(),
            executor,
        }
    }

    /// # Panics
    /// If a later batch has changed the store: what the view stood for is gone.
    fn store(&self) -> &S {
        self.store.check(self.generation);
        &self.store
    }

    /// The order of the keys; made on the workers of `executor` if one is given.
    fn in_order(&self, executor: Option<&Executor>) -> &InOrder {
        self.in_order.get_or_init(|| {
            let handles = handles(self.store(), executor);
            // Every key has a handle.
            let holes = handles.iter().map(Vec::len).sum::<usize>() > self.len;
            InOrder { handles, holes }
        })
    }
}

impl<S: Stored> RddSource<S::Record> for StoreView<S> {
    fn partitions(&self) -> usize {
        self.store.partitions()
    }

    fn pieces(&self, _partition: usize) -> usize {
        order::pieces(self.len / self.partitions())
    }

    fn visit(&self, partition: usize, piece: usize, each: &mut dyn FnMut(S::Record)) {
        if let Some(kept) = self.kept.get() {
            let records = order::piece(&kept[partition], piece, self.pieces(partition));
            return records.iter().cloned().for_each(each);
        }
        let InOrder { handles, holes } = self.in_order(None);
        let piece = order::piece(&handles[partition], piece, self.pieces(partition));
        self.store.visit(piece, *holes, self.generation, each);
    }

    fn prepare(&self) {
        self.in_order(Some(&self.executor));
    }

    fn keep(&self) {
        self.prepare();
        self.kept.get_or_init(|| {
            let InOrder { handles, holes } = self.in_order(None);
            let records = |handles: &Vec<_>| {
                let mut records = Vec::with_capacity(handles.len());
                let keep = &mut |record| records.push(record);
                self.store.visit(handles, *holes, self.generation, keep);
                records
            };
            handles.iter().map(records).collect()
        });
    }

    fn take(&self, count: usize) -> Vec<S::Record> {
        match self.kept.get() {
            None => self.store().take(count),
            Some(kept) => kept.iter().flatten().take(count).cloned().collect(),
        }
    }

    /// Keys and values are when they are kept.
    fn is_detached(&self) -> bool {
        true
    }

    fn known_count(&self) -> Option<u64> {
        Some(self.len as u64)
    }

    /// A list that is kept is in order.
    fn unordered(self: Arc<Self>) -> Option<Arc<dyn RddSource<S::Record>>> {
        let worth_it = self.len >= WORTH_SHARING && self.kept.get().is_none();
        worth_it.then(|| Arc::new(StoreByShard(self)) as Arc<dyn RddSource<S::Record>>)
    }
}

/// The store read shard by shard, as its keys lie there.
struct StoreByShard<S: Stored>(Arc<StoreView<S>>);

impl<S: Stored> RddSource<S::Record> for StoreByShard<S> {
    fn partitions(&self) -> usize {
        SHARDS
    }

    fn visit(&self, shard: usize, _piece: usize, each: &mut dyn FnMut(S::Record)) {
        let view = &self.0;
        view.store().visit_shard(shard, view.generation, each);
    }

    fn is_detached(&self) -> bool {
        self.0.is_detached()
    }

    fn known_count(&self) -> Option<u64> {
        self.0.known_count()
    }
}
