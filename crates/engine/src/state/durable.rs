//! The state map as a checkpoint sees it: a shard of the map is a shard of the checkpoint.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use dashmap::SharedValue;
use rayon::prelude::*;

use crate::data::{Data, Key};
use crate::durable::{Durable, EntryReader, Loaded, Look, Origin, StoreError, put};
use crate::shuffle::{SHARDS, shard_of};

use super::entry::StateEntry;
use super::head::Head;
use super::store::StateStore;

/// An entry that was read: hash and key, with place and state unless the key is gone.
type Read<K, S> = (u64, K, Option<(u64, S)>);

impl<K: Key, S: Data> StateStore<K, S> {
    /// Forgets what the program gave when the first of what a checkpoint has comes. Shards are
    /// loaded side by side: nobody inserts before all of it is forgotten.
    fn begin_loading(&self) {
        self.loaded.call_once(|| {
            self.map.clear();
            drop(self.recorder.take());
            *self.head() = Head::unknown();
        });
    }

    /// Takes lists of entries, no two of which have a key in common. Entries are sorted by
    /// the shards of this run first, and then put into one shard's table after the other: ten
    /// million keys put in as they come would miss the cache ten million times.
    fn load_lists(&self, lists: &[Vec<&[u8]>]) -> Result<(), StoreError> {
        let read: Vec<Vec<Vec<Read<K, S>>>> = lists
            .par_iter()
            .with_max_len(1)
            .map(|list| self.read_list(list))
            .collect::<Result<_, _>>()?;
        let mut by_shard: Vec<Vec<Vec<Read<K, S>>>> = (0..SHARDS).map(|_| Vec::new()).collect();
        for list in read {
            for (all, own) in by_shard.iter_mut().zip(list) {
                all.push(own);
            }
        }
        let places = by_shard
            .into_par_iter()
            .enumerate()
            .with_max_len(1)
            .map(|(shard, lists)| self.put_in(shard, lists))
            .max();
        self.next_place
            .fetch_max(places.unwrap_or(0), Ordering::Relaxed);
        Ok(())
    }

    /// The entries of a list by the shards of this run, in order.
    fn read_list(&self, list: &[&[u8]]) -> Result<Vec<Vec<Read<K, S>>>, StoreError> {
        let mut shards: Vec<Vec<Read<K, S>>> = (0..SHARDS).map(|_| Vec::new()).collect();
        for entries in list {
            let mut reader = EntryReader::new(entries);
            while let Some(entry) = reader.next::<K, S>() {
                let (key, kept) = entry?;
                let hash = self.hasher.hash(&key);
                shards[shard_of(hash)].push((hash, key, kept));
            }
        }
        Ok(shards)
    }

    /// Puts entries into a shard, and gives the place behind theirs.
    fn put_in(&self, shard: usize, lists: Vec<Vec<Read<K, S>>>) -> u64 {
        let mut places = 0;
        self.placed(shard).forget();
        let mut table = self.map.shards()[shard].write();
        for list in lists {
            for (hash, key, kept) in list {
                let own = |(other, _): &(K, _)| *other == key;
                let Some((place, state)) = kept else {
                    drop(table.remove_entry(hash, own));
                    continue;
                };
                places = places.max(place + 1);
                let mut entry = StateEntry::new(state, place);
                entry.untouch();
                if let Some((_, old)) = table.get_mut(hash, own) {
                    *old.get_mut() = entry;
                } else {
                    let entry = SharedValue::new(entry);
                    table.insert(hash, (key, entry), |(key, _)| self.hasher.hash(key));
                }
            }
        }
        places
    }
}

impl<K: Key, S: Data> Durable for StateStore<K, S> {
    fn is_divisible(&self) -> bool {
        true
    }

    fn record(&self) {
        self.recorder.start();
        if self.loaded.is_completed() {
            return;
        }
        for shard in 0..SHARDS {
            let mut initial = Vec::new();
            self.read_shard(shard, |key, entry| {
                initial.extend(
                    entry
                        .get()
                        .map(|state| (key.clone(), entry.place(), state.clone())),
                );
                ControlFlow::Continue(())
            });
            let mut record = self.recorder.begin(shard, 0);
            for (key, place, state) in initial {
                record.put(&key, place, &state);
            }
        }
    }

    fn take_changes(&self) -> Vec<(u32, Vec<u8>)> {
        self.recorder.take()
    }

    fn shards(&self) -> u32 {
        SHARDS as u32
    }

    fn snapshot(&self, shard: u32) -> Result<(Vec<u8>, u64), StoreError> {
        let (copied, number) = self.copy_shard(shard as usize);
        let mut entries = Vec::new();
        for (key, place, state) in copied {
            let start = entries.len();
            // What cannot be written down has failed the batch that brought it.
            if put(&mut entries, &key, place, &state).is_err() {
                entries.truncate(start);
            }
        }
        Ok((entries, number))
    }

    fn load(&self, _origin: Origin, entries: &[u8]) -> Result<(), StoreError> {
        self.begin_loading();
        self.load_lists(&[vec![entries]])
    }

    /// Within a run that wrote, a key is always of the same shard: the sections of a shard are
    /// read in order, the shards side by side.
    fn load_all(&self, sections: &[Loaded], apart: bool) -> Result<(), StoreError> {
        self.begin_loading();
        let mut lists: Vec<Vec<&[u8]>> = Vec::new();
        let mut list_of = HashMap::new();
        for section in sections {
            let new = lists.len();
            let list = if apart {
                new
            } else {
                *list_of.entry(section.shard).or_insert(new)
            };
            if list == new {
                lists.push(Vec::new());
            }
            lists[list].push(&section.entries);
        }
        self.load_lists(&lists)
    }

    fn loaded(&self, number: u64) -> Result<(), StoreError> {
        self.begin_loading();
        self.recorder.loaded(number);
        Ok(())
    }

    fn keys(&self) -> Option<u64> {
        Some(self.len() as u64)
    }

    fn look(&self, shard: u32, from: Look, most: usize, out: &mut Vec<u8>) -> Option<Look> {
        self.look_at(shard, from, most, out, |state| state)
    }

    fn find(&self, key: &[u8], out: &mut Vec<u8>) -> bool {
        self.find_shown(key, out, |state| state)
    }
}
