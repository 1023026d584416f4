//! A keyed window as a checkpoint sees it.
//!
//! A batch is written down as the values that it brought to the keys; a batch that brought none writes
//! nothing. A snapshot has everything of every key: see [`replay`](super::replay) for what is made of
//! both.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::MutexGuard;
use std::sync::atomic::Ordering;

use rayon::prelude::*;

use crate::data::Key;
use crate::durable::{
    Durable, EntryReader, Look, Origin, StoreError, key_of, put, show, show_value,
};
use crate::panics::message_of;
use crate::shuffle::{SHARDS, shard_of};
use crate::store::Stored;

use super::replay::{Delta, Loading};
use super::slots::UNSEEN;
use super::store::{KeyedRule, WindowStore};

/// Says what is wrong with entries that no window has written.
const NO_REMOVAL: &str = "a window holds an entry that removes a key";

impl<K: Key, S: KeyedRule<K>> WindowStore<K, S> {
    fn loading(&self, shard: usize) -> MutexGuard<'_, Loading<K, S>> {
        self.loading[shard].lock()
    }

    fn shard_of(&self, key: &K) -> usize {
        shard_of(self.hasher.hash(key))
    }

    fn load_snapshot(&self, as_of: u64, reader: &mut EntryReader<'_>) -> Result<(), StoreError> {
        if let Some(head) = reader.next::<(), ()>() {
            let ((), head) = head?;
            let next = head.map_or(0, |(next, ())| next);
            self.next_place.fetch_max(next, Ordering::Relaxed);
        }
        while let Some(entry) = reader.next::<K, S::Saved>() {
            let (key, kept) = entry?;
            let (place, saved) = kept.ok_or(StoreError::Malformed(NO_REMOVAL))?;
            let mut loading = self.loading(self.shard_of(&key));
            loading
                .parts
                .entry(as_of)
                .or_default()
                .push((key, place, saved));
        }
        Ok(())
    }

    fn load_batch(&self, number: u64, reader: &mut EntryReader<'_>) -> Result<(), StoreError> {
        while let Some(entry) = reader.next::<K, S::Brought>() {
            let (key, kept) = entry?;
            let (place, value) = kept.ok_or(StoreError::Malformed(NO_REMOVAL))?;
            self.next_place.fetch_max(place + 1, Ordering::Relaxed);
            let mut loading = self.loading(self.shard_of(&key));
            loading.deltas.push(Delta {
                number,
                key,
                place,
                value,
            });
        }
        Ok(())
    }

    /// Puts one shard in its place, as batch `number` left it.
    fn load_shard(&self, shard: usize, number: u64) -> Result<(), StoreError> {
        let loading = std::mem::take(&mut *self.loading(shard));
        let replay = || self.replayed(loading, number);
        let replayed = catch_unwind(AssertUnwindSafe(replay))
            .map_err(|payload| StoreError::Panicked(message_of(&*payload)))?;
        let mut kept = replayed?;
        // Places of keys that are gone are not given again: turns are taken by them.
        kept.next = self.next_place.load(Ordering::Relaxed);
        *self.write(shard) = kept;
        Ok(())
    }
}

impl<K: Key, S: KeyedRule<K>> Durable for WindowStore<K, S> {
    fn record(&self) {
        self.recorder.start();
    }

    fn take_changes(&self) -> Vec<(u32, Vec<u8>)> {
        self.recorder.take()
    }

    fn shards(&self) -> u32 {
        SHARDS as u32
    }

    fn snapshot(&self, shard: u32) -> Result<(Vec<u8>, u64), StoreError> {
        let (saved, next, number) = {
            let kept = self.read(shard as usize);
            let saved = self.rule.saved(&kept, &self.frame);
            (saved, kept.next, self.recorder.as_of(shard as usize))
        };
        let mut entries = Vec::new();
        put(&mut entries, &(), next, &())?;
        for (key, place, saved) in &saved {
            // No batch has written down what a function made of several of them.
            put(&mut entries, key, *place, saved)?;
        }
        Ok((entries, number))
    }

    fn load(&self, origin: Origin, entries: &[u8]) -> Result<(), StoreError> {
        let reader = &mut EntryReader::new(entries);
        match origin {
            Origin::Snapshot(as_of) => self.load_snapshot(as_of, reader),
            Origin::Batch(number) => self.load_batch(number, reader),
        }
    }

    fn loaded(&self, number: u64) -> Result<(), StoreError> {
        (0..SHARDS)
            .into_par_iter()
            .try_for_each(|shard| self.load_shard(shard, number))?;
        self.recorder.loaded(number);
        Ok(())
    }

    fn keys(&self) -> Option<u64> {
        Some(self.len() as u64)
    }

    fn look(&self, shard: u32, from: Look, most: usize, out: &mut Vec<u8>) -> Option<Look> {
        let kept = self.read(shard as usize);
        let slots = kept.slots.slots();
        let start = from.start(slots);
        let end = slots.min(start + most);
        for (place, slot) in kept.slots.places_in(start..end) {
            if let Some(value) = self.rule.value(&kept.batches, kept.slots.entry(slot)) {
                show(out, kept.slots.key(slot), place, &value);
            }
        }
        Look::after(end, slots)
    }

    fn find(&self, key: &[u8], out: &mut Vec<u8>) -> bool {
        let Some(key) = key_of::<K>(key) else {
            return false;
        };
        let kept = self.read(self.shard_of(&key));
        let seen = |slot: &u32| kept.slots.place(*slot) != UNSEEN;
        let Some(slot) = kept.slots.find(&key).filter(seen) else {
            return false;
        };
        let value = self.rule.value(&kept.batches, kept.slots.entry(slot));
        value.is_some_and(|value| show_value(out, &value))
    }
}
