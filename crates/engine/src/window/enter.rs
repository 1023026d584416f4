//! The entries of a batch on their way into a shard of a window.
//!
//! Every entry is looked for in the window's table, which is larger than the cache. So the word of
//! the index is asked for two groups of entries ahead, and one group ahead the index is searched, and the
//! key's entry asked for that it names. An entry of a run has the tag of its key's hash already; keys that were merged are hashed
//! again.

use crate::data::Key;
use crate::shuffle::{Entry, Shard, Unmerged};
use crate::store::AHEAD;

use super::slots::{Sought, Tag};
use super::store::{Arrival, KeyedRule, WindowShard, WindowStore};

/// Keys of a batch that are looked for together.
const GROUP: usize = 2 * AHEAD;

impl<K: Key, S: KeyedRule<K>> WindowStore<K, S> {
    /// Takes all that a batch brought to a shard. Its first arrival has the place behind `base`.
    pub(super) fn enter_all(
        &self,
        shard: &mut WindowShard<K, S>,
        batch: u64,
        base: u64,
        brought: &mut Unmerged<K, S::Brought>,
    ) {
        self.rule.expect(shard, brought.len());
        if let Some(merged) = &mut brought.merged {
            self.enter_merged(shard, batch, base, merged);
        }
        let mut runs = std::mem::take(&mut brought.runs);
        for (before, entries) in &mut runs {
            self.enter_run(shard, batch, base + *before, entries);
        }
        brought.give_back(runs.into_iter().map(|(_, emptied)| emptied));
    }

    fn enter_merged(
        &self,
        shard: &mut WindowShard<K, S>,
        batch: u64,
        base: u64,
        merged: &mut Shard<K, S::Brought>,
    ) {
        let mut group = Vec::with_capacity(GROUP);
        merged.drain(|stamp, key, value| {
            let (place, tag) = (base + stamp, shard.slots.tag(&key));
            shard.slots.prefetch_word(tag);
            group.push(Arrival {
                place,
                sought: tag.into(),
                key,
                value,
            });
            if group.len() == GROUP {
                self.enter_group(shard, batch, &mut group);
            }
        });
        self.enter_group(shard, batch, &mut group);
    }

    /// Takes a group of keys whose words of the index have been asked for.
    fn enter_group(
        &self,
        shard: &mut WindowShard<K, S>,
        batch: u64,
        group: &mut Vec<Arrival<K, S::Brought>>,
    ) {
        for Arrival { sought, .. } in group.iter_mut() {
            *sought = shard.slots.seek(sought.tag(), S::MOVES_PLACES);
        }
        for arrival in group.drain(..) {
            self.enter(shard, batch, arrival);
        }
    }

    /// Takes the entries of a run out of their list, with `before` places before them.
    fn enter_run(
        &self,
        shard: &mut WindowShard<K, S>,
        batch: u64,
        before: u64,
        entries: &mut Vec<Entry<K, S::Brought>>,
    ) {
        let tag = |entry: &Entry<K, S::Brought>| Tag::of_entry(entry.tag());
        for entry in entries.iter().take(2 * AHEAD) {
            shard.slots.prefetch_word(tag(entry));
        }
        // Of the entries ahead, by their numbers.
        let mut sought: [Option<Sought>; AHEAD] = [None; AHEAD];
        for (entry, sought) in entries.iter().zip(&mut sought) {
            *sought = Some(shard.slots.seek(tag(entry), S::MOVES_PLACES));
        }
        let mut entries = entries.drain(..);
        let mut number = 0;
        while let Some(entry) = entries.next() {
            let ahead = entries.as_slice();
            if let Some(entry) = ahead.get(2 * AHEAD - 1) {
                shard.slots.prefetch_word(tag(entry));
            }
            let seek = |entry| shard.slots.seek(tag(entry), S::MOVES_PLACES);
            let next = ahead.get(AHEAD - 1).map(seek);
            let own = std::mem::replace(&mut sought[number % AHEAD], next);
            let sought = own.unwrap_or_else(|| tag(&entry).into());
            number += 1;
            let place = before + u64::from(entry.arrival());
            let Entry { key, value, .. } = entry;
            let arrival = Arrival {
                place,
                sought,
                key,
                value,
            };
            self.enter(shard, batch, arrival);
        }
    }

    /// Takes an entry of a key.
    #[inline(always)]
    pub(super) fn enter(
        &self,
        shard: &mut WindowShard<K, S>,
        batch: u64,
        arrival: Arrival<K, S::Brought>,
    ) {
        let place = arrival.place;
        // Places of later entries of a key are not given: a recovery would not know of them.
        if self.rule.enter(shard, batch, arrival) {
            shard.next = shard.next.max(place + 1);
        }
    }
}
