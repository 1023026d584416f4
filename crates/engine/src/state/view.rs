//! The whole state as an [`Rdd`](crate::rdd::Rdd), read only as far as somebody asks.

use std::sync::{Arc, OnceLock};

use crate::data::{Data, Key};
use crate::exec::Executor;
use crate::order;
use crate::rdd::RddSource;

use super::store::StateStore;

/// The state as one batch left it; `T` is what is shown of a key's state `S`.
pub struct StateView<K: Key, S, T> {
    store: Arc<StateStore<K, S>>,
    shown: fn(&S) -> T,
    generation: u64,
    len: usize,
    ordered: OnceLock<Vec<Vec<(K, T)>>>,
    executor: Executor,
}

impl<K: Key, S: Data> StateView<K, S, S> {
    pub fn new(store: Arc<StateStore<K, S>>, executor: Executor) -> StateView<K, S, S> {
        StateView::shown(store, S::clone, executor)
    }
}

impl<K: Key, S: Data, T> StateView<K, S, T> {
    pub fn shown(
        store: Arc<StateStore<K, S>>,
        shown: fn(&S) -> T,
        executor: Executor,
    ) -> StateView<K, S, T> {
        let (generation, len) = (store.generation(), store.len());
        StateView {
            store,
            shown,
            generation,
            len,
            ordered: OnceLock::new(),
            executor,
        }
    }

    /// # Panics
    /// If a later batch has changed the state: what the view stood for is gone.
    fn store(&self) -> &StateStore<K, S> {
        // Not `assert_eq`: whoever reads the message knows no generations.
        assert!(
            self.generation == self.store.generation(),
            "the state of a batch was read after a later batch had changed it: collect what is \
             to be kept while the batch runs"
        );
        &self.store
    }
}

impl<K: Key, S: Data, T: Data> RddSource<(K, T)> for StateView<K, S, T> {
    fn partitions(&self) -> usize {
        self.store.partitions()
    }

    fn pieces(&self, _partition: usize) -> usize {
        order::pieces(self.len / self.store.partitions())
    }

    fn visit(&self, partition: usize, piece: usize, each: &mut dyn FnMut((K, T))) {
        let ordered = self
            .ordered
            .get_or_init(|| self.store().ordered(self.shown, None));
        let records = order::piece(&ordered[partition], piece, self.pieces(partition));
        records.iter().cloned().for_each(each);
    }

    fn prepare(&self) {
        self.ordered
            .get_or_init(|| self.store().ordered(self.shown, Some(&self.executor)));
    }

    fn take(&self, count: usize) -> Vec<(K, T)> {
        match self.ordered.get() {
            None => self.store().take(count, self.shown),
            Some(ordered) => ordered.iter().flatten().take(count).cloned().collect(),
        }
    }

    /// Keys and states are when they are kept.
    fn is_detached(&self) -> bool {
        true
    }

    fn known_count(&self) -> Option<u64> {
        Some(self.len as u64)
    }
}
