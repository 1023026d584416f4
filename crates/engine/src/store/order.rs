//! PySpark's order of a store's keys, kept from batch to batch while somebody reads all of them
//! (law 3).
//!
//! Sorting a million handles anew in every batch costs more than all the rest of it, and most of
//! them stand where they stood. So a full read adds the handles of the keys that were given
//! places since the last one. A key that is gone, or that has moved, leaves a hole: its old handle
//! has a place that the slot does not have any more.

use std::sync::Arc;

use millrace_types::Lock;
use rayon::prelude::*;

use crate::exec::Executor;
use crate::order::{Placed, in_order};
use crate::shuffle::SHARDS;

use super::Stored;

/// Fewer keys are in order before another thread has woken up.
pub(super) const WORTH_SHARING: usize = 1 << 12;

/// The order is forgotten when nobody has read all keys for so many batches.
const PATIENCE: u64 = 16;

/// As few holes as nobody minds.
const FEW: usize = 1 << 10;

/// Names a key of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Handle {
    pub(crate) place: u64,
    pub(crate) shard: u32,
    pub(crate) slot: u32,
}

impl Handle {
    pub(crate) fn new(place: u64, shard: usize, slot: u32) -> Handle {
        let shard = shard as u32;
        Handle { place, shard, slot }
    }
}

/// The handles of the keys by partition, in order, with holes.
pub(super) type Handles = Vec<Vec<Handle>>;

/// The order of the keys as one batch left it.
#[derive(Default)]
pub struct Order {
    handles: Arc<Handles>,
    /// The generation of the store, if the order is of any.
    as_of: Option<u64>,
}

impl Order {
    /// Gives the memory of the order back if nobody has asked for it for long; true if the store
    /// need not note what it gives places to.
    pub(crate) fn forgets(order: &Lock<Order>, generation: u64) -> bool {
        let mut order = order.lock();
        let forgets = order
            .as_of
            .is_none_or(|as_of| as_of + PATIENCE < generation);
        if forgets {
            *order = Order::default();
        }
        forgets
    }
}

/// The handles of all keys; made on the workers if `executor` is given. Not to be given by one of
/// them.
pub(super) fn handles<S: Stored>(store: &S, executor: Option<&Executor>) -> Arc<Handles> {
    let mut order = store.order().lock();
    let generation = store.generation();
    if order.as_of != Some(generation) {
        let known = order.as_of.is_some();
        let mut handles = std::mem::take(&mut order.handles);
        let mut update = |side_by_side| update(store, &mut handles, known, side_by_side);
        match executor.filter(|_| store.len() >= WORTH_SHARING) {
            None => update(false),
            Some(executor) => executor.run(|| update(true)),
        }
        (order.handles, order.as_of) = (handles, Some(generation));
    }
    Arc::clone(&order.handles)
}

/// Brings the handles up to date; `known` if they were of an earlier batch.
fn update<S: Stored>(store: &S, handles: &mut Arc<Handles>, known: bool, side_by_side: bool) {
    let placed: Vec<Option<Vec<u32>>> = (0..SHARDS).map(|shard| store.take_placed(shard)).collect();
    let moved = placed.iter().filter(|placed| placed.is_none()).count();
    if !known || moved > SHARDS / 2 {
        *handles = Arc::new(all_handles(store, side_by_side));
        return;
    }
    let handles = Arc::make_mut(handles);
    if moved > 0 {
        let stays = |handle: &Handle| placed[handle.shard as usize].is_some();
        handles.iter_mut().for_each(|list| list.retain(stays));
    }
    let mut new: Handles = (0..store.partitions()).map(|_| Vec::new()).collect();
    for (shard, slots) in placed.iter().enumerate() {
        if slots.as_ref().is_none_or(|slots| !slots.is_empty()) {
            let slots = slots.as_deref();
            store.each_key(shard, slots, &mut |partition, handle| {
                new[partition].push(handle);
            });
        }
    }
    let lists = handles.iter_mut().zip(new);
    if side_by_side {
        let lists: Vec<_> = lists.collect();
        lists.into_par_iter().for_each(|(list, new)| add(list, new));
    } else {
        lists.for_each(|(list, new)| add(list, new));
    }
    let live = store.len();
    if handles.iter().map(Vec::len).sum::<usize>() > live + live / 4 + FEW {
        for list in handles {
            store.close_holes(list);
            list.shrink_to(list.len() * 2);
        }
    }
}

fn all_handles<S: Stored>(store: &S, side_by_side: bool) -> Handles {
    let of_shard = |shard| {
        let mut placed = Vec::new();
        store.each_key(shard, None, &mut |partition, Handle { place, slot, .. }| {
            placed.push(Placed::new(place, partition, slot));
        });
        placed
    };
    let counts = (SHARDS, store.partitions());
    in_order(side_by_side, counts, of_shard, Handle::new)
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
            let handles = |place: &u64| Handle::new(*place, *place as usize % 7, *place as u32);
            let mut list: Vec<Handle> = old.iter().map(handles).collect();
            add(&mut list, new.iter().map(handles).collect());
            let all: BTreeSet<u64> = old.into_iter().chain(new).collect();
            prop_assert_eq!(list, all.iter().map(handles).collect::<Vec<_>>());
        }
    }
}
