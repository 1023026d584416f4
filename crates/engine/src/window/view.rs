//! A keyed window as an [`Rdd`](crate::rdd::Rdd), read only as far as somebody asks.

use std::sync::{Arc, OnceLock};

use crate::data::Key;
use crate::exec::Executor;
use crate::order;
use crate::rdd::RddSource;

use super::order::Handles;
use super::store::{Sliding, WindowStore};

/// The window as one batch left it.
pub struct WindowView<K: Key, S: Sliding<K>> {
    store: Arc<WindowStore<K, S>>,
    generation: u64,
    len: usize,
    handles: OnceLock<Arc<Handles>>,
    executor: Executor,
}

impl<K: Key, S: Sliding<K>> WindowView<K, S> {
    pub fn new(store: Arc<WindowStore<K, S>>, executor: Executor) -> WindowView<K, S> {
        let (generation, len) = (store.generation(), store.len());
        WindowView {
            store,
            generation,
            len,
            handles: OnceLock::new(),
            executor,
        }
    }

    /// # Panics
    /// If a later batch has slid the window: what the view stood for is gone.
    fn store(&self) -> &WindowStore<K, S> {
        self.store.check(self.generation);
        &self.store
    }
}

impl<K: Key, S: Sliding<K>> RddSource<(K, S::Value)> for WindowView<K, S> {
    fn partitions(&self) -> usize {
        self.store.partitions()
    }

    fn pieces(&self, _partition: usize) -> usize {
        order::pieces(self.len / self.partitions())
    }

    fn visit(&self, partition: usize, piece: usize, each: &mut dyn FnMut((K, S::Value))) {
        let handles = self.handles.get_or_init(|| self.store().handles(None));
        let piece = order::piece(&handles[partition], piece, self.pieces(partition));
        self.store.visit(piece, self.generation, each);
    }

    fn prepare(&self) {
        self.handles
            .get_or_init(|| self.store().handles(Some(&self.executor)));
    }

    fn take(&self, count: usize) -> Vec<(K, S::Value)> {
        self.store().take(count)
    }

    /// Keys and values are when they are kept.
    fn is_detached(&self) -> bool {
        true
    }

    fn known_count(&self) -> Option<u64> {
        Some(self.len as u64)
    }
}
