//! The state map as a checkpoint sees it: a shard of the map is a shard of the checkpoint.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use crate::data::{Data, Key};
use crate::durable::{Durable, EntryReader, Origin, put};
use crate::shuffle::SHARDS;

use super::head::Head;
use super::store::StateStore;

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
}

impl<K: Key, S: Data> Durable for StateStore<K, S> {
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

    fn snapshot(&self, shard: u32) -> Result<(Vec<u8>, u64), String> {
        let mut copied = Vec::new();
        let number = self.read_shard(shard as usize, |key, entry| {
            copied.extend(
                entry
                    .get()
                    .map(|state| (key.clone(), entry.place(), state.clone())),
            );
            ControlFlow::Continue(())
        });
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

    fn load(&self, _origin: Origin, entries: &[u8]) -> Result<(), String> {
        self.begin_loading();
        let mut reader = EntryReader::new(entries);
        while let Some(entry) = reader.next::<K, S>() {
            match entry? {
                (key, Some((place, state))) => {
                    self.insert(key, state, place);
                    self.next_place.fetch_max(place + 1, Ordering::Relaxed);
                }
                (key, None) => drop(self.map.remove(&key)),
            }
        }
        Ok(())
    }

    fn loaded(&self, number: u64) -> Result<(), String> {
        self.begin_loading();
        self.recorder.loaded(number);
        Ok(())
    }
}
