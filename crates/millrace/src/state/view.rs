//! The whole state as an [`Rdd`](crate::Rdd), read only as far as somebody asks.

use std::sync::{Arc, OnceLock};

use crate::data::{Data, Key};
use crate::rdd::RddSource;

use super::store::StateStore;

/// The state as one batch left it; `T` is what is shown of a key's state `S`.
pub(crate) struct StateView<K: Key, S, T> {
    store: Arc<StateStore<K, S>>,
    shown: fn(&S) -> T,
    generation: u64,
    ordered: OnceLock<Vec<Vec<(K, T)>>>,
}

impl<K: Key, S: Data> StateView<K, S, S> {
    pub(crate) fn new(store: Arc<StateStore<K, S>>) -> StateView<K, S, S> {
        StateView::shown(store, S::clone)
    }
}

impl<K: Key, S: Data, T> StateView<K, S, T> {
    pub(crate) fn shown(store: Arc<StateStore<K, S>>, shown: fn(&S) -> T) -> StateView<K, S, T> {
        let generation = store.generation();
        StateView {
            store,
            shown,
            generation,
            ordered: OnceLock::new(),
        }
    }

    /// # Panics
    /// If a later batch has changed the state: what the view stood for is gone.
    fn store(&self) -> &StateStore<K, S> {
        assert_eq!(
            self.generation,
            self.store.generation(),
            "the state of a batch was read after a later batch had changed it: collect what is \
             to be kept while the batch runs"
        );
        &self.store
    }

    fn ordered(&self) -> &[Vec<(K, T)>] {
        self.ordered
            .get_or_init(|| self.store().ordered(self.shown))
    }
}

impl<K: Key, S: Data, T: Data> RddSource<(K, T)> for StateView<K, S, T> {
    fn partitions(&self) -> usize {
        self.store.partitions()
    }

    fn visit(&self, partition: usize, _piece: usize, each: &mut dyn FnMut((K, T))) {
        self.ordered()[partition].iter().cloned().for_each(each);
    }

    fn prepare(&self) {
        self.ordered();
    }

    fn take(&self, count: usize) -> Vec<(K, T)> {
        match self.ordered.get() {
            None => self.store().take(count, self.shown),
            Some(ordered) => ordered.iter().flatten().take(count).cloned().collect(),
        }
    }

    fn known_count(&self) -> Option<u64> {
        let count = match self.ordered.get() {
            None => self.store().len(),
            Some(ordered) => ordered.iter().map(Vec::len).sum(),
        };
        Some(count as u64)
    }
}
