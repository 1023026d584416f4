//! The keys of a window and what is kept of them, by shard.
//!
//! A shard of the store is a shard of the shuffle, so that what a batch brought meets its keys
//! without another exchange. A batch takes the lock of every shard once; readers come while no
//! batch slides the window.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use millrace_types::Lock;
use rayon::prelude::*;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::data::{Data, Key};
use crate::durable::{Record, Recorder, StoreError};
use crate::exec::Executor;
use crate::partition::Partitioner;
use crate::shuffle::{KeyHasher, SHARDS, Shard, Unmerged};
use crate::store::{Order, Stored};

use super::frame::{SlideStep, WindowSpec};
use super::replay::Loading;
use super::slots::{Slots, Sought};

/// Below this, a slide is done before another thread has woken up.
pub(super) const WORTH_SHARING: usize = 1 << 12;

/// The rules by which a window's value of a key changes when batches enter and leave.
///
/// In every batch of the parent first the forgotten batches leave, then the entries of the batch
/// enter, and those of one key become one value; when a window fires, the shard is settled: its
/// keys have the values and the places that a reader sees.
pub trait KeyedRule<K: Key>: Send + Sync + Sized + 'static {
    /// The value that one batch has of a key.
    type Brought: Data;
    /// The entry that is kept per key.
    type Entry: Send + Sync + 'static;
    /// The history that is kept of the batches.
    type History: Default + Send + Sync + 'static;
    /// The value of a key that a reader sees.
    type Value: Data;
    /// The form in which a key is written down in a snapshot.
    type Saved: Serialize + DeserializeOwned + Send + 'static;

    /// True if the place of a key changes with the batches that the window has of it.
    const MOVES_PLACES: bool;

    /// True if a batch whose keys hardly repeat is best taken as its runs left it. Where items of a
    /// key lead to each other they are best in the order of the shards' tables, batch after batch.
    const TAKES_UNMERGED: bool;

    /// The number of items of the batches up to `forgotten`.
    fn leaving(&self, kept: &Self::History, forgotten: u64) -> usize;

    /// Lets the batches up to `step.forgotten` go.
    fn leave(&self, shard: &mut WindowShard<K, Self>, step: SlideStep);

    /// Makes room for a batch that has so many entries. The default makes none.
    fn expect(&self, _shard: &mut WindowShard<K, Self>, _entries: usize) {}

    /// Takes an entry that a batch has of a key; the first one of a key comes first. Says whether
    /// it is the first one.
    fn enter(
        &self,
        shard: &mut WindowShard<K, Self>,
        batch: u64,
        arrival: Arrival<K, Self::Brought>,
    ) -> bool;

    /// Takes note that all entries of a batch have entered, and writes down the value that it has
    /// of each key if there is a record.
    fn entered(
        &self,
        shard: &mut WindowShard<K, Self>,
        step: SlideStep,
        record: Option<&mut Record<'_>>,
    );

    /// Makes window number `due` of what is there.
    ///
    /// # Errors
    /// The program's fault for which the window cannot be made.
    fn settle(&self, shard: &mut WindowShard<K, Self>, due: u64) -> Result<(), StoreError>;

    /// The value that a reader sees; `None` of a key that has no place.
    fn value(&self, kept: &Self::History, entry: &Self::Entry) -> Option<Self::Value>;

    /// Notes the new numbers of slots.
    fn renumber(&self, kept: &mut Self::History, numbers: &[u32]);

    /// Everything that is kept of every key, with its place: as it is and not what it comes to,
    /// so that the function is called with the same arguments from then on.
    fn saved(&self, shard: &WindowShard<K, Self>, frame: &WindowSpec)
    -> Vec<(K, u64, Self::Saved)>;

    /// Takes what was saved into a shard that has nothing.
    ///
    /// # Errors
    /// The fault of an entry that cannot have been saved so.
    fn restore(
        &self,
        shard: &mut WindowShard<K, Self>,
        frame: &WindowSpec,
        keys: Vec<(K, u64, Self::Saved)>,
    ) -> Result<(), StoreError>;
}

/// A value that a batch has of a key.
pub struct Arrival<K, V> {
    /// When it came.
    pub(super) place: u64,
    pub(super) sought: Sought,
    pub(super) key: K,
    pub(super) value: V,
}

/// A shard of a window.
pub struct WindowShard<K: Key, S: KeyedRule<K>> {
    pub(super) slots: Slots<K, S::Entry>,
    pub(super) batches: S::History,
    /// The place that comes after all that were given here, also to keys that are gone.
    pub(super) next: u64,
}

impl<K: Key, S: KeyedRule<K>> WindowShard<K, S> {
    pub(super) fn new(hasher: &KeyHasher) -> WindowShard<K, S> {
        WindowShard {
            slots: Slots::new(hasher.clone()),
            batches: S::History::default(),
            next: 0,
        }
    }
}

/// A keyed window; see the module head.
pub struct WindowStore<K: Key, S: KeyedRule<K>> {
    pub(super) rule: S,
    pub(super) frame: WindowSpec,
    pub(super) hasher: KeyHasher,
    shards: Vec<RwLock<WindowShard<K, S>>>,
    pub(super) partitioner: Arc<dyn Partitioner<K>>,
    /// The place that comes after all given ones.
    pub(super) next_place: AtomicU64,
    /// The number of items that have entered or left since a window fired.
    unsettled: AtomicUsize,
    /// Batches of the parent so far.
    pub(super) generation: AtomicU64,
    /// True once somebody asked for the first few keys.
    pub(super) wants_first: AtomicBool,
    pub(super) order: Lock<Order>,
    pub(super) recorder: Recorder,
    /// A checkpoint's content, by shard, until all of it is there.
    pub(super) loading: Vec<Lock<Loading<K, S>>>,
}

