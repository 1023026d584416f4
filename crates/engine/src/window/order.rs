//! PySpark's order of a window's keys, kept from batch to batch while somebody reads all of them
//! (law 3).
//!
//! A key is named by a *handle*: its place, its shard and its slot there. Sorting a million of
//! them anew in every batch costs more than all the rest of a slide, and most of them stand where
//! they stood. So a full read adds the handles of the keys that were given places since the last
//! one. A key that is gone, or that has moved, leaves a hole: its old handle has a place that the
//! slot does not have any more.

use std::sync::{Arc, MutexGuard, PoisonError};

use rayon::prelude::*;

use crate::data::Key;
use crate::exec::Executor;
use crate::order::in_order;
use crate::shuffle::SHARDS;

use super::slots::UNSEEN;
use super::store::{Sliding, WORTH_SHARING, WindowStore};

/// The order is forgotten when nobody has read all keys for so many batches.
const PATIENCE: u64 = 16;

/// As few holes as nobody minds.
const FEW: usize = 1 << 10;

/// Names a key of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Handle {
    pub(super) place: u64,
    pub(super) shard: u32,
    pub(super) slot: u32,
}

/// The handles of the keys by partition, in order, with holes.
pub(super) type Handles = Vec<Vec<Handle>>;

/// The order of the keys as one batch left it.
#[derive(Default)]
pub(super) struct Order {
    handles: Arc<Handles>,
    /// The generation of the store, if the order is of any.
    as_of: Option<u64>,
}

impl<K: Key, S: Sliding<K>> WindowStore<K, S> {
    fn order(&self) -> MutexGuard<'_, Order> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The handles of all keys; made on the workers if `executor` is given. Not to be given by
    /// one of them.
    pub(super) fn handles(&self, executor: Option<&Executor>) -> Arc<Handles> {
        let mut order = self.order();
        let generation = self.generation();
        if order.as_of != Some(generation) {
            let known = order.as_of.is_some();
            let mut handles = std::mem::take(&mut order.handles);
            let mut update = |side_by_side| self.update(&mut handles, known, side_by_side);
            match executor.filter(|_| self.len() >= WORTH_SHARING) {
                None => update(false),
                Some(executor) => executor.run(|| update(true)),
            }
            (order.handles, order.as_of) = (handles, Some(generation));
        }
        Arc::clone(&order.handles)
    }

    /// Gives the memory of the order back if nobody has asked for it for long; true if the shards
    /// need not note what they give places to.
    pub(super) fn forgets_order(&self) -> bool {
        let mut order = self.order();
        let forgets = order
            .as_of
            .is_none_or(|as_of| as_of + PATIENCE < self.generation());
        if forgets {
            *order = Order::default();
        }
        forgets
    }

    /// Brings the handles up to date; `known` if they were of an earlier batch.
    fn update(&self, handles: &mut Arc<Handles>, known: bool, side_by_side: bool) {
        let shards = 0..SHARDS;
        let placed = shards.map(|index| self.write(index).slots.take_placed());
        let placed: Vec<Option<Vec<u32>>> = placed.collect();
        let placed: Option<Vec<Vec<u32>>> = placed.into_iter().collect();
        let Some(placed) = placed.filter(|_| known) else {
            *handles = Arc::new(self.all_handles(side_by_side));
            return;
        };
        let handles = Arc::make_mut(handles);
        let mut new: Handles = (0..self.partitions()).map(|_| Vec::new()).collect();
        for (index, slots) in placed.iter().enumerate() {
            let shard = self.read(index);
            for &slot in slots {
                let place = shard.slots.place(slot);
                if place != UNSEEN {
                    let partition = self.partitioner.partition(shard.slots.key(slot));
                    new[partition].push(handle(place, index, slot));
                }
            }
        }
        let lists = handles.iter_mut().zip(new);
        if side_by_side {
            let lists: Vec<_> = lists.collect();
            lists.into_par_iter().for_each(|(list, new)| add(list, new));
        } else {
            lists.for_each(|(list, new)| add(list, new));
        }
        let live = self.len();
        if handles.iter().map(Vec::len).sum::<usize>() > live + live / 4 + FEW {
            self.close_holes(handles);
        }
    }

    fn all_handles(&self, side_by_side: bool) -> Handles {
        in_order(side_by_side, SHARDS, self.partitions(), |index| {
            let mut partitions: Vec<_> = (0..self.partitions()).map(|_| Vec::new()).collect();
            let shard = self.read(index);
            for (place, slot) in shard.slots.places() {
                let partition = self.partitioner.partition(shard.slots.key(slot));
                partitions[partition].push((place, handle(place, index, slot)));
            }
            partitions
        })
    }

    fn close_holes(&self, handles: &mut Handles) {
        let shards: Vec<_> = (0..SHARDS).map(|index| self.read(index)).collect();
        for list in handles {
            list.retain(|handle| {
                shards[handle.shard as usize].slots.place(handle.slot) == handle.place
            });
            list.shrink_to(list.len() * 2);
        }
    }
}

fn handle(place: u64, shard: usize, slot: u32) -> Handle {
    let shard = shard as u32;
    Handle { place, shard, slot }
}

/// Adds handles to a list that is in order.
fn add(list: &mut Vec<Handle>, mut new: Vec<Handle>) {
    new.sort_unstable();
    new.dedup();
    if list.last() >= new.first() {
        // All but the last few stand before them.
        let behind = new
            .first()
            .map_or(list.len(), |new| list.partition_point(|old| old < new));
        let old = list.split_off(behind);
        merge(list, old, new);
    } else {
        list.append(&mut new);
    }
}

/// Appends two lists that are in order; what both have, once.
fn merge(list: &mut Vec<Handle>, old: Vec<Handle>, new: Vec<Handle>) {
    list.reserve(old.len() + new.len());
    let (mut old, mut new) = (old.into_iter().peekable(), new.into_iter().peekable());
    loop {
        let next = match (old.peek(), new.peek()) {
            (Some(a), Some(b)) if a == b => {
                old.next();
                new.next()
            }
            (Some(a), Some(b)) if a < b => old.next(),
            (_, Some(_)) => new.next(),
            (_, None) => old.next(),
        };
        let Some(next) = next else { return };
        list.push(next);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lists_are_merged_in_order(
            old in prop::collection::btree_set(0_u64..200, 0..60),
            new in prop::collection::vec(0_u64..250, 0..60),
        ) {
            let handles = |place: &u64| handle(*place, *place as usize % 7, *place as u32);
            let mut list: Vec<Handle> = old.iter().map(handles).collect();
            add(&mut list, new.iter().map(handles).collect());
            let all: BTreeSet<u64> = old.into_iter().chain(new).collect();
            prop_assert_eq!(list, all.iter().map(handles).collect::<Vec<_>>());
        }
    }
}
