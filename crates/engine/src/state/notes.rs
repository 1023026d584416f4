//! Notes of a front end, kept from batch to batch, as the checkpoint sees them.
//!
//! An entry is kept as it is written down, so that one that is noted again unchanged is seen and
//! costs nothing on disk. The law: a batch's changes are applied at once, under one lock; no
//! snapshot has half of them.

use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use millrace_types::Lock;

use crate::data::{Data, Key};
use crate::durable::{Durable, EntryReader, Origin, Recorder, StoreError, put, remove};

use super::note_part::Part;

/// The notes of a stream.
pub struct NoteStore<K, V> {
    kept: Lock<Kept<K>>,
    recorder: Recorder,
    /// The batch that runs.
    number: AtomicU64,
    /// True once a batch is lacking that the notes should have.
    lacks: AtomicBool,
    value: PhantomData<fn() -> V>,
}

/// The number of keys of a part, and the bytes of its entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct PartSize {
    pub(super) keys: u64,
    pub(super) bytes: u64,
}

struct Kept<K> {
    places: HashMap<K, u64>,
    /// By place, the bytes of each whole entry: those who look go from one to the next.
    entries: BTreeMap<u64, Vec<u8>>,
    next: u64,
    /// Each with its size.
    parts: Vec<(Part, PartSize)>,
}

impl<K: Key> Kept<K> {
    fn keep(&mut self, key: K, place: u64, entry: Vec<u8>) {
        self.forget(&key);
        self.next = self.next.max(place + 1);
        for (part, size) in &mut self.parts {
            if part.has(&entry) {
                size.keys += 1;
                size.bytes += entry.len() as u64;
            }
        }
        self.places.insert(key, place);
        self.entries.insert(place, entry);
    }

    fn forget(&mut self, key: &K) {
        let place = self.places.remove(key);
        let Some(entry) = place.and_then(|place| self.entries.remove(&place)) else {
            return;
        };
        for (part, size) in &mut self.parts {
            if part.has(&entry) {
                size.keys -= 1;
                size.bytes -= entry.len() as u64;
            }
        }
    }
}

impl<K: Key, V: Data> NoteStore<K, V> {
    /// A store without notes.
    #[must_use]
    pub fn new() -> NoteStore<K, V> {
        NoteStore {
            kept: Lock::new(Kept {
                places: HashMap::new(),
                entries: BTreeMap::new(),
                next: 0,
                parts: Vec::new(),
            }),
            recorder: Recorder::new(1),
            number: AtomicU64::new(0),
            lacks: AtomicBool::new(false),
            value: PhantomData,
        }
    }

    /// Says which batch runs.
    pub fn begin(&self, number: u64) {
        self.number.store(number, Ordering::Relaxed);
    }

    /// Notes a value for every key that has one, and forgets the others; all or nothing.
    ///
    /// # Errors
    /// If something cannot be written down.
    pub fn change(&self, changes: Vec<(K, Option<V>)>) -> Result<(), StoreError> {
        let mut kept = self.kept.lock();
        let (mut fresh, mut written) = (kept.next, Vec::with_capacity(changes.len()));
        for (key, value) in changes {
            let mut entry = Vec::new();
            let old = kept.places.get(&key);
            match &value {
                Some(value) => {
                    let place = old.copied().unwrap_or(fresh);
                    fresh = fresh.max(place + 1);
                    put(&mut entry, &key, place, value)?;
                    if kept.entries.get(&place) != Some(&entry) {
                        written.push((key, Some(place), entry));
                    }
                }
                None => {
                    remove(&mut entry, &key)?;
                    written.push((key, None, entry));
                }
            }
        }
        let number = self.number.load(Ordering::Relaxed);
        let mut record = self.recorder.begin(0, number);
        for (key, place, entry) in written {
            record.extend(&entry);
            match place {
                Some(place) => kept.keep(key, place, entry),
                None => kept.forget(&key),
            }
        }
        Ok(())
    }

    /// Says that the notes lack the batch that runs.
    pub fn lack(&self) {
        self.lacks.store(true, Ordering::Relaxed);
    }

    /// True unless a batch is lacking.
    pub fn are_whole(&self) -> bool {
        !self.lacks.load(Ordering::Relaxed)
    }

    /// Shows a part of the notes as a store of its own. Called before the run.
    pub fn show(&self, part: Part) {
        self.kept.lock().parts.push((part, PartSize::default()));
    }

    /// The parts that are shown.
    pub(super) fn parts(&self) -> Vec<Part> {
        let kept = self.kept.lock();
        kept.parts.iter().map(|(part, _)| part.clone()).collect()
    }

    /// The size of part number `index`.
    pub(super) fn size_of(&self, index: usize) -> PartSize {
        let kept = self.kept.lock();
        kept.parts
            .get(index)
            .map(|(_, size)| *size)
            .unwrap_or_default()
    }

    /// Hands entries to `each`: those of at most `most` notes from a place on. Gives the next place.
    pub(super) fn each_from(
        &self,
        place: u64,
        most: usize,
        each: &mut dyn FnMut(&[u8]),
    ) -> Option<u64> {
        let kept = self.kept.lock();
        let mut entries = kept.entries.range(place..);
        entries
            .by_ref()
            .take(most)
            .for_each(|(_, entry)| each(entry));
        entries.next().map(|(place, _)| *place)
    }

    /// Hands the entry of a key to `look`.
    pub(super) fn of_key<T>(&self, key: &K, look: impl FnOnce(&[u8]) -> T) -> Option<T> {
        let kept = self.kept.lock();
        let entry = kept.entries.get(kept.places.get(key)?)?;
        Some(look(entry))
    }

    /// All notes, in the order in which their keys were first noted.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn all(&self) -> Result<Vec<(K, V)>, StoreError> {
        let kept = self.kept.lock();
        let read = |entry: &Vec<u8>| {
            let (key, value) = EntryReader::new(entry)
                .next::<K, V>()
                .ok_or(StoreError::Malformed("a note has no entry"))??;
            let (_, value) = value.ok_or(StoreError::Malformed("a note has no value"))?;
            Ok((key, value))
        };
        kept.entries.values().map(read).collect()
    }
}

impl<K: Key, V: Data> Durable for NoteStore<K, V> {
    fn record(&self) {
        self.recorder.start();
    }

    fn take_changes(&self) -> Vec<(u32, Vec<u8>)> {
        self.recorder.take()
    }

    fn shards(&self) -> u32 {
        1
    }

    fn snapshot(&self, _shard: u32) -> Result<(Vec<u8>, u64), StoreError> {
        let kept = self.kept.lock();
        let entries: Vec<&[u8]> = kept.entries.values().map(Vec::as_slice).collect();
        Ok((entries.concat(), self.recorder.as_of(0)))
    }

    fn load(&self, _origin: Origin, entries: &[u8]) -> Result<(), StoreError> {
        let mut kept = self.kept.lock();
        let mut reader = EntryReader::new(entries);
        while let Some(entry) = reader.next::<K, V>() {
            let (key, value) = entry?;
            let Some((place, value)) = value else {
                kept.forget(&key);
                continue;
            };
            let mut entry = Vec::new();
            put(&mut entry, &key, place, &value)?;
            kept.keep(key, place, entry);
        }
        Ok(())
    }

    fn loaded(&self, number: u64) -> Result<(), StoreError> {
        self.recorder.loaded(number);
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
