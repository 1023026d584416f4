//! Loading a generation into its stores: a snapshot's shards side by side, the deltas in order.

use std::cell::RefCell;
use std::sync::Arc;

use rayon::prelude::*;

use crate::durable::{Durable, Origin};
use crate::exec::Executor;

use super::record::Section;

/// Bytes of shards that are gathered before they are loaded together.
const TOGETHER: usize = 64 << 20;

/// Takes sections in the order in which they apply.
pub(crate) struct Loading<'a> {
    stores: &'a [Arc<dyn Durable>],
    executor: &'a Executor,
    gathered: RefCell<Gathered>,
}

#[derive(Default)]
struct Gathered {
    /// Store, batch and entries; no two of them have a key in common.
    shards: Vec<(usize, u64, Vec<u8>)>,
    bytes: usize,
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
    pub(crate) fn take(&self, section: &Section<'_>) -> Result<(), String> {
        let index = section.store as usize;
        let store = self.stores.get(index);
        let store = store.ok_or_else(|| format!("there is no store {index}"))?;
        let mut gathered = self.gathered.borrow_mut();
        if gathered.in_order {
            return store.load(Origin::Batch(section.number), section.entries);
        }
        gathered.bytes += section.entries.len();
        let shard = (index, section.number, section.entries.to_vec());
        gathered.shards.push(shard);
        if gathered.bytes >= TOGETHER {
            self.load(&mut gathered)?;
        }
        Ok(())
    }

    /// Says that the snapshot is read: what comes now applies in order.
    pub(crate) fn snapshot_ends(&self) -> Result<(), String> {
        let mut gathered = self.gathered.borrow_mut();
        gathered.in_order = true;
        self.load(&mut gathered)
    }

    /// Says that everything is read and `number` was the last batch; an error has the number of
    /// the store that cannot go on.
    pub(crate) fn ends(&self, number: u64) -> Result<(), (usize, String)> {
        let stores = self.stores;
        self.executor.run(|| {
            let stores = stores.iter().enumerate();
            for (index, store) in stores {
                store.loaded(number).map_err(|what| (index, what))?;
            }
            Ok(())
        })
    }

    fn load(&self, gathered: &mut Gathered) -> Result<(), String> {
        gathered.bytes = 0;
        let shards = std::mem::take(&mut gathered.shards);
        let stores = self.stores;
        self.executor.run(|| {
            shards
                .into_par_iter()
                .try_for_each(|(store, number, entries)| {
                    stores[store].load(Origin::Snapshot(number), &entries)
                })
        })
    }
}
