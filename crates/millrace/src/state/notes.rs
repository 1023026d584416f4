//! Notes of a front end, kept from batch to batch, as the checkpoint sees them.
//!
//! An entry is kept as it is written down, so that one that is noted again unchanged is seen and
//! costs nothing on disk. The law: a batch's changes are applied at once, under one lock; no
//! snapshot has half of them.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::data::{Data, Key};
use crate::durable::{Durable, EntryReader, Origin, StoreError, put, remove};

/// The notes of a stream.
pub(crate) struct NoteStore<K, V> {
    kept: Mutex<Kept<K>>,
    /// The batch that runs.
    number: AtomicU64,
    value: PhantomData<fn() -> V>,
}

struct Kept<K> {
    /// Each with its place and the bytes of the whole entry.
    entries: HashMap<K, (u64, Vec<u8>)>,
    next: u64,
    /// The last batch whose changes are here.
    as_of: u64,
    /// Changes that were written down since they were last taken, if somebody asked.
    changes: Option<Vec<u8>>,
}

impl<K: Key, V: Data> NoteStore<K, V> {
    pub(crate) fn new() -> NoteStore<K, V> {
        NoteStore {
            kept: Mutex::new(Kept {
                entries: HashMap::new(),
                next: 0,
                as_of: 0,
                changes: None,
            }),
            number: AtomicU64::new(0),
            value: PhantomData,
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept<K>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says which batch runs.
    pub(crate) fn begin(&self, number: u64) {
        self.number.store(number, Ordering::Relaxed);
    }

    /// Notes a value for every key that has one, and forgets the others; all or nothing.
    ///
    /// # Errors
    /// If something cannot be written down.
    pub(crate) fn change(&self, changes: Vec<(K, Option<V>)>) -> Result<(), StoreError> {
        let mut kept = self.kept();
        let Kept { entries, next, .. } = &*kept;
        let (mut fresh, mut written) = (*next, Vec::with_capacity(changes.len()));
        for (key, value) in changes {
            let mut entry = Vec::new();
            let old = entries.get(&key);
            match &value {
                Some(value) => {
                    let place = old.map_or(fresh, |(place, _)| *place);
                    fresh = fresh.max(place + 1);
                    put(&mut entry, &key, place, value)?;
                    if old.is_none_or(|(_, old)| *old != entry) {
                        written.push((key, Some(place), entry));
                    }
                }
                None => {
                    remove(&mut entry, &key)?;
                    written.push((key, None, entry));
                }
            }
        }
        kept.next = fresh;
        kept.as_of = self.number.load(Ordering::Relaxed);
        for (key, place, entry) in written {
            if let Some(changes) = &mut kept.changes {
                changes.extend_from_slice(&entry);
            }
            match place {
                Some(place) => drop(kept.entries.insert(key, (place, entry))),
                None => drop(kept.entries.remove(&key)),
            }
        }
        Ok(())
    }

    /// All notes, in the order in which their keys were first noted.
    ///
    /// # Errors
    /// If one cannot be read.
    pub(crate) fn all(&self) -> Result<Vec<(K, V)>, StoreError> {
        let kept = self.kept();
        let mut entries: Vec<_> = kept.entries.values().collect();
        entries.sort_unstable_by_key(|(place, _)| *place);
        let read = |(_, entry): &(u64, Vec<u8>)| {
            let (key, value) = EntryReader::new(entry)
                .next::<K, V>()
                .ok_or(StoreError::Malformed("a note has no entry"))??;
            let (_, value) = value.ok_or(StoreError::Malformed("a note has no value"))?;
            Ok((key, value))
        };
        entries.into_iter().map(read).collect()
    }
}

impl<K: Key, V: Data> Durable for NoteStore<K, V> {
    fn record(&self) {
        self.kept().changes = Some(Vec::new());
    }

    fn take_changes(&self) -> Vec<(u32, Vec<u8>)> {
        let changes = self.kept().changes.as_mut().map(std::mem::take);
        let changes = changes.filter(|changes| !changes.is_empty());
        changes.map(|changes| (0, changes)).into_iter().collect()
    }

    fn shards(&self) -> u32 {
        1
    }

    fn snapshot(&self, _shard: u32) -> Result<(Vec<u8>, u64), StoreError> {
        let kept = self.kept();
        let entries = kept.entries.values().flat_map(|(_, entry)| entry);
        Ok((entries.copied().collect(), kept.as_of))
    }

    fn load(&self, _origin: Origin, entries: &[u8]) -> Result<(), StoreError> {
        let mut kept = self.kept();
        let mut reader = EntryReader::new(entries);
        while let Some(entry) = reader.next::<K, V>() {
            let (key, value) = entry?;
            let Some((place, value)) = value else {
                kept.entries.remove(&key);
                continue;
            };
            let mut entry = Vec::new();
            put(&mut entry, &key, place, &value)?;
            kept.next = kept.next.max(place + 1);
            kept.entries.insert(key, (place, entry));
        }
        Ok(())
    }

    fn loaded(&self, number: u64) -> Result<(), StoreError> {
        self.kept().as_of = number;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Notes = NoteStore<String, i64>;

    fn change(notes: &Notes, number: u64, changes: &[(&str, Option<i64>)]) -> usize {
        notes.begin(number);
        let own = (changes.iter()).map(|(key, value)| ((*key).to_owned(), *value));
        notes.change(own.collect()).unwrap();
        notes.take_changes().len()
    }

    #[test]
    fn what_was_noted_is_there_again_in_its_order() {
        let notes = Notes::new();
        notes.record();
        assert_eq!(
            change(&notes, 1, &[("a", Some(1)), ("b", Some(2)), ("c", Some(3))]),
            1
        );
        assert_eq!(change(&notes, 2, &[("a", None), ("b", Some(4))]), 1);
        assert_eq!(change(&notes, 3, &[("a", Some(5))]), 1);
        assert_eq!(
            change(&notes, 4, &[("a", Some(5)), ("b", Some(4))]),
            0,
            "nothing is new"
        );
        let expected = [("b", 4), ("c", 3), ("a", 5)].map(|(key, value)| (key.to_owned(), value));
        assert_eq!(notes.all().unwrap(), expected);

        let (snapshot, as_of) = notes.snapshot(0).unwrap();
        assert_eq!(as_of, 4);
        let again = Notes::new();
        again.record();
        again.load(Origin::Snapshot(4), &snapshot).unwrap();
        again.loaded(4).unwrap();
        assert_eq!(again.all().unwrap(), expected);
        assert_eq!(again.snapshot(0).unwrap().1, 4);
        assert!(
            again.take_changes().is_empty(),
            "what was loaded is no change"
        );
    }

    #[test]
    fn changes_of_batches_are_applied_to_what_was_before() {
        let (notes, again) = (Notes::new(), Notes::new());
        notes.record();
        for (number, value) in [(1, Some(1)), (2, None), (3, Some(3))] {
            notes.begin(number);
            notes.change(vec![("a".to_owned(), value)]).unwrap();
            for (_, entries) in notes.take_changes() {
                again.load(Origin::Batch(number), &entries).unwrap();
            }
        }
        assert_eq!(again.all().unwrap(), notes.all().unwrap());
        change(&again, 4, &[("b", Some(1))]);
        assert_eq!(again.all().unwrap().last().unwrap().0, "b");
    }
}
