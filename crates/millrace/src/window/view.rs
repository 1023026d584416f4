//! A keyed window as an [`Rdd`](crate::Rdd), read only as far as somebody asks.

use std::sync::{Arc, OnceLock};

use crate::data::Key;
use crate::exec::Executor;
use crate::order;
use crate::rdd::RddSource;

use super::store::{Ordered, Sliding, WindowStore};

/// The window as one batch left it.
pub(crate) struct WindowView<K: Key, S: Sliding<K>> {
    store: Arc<WindowStore<K, S>>,
    generation: u64,
    len: usize,
    ordered: OnceLock<Ordered<K, S::Value>>,
    executor: Executor,
}

impl<K: Key, S: Sliding<K>> WindowView<K, S> {
    pub(crate) fn new(store: Arc<WindowStore<K, S>>, executor: Executor) -> WindowView<K, S> {
        let (generation, len) = (store.generation(), store.len());
        WindowView {
            store,
            generation,
            len,
            ordered: OnceLock::new(),
            executor,
        }
    }

    /// # Panics
    /// If a later batch has slid the window: what the view stood for is gone.
    fn store(&self) -> &WindowStore<K, S> {
        // Not `assert_eq`: whoever reads the message knows no generations.
        assert!(
            self.generation == self.store.generation(),
            "the window of a batch was read after a later batch had changed it: collect what is \
             to be kept while the batch runs"
        );
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
        let ordered = self.ordered.get_or_init(|| self.store().ordered(None));
        let records = order::piece(&ordered[partition], piece, self.pieces(partition));
        records.iter().cloned().for_each(each);
    }

    fn prepare(&self) {
        self.ordered
            .get_or_init(|| self.store().ordered(Some(&self.executor)));
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