impl<K: Key, S: KeyedRule<K>> WindowStore<K, S> {
    /// A window of `frame` that has seen no batch, with the partitions of `partitioner`.
    pub fn new(
        rule: S,
        frame: WindowSpec,
        hasher: &KeyHasher,
        partitioner: Arc<dyn Partitioner<K>>,
    ) -> WindowStore<K, S> {
        let shard = |_| RwLock::new(WindowShard::new(hasher));
        WindowStore {
            rule,
            frame,
            hasher: hasher.clone(),
            shards: (0..SHARDS).map(shard).collect(),
            partitioner,
            next_place: AtomicU64::new(0),
            unsettled: AtomicUsize::new(0),
            generation: AtomicU64::new(0),
            wants_first: AtomicBool::new(false),
            order: Lock::default(),
            recorder: Recorder::new(SHARDS),
            loading: (0..SHARDS).map(|_| Lock::default()).collect(),
        }
    }

    /// Slides the window over a batch of the parent, on the workers. The entries of the
    /// batch come in the shards of the store's hasher, which are given back empty.
    ///
    /// # Errors
    /// As [`KeyedRule::settle`], or if what the batch brought cannot be written down for the
    /// checkpoint; the store is good for nothing then.
    ///
    /// # Panics
    /// If a function of the program does; the store is good for nothing then either.
    pub fn slide(
        &self,
        step: SlideStep,
        delta: Option<Vec<Unmerged<K, S::Brought>>>,
        executor: &Executor,
    ) -> Result<Vec<Shard<K, S::Brought>>, StoreError> {
        self.generation.fetch_add(1, Ordering::Relaxed);
        let forgets = Order::forgets(&self.order, self.generation());
        let mut delta = delta.unwrap_or_default();
        let mut moved: usize = delta.iter().map(Unmerged::len).sum();
        for index in 0..SHARDS {
            moved += self.rule.leaving(&self.read(index).batches, step.forgotten);
        }
        moved += self.unsettled.load(Ordering::Relaxed);
        let unsettled = if step.due.is_some() { 0 } else { moved };
        self.unsettled.store(unsettled, Ordering::Relaxed);
        let mut brought: Vec<Option<&mut Unmerged<K, S::Brought>>> =
            delta.iter_mut().map(Some).collect();
        brought.resize_with(SHARDS, || None);
        let base = self.next_place.load(Ordering::Relaxed);
        let one = |(index, brought): (usize, Option<&mut Unmerged<K, S::Brought>>)| {
            self.slide_shard(index, step, brought, base, forgets)
        };
        let next: Result<Vec<u64>, StoreError> = if moved < WORTH_SHARING {
            brought.into_iter().enumerate().map(one).collect()
        } else {
            executor.run(|| {
                brought
                    .into_par_iter()
                    .enumerate()
                    .with_max_len(1)
                    .map(one)
                    .collect()
            })
        };
        let next = next?.into_iter().max().unwrap_or(base);
        self.next_place.store(next, Ordering::Relaxed);
        self.recorder.check()?;
        Ok(delta.into_iter().filter_map(Unmerged::into_shard).collect())
    }

    /// Slides one shard, and gives the place that comes after all it has given.
    fn slide_shard(
        &self,
        index: usize,
        step: SlideStep,
        brought: Option<&mut Unmerged<K, S::Brought>>,
        base: u64,
        forgets: bool,
    ) -> Result<u64, StoreError> {
        let mut shard = self.write(index);
        if forgets {
            shard.slots.forget_placed();
        }
        let mut record = self.recorder.begin(index, step.number);
        let record = record.is_on().then_some(&mut record);
        self.step(&mut shard, step, record, |shard| {
            if let Some(brought) = brought {
                self.enter_all(shard, step.batch, base, brought);
            }
        })?;
        if self.wants_first.load(Ordering::Relaxed) {
            shard.slots.refresh_first();
        }
        Ok(shard.next.max(base))
    }

    /// Slides a shard over a batch whose entries `enter` lets enter, and writes down what the
    /// batch has of each key.
    pub(super) fn step(
        &self,
        shard: &mut WindowShard<K, S>,
        step: SlideStep,
        record: Option<&mut Record<'_>>,
        enter: impl FnOnce(&mut WindowShard<K, S>),
    ) -> Result<(), StoreError> {
        self.rule.leave(shard, step);
        enter(shard);
        self.rule.entered(shard, step, record);
        if let Some(due) = step.due {
            self.rule.settle(shard, due)?;
            if let Some(numbers) = shard.slots.compacted() {
                self.rule.renumber(&mut shard.batches, &numbers);
            }
        }
        Ok(())
    }

    pub(super) fn write(&self, index: usize) -> RwLockWriteGuard<'_, WindowShard<K, S>> {
        self.shards[index]
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// A lock is poisoned by a panic of the program's code; the node that has the store does not
    /// let anybody read it then.
    pub(super) fn read(&self, index: usize) -> RwLockReadGuard<'_, WindowShard<K, S>> {
        self.shards[index]
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Key, S: KeyedRule<K>> fmt::Debug for WindowStore<K, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WindowStore").finish_non_exhaustive()
    }
}
