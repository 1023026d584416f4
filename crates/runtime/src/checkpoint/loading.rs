//! Loading a generation into its stores: some sections together, on the workers.
//!
//! The shards of a snapshot have no key in common. Those of the log apply in order, and are
//! gathered only as long as they are of one epoch: then a key is of one shard.

use std::cell::RefCell;
use std::sync::Arc;

use millrace_engine::durable::{Durable, Loaded, Origin, StoreError};
use millrace_engine::exec::Executor;
use rayon::prelude::*;

use super::record::Section;

/// Bytes of sections that are gathered before they are loaded together. The entries read of them
/// take a few times as much for a moment.
const TOGETHER: usize = 32 << 20;

/// Takes sections in the order in which they apply.
pub(crate) struct Loading<'a> {
    stores: &'a [Arc<dyn Durable>],
    executor: &'a Executor,
    gathered: RefCell<Gathered>,
}

#[derive(Default)]
struct Gathered {
    /// Store by store.
    sections: Vec<Vec<Loaded>>,
    bytes: usize,
    /// The epoch of the log's sections; none as long as they are those of the snapshot.
    epoch: Option<u32>,
    in_order: bool,
}

impl<'a> Loading<'a> {
    pub(crate) fn new(stores: &'a [Arc<dyn Durable>], executor: &'a Executor) -> Loading<'a> {
        Loading {
            stores,
            executor,
            gathered: RefCell::default(),
        }
    }

    /// Takes a section: of the snapshot at first, then of the log.
    pub(crate) fn take(&self, section: &Section<'_>) -> Result<(), StoreError> {
        let index = section.store as usize;
        if index >= self.stores.len() {
            return Err(StoreError::NoStore(index));
        }
        let mut gathered = self.gathered.borrow_mut();
        if gathered.in_order && gathered.epoch != Some(section.epoch) {
            self.load(&mut gathered)?;
            gathered.epoch = Some(section.epoch);
        }
        gathered.bytes += section.entries.len();
        gathered.sections.resize_with(self.stores.len(), Vec::new);
        let origin = if gathered.in_order {
            Origin::Batch(section.number)
        } else {
            Origin::Snapshot(section.number)
        };
        gathered.sections[index].push(Loaded {
            shard: section.shard,
            origin,
            entries: section.entries.to_vec(),
        });
        if gathered.bytes >= TOGETHER {
            self.load(&mut gathered)?;
        }
        Ok(())
    }

    /// Says that the snapshot is read: what comes now applies in order.
    pub(crate) fn snapshot_ends(&self) -> Result<(), StoreError> {
        let mut gathered = self.gathered.borrow_mut();
        self.load(&mut gathered)?;
        gathered.in_order = true;
        Ok(())
    }

    /// Says that the log is read.
    pub(crate) fn log_ends(&self) -> Result<(), StoreError> {
        self.load(&mut self.gathered.borrow_mut())
    }

    /// Says that everything is read and `number` was the last batch; an error has the number of
    /// the store that cannot go on.
    pub(crate) fn ends(&self, number: u64) -> Result<(), (usize, StoreError)> {
        let stores = self.stores;
        self.executor.run(|| {
            let stores = stores.iter().enumerate();
            for (index, store) in stores {
                store.loaded(number).map_err(|what| (index, what))?;
            }
            Ok(())
        })
    }

    fn load(&self, gathered: &mut Gathered) -> Result<(), StoreError> {
        gathered.bytes = 0;
        let sections = std::mem::take(&mut gathered.sections);
        let (stores, apart) = (self.stores, !gathered.in_order);
        self.executor.run(|| {
            stores
                .par_iter()
                .zip(sections)
                .filter(|(_, sections)| !sections.is_empty())
                .try_for_each(|(store, sections)| store.load_all(&sections, apart))
        })
    }
}
