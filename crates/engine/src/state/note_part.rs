//! A part of a front end's notes, shown to those who watch the run as a store of its own.
//!
//! A front end has one place for all that its operators keep, and tells their notes apart by their
//! keys. A search for a word wants the keys and values of one operator, and not the frame that the front
//! end has put around them. The frame is taken off the bytes: no value is made of them, which in a front end
//! could be its own code.

use std::sync::Arc;

use serde::Serialize;

use crate::data::{Data, Key};
use crate::durable::{Durable, EntryReader, Look, Origin, StoreError, key_of, show_raw, value_len};

use super::notes::NoteStore;

/// The most items of a list that MessagePack writes with one byte in front of them.
const FEW: usize = 15;

/// The byte of a list without items.
const LIST: u8 = 0x90;

/// The notes whose keys are lists that begin with one value and have so many items behind it.
#[derive(Debug, Clone)]
pub struct Part {
    /// The operator whose notes these are.
    pub operator: String,
    /// The name under which `millrace-state` lists the part.
    pub name: &'static str,
    /// The bytes that its keys begin with: the list's length and the first item.
    begins: Vec<u8>,
    items: usize,
}

impl Part {
    /// The notes whose keys are `first` and so many items.
    ///
    /// # Errors
    /// If `first` cannot be written down, or there are none or too many items.
    pub fn new<T: Serialize>(
        operator: String,
        name: &'static str,
        first: &T,
        items: usize,
    ) -> Result<Part, StoreError> {
        if !(1..FEW).contains(&items) {
            return Err(StoreError::Malformed(
                "a key has one to fourteen items behind its first",
            ));
        }
        let mut begins = vec![LIST | (items + 1) as u8];
        begins.extend(rmp_serde::to_vec_named(first)?);
        Ok(Part {
            operator,
            name,
            begins,
            items,
        })
    }

    /// True if an entry is of this part.
    pub(super) fn has(&self, entry: &[u8]) -> bool {
        // In front of the key is the byte that says what is done with it.
        entry
            .get(1..)
            .is_some_and(|key| key.starts_with(&self.begins))
    }

    /// Appends what is shown of an entry of this part.
    fn show(&self, entry: &[u8], out: &mut Vec<u8>) {
        let Some(Ok((key, Some((place, value))))) = EntryReader::new(entry).next_raw() else {
            return;
        };
        let rest = &key[self.begins.len()..];
        let value = last_item(value).unwrap_or(value);
        match self.items {
            1 => show_raw(out, rest, place, value),
            items => show_raw(out, &[&[LIST | items as u8], rest].concat(), place, value),
        }
    }

    /// The bytes of the whole key of one that is shown; `None` if it is none of this part.
    fn whole(&self, shown: &[u8]) -> Option<Vec<u8>> {
        let rest = match self.items {
            1 => shown,
            items => shown.strip_prefix(&[LIST | items as u8])?,
        };
        Some([&self.begins, rest].concat())
    }
}

/// The last item of a short list: behind what a front end has to know of a value stands the value.
fn last_item(value: &[u8]) -> Option<&[u8]> {
    let (first, mut items) = value.split_first()?;
    let count = (first & 0x0f) as usize;
    if first & 0xf0 != LIST || count == 0 {
        return None;
    }
    for _ in 1..count {
        items = items.get(value_len(items)?..)?;
    }
    Some(items)
}

/// A part of the notes of a store, for those who look. Nothing of it is durable by itself: the
/// notes are.
struct NotePart<K, V> {
    notes: Arc<NoteStore<K, V>>,
    part: Part,
    index: usize,
}

/// The parts of `notes` that are shown.
pub fn parts_of<K: Key, V: Data>(
    notes: &Arc<NoteStore<K, V>>,
) -> Vec<(String, &'static str, Arc<dyn Durable>)> {
    let parts = notes.parts().into_iter().enumerate();
    parts
        .map(|(index, part)| {
            let (operator, name) = (part.operator.clone(), part.name);
            let notes = Arc::clone(notes);
            let part = NotePart { notes, part, index };
            (operator, name, Arc::new(part) as Arc<dyn Durable>)
        })
        .collect()
}

impl<K: Key, V: Data> Durable for NotePart<K, V> {
    fn record(&self) {}

    fn take_changes(&self) -> Vec<(u32, Vec<u8>)> {
        Vec::new()
    }

    fn shards(&self) -> u32 {
        1
    }

    fn snapshot(&self, _shard: u32) -> Result<(Vec<u8>, u64), StoreError> {
        Ok((Vec::new(), 0))
    }

    fn load(&self, _origin: Origin, _entries: &[u8]) -> Result<(), StoreError> {
        Ok(())
    }

    fn loaded(&self, _number: u64) -> Result<(), StoreError> {
        Ok(())
    }

    fn keys(&self) -> Option<u64> {
        Some(self.notes.size_of(self.index).keys)
    }

    fn bytes(&self) -> Option<u64> {
        Some(self.notes.size_of(self.index).bytes)
    }

    fn look(&self, _shard: u32, from: Look, most: usize, out: &mut Vec<u8>) -> Option<Look> {
        let next = self.notes.each_from(from.next as u64, most, &mut |entry| {
            if self.part.has(entry) {
                self.part.show(entry, out);
            }
        })?;
        Some(Look {
            next: usize::try_from(next).ok()?,
            slots: 0,
        })
    }

    fn find(&self, key: &[u8], out: &mut Vec<u8>) -> bool {
        let whole = self.part.whole(key);
        let Some(key) = whole.and_then(|whole| key_of::<K>(&whole)) else {
            return false;
        };
        let mut entry = Vec::new();
        let found = self
            .notes
            .of_key(&key, |bytes| self.part.show(bytes, &mut entry));
        match EntryReader::new(&entry).next_raw() {
            Some(Ok((_, Some((_, value))))) if found.is_some() => {
                out.extend_from_slice(value);
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys and values that a part shows, as JSON.
    fn shown(part: &dyn Durable) -> Vec<(String, String)> {
        let mut entries = Vec::new();
        let mut from = Some(Look::default());
        while let Some(look) = from {
            from = part.look(0, look, 2, &mut entries);
        }
        let mut all = Vec::new();
        let mut reader = EntryReader::new(&entries);
        while let Some(entry) = reader.next_raw() {
            let (key, kept) = entry.unwrap();
            let json = |bytes| {
                let mut out = Vec::new();
                crate::durable::write_json(bytes, &mut out).unwrap();
                String::from_utf8(out).unwrap()
            };
            all.push((json(key), json(kept.unwrap().1)));
        }
        all
    }

    #[test]
    fn parts_have_the_keys_of_their_operators_and_nothing_around_them() {
        type Key = (String, i64, i64);
        let notes = Arc::new(NoteStore::<Key, (u32, String)>::new());
        let part = |first: &str| Part::new(format!("{first} at 1"), "state", &first, 2).unwrap();
        notes.show(part("a"));
        notes.show(part("b"));
        let parts = parts_of(&notes);
        assert_eq!(parts[1].0, "b at 1");
        let long = "x".repeat(1 << 17);
        let note = |first: &str, n, value: &str| {
            ((first.to_owned(), n, 2 * n), Some((7, value.to_owned())))
        };
        let changes = [
            ("a", 1, "one"),
            ("b", 1, "other"),
            ("a", 2, &long),
            ("c", 3, "none"),
        ];
        let changes = changes.map(|(first, n, value)| note(first, n, value));
        notes.change(changes.to_vec()).unwrap();
        let expected = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
            pairs.iter().map(own).collect()
        };
        let (a, b) = (&parts[0].2, &parts[1].2);
        let too_long = "\"(longer than 64 KiB)\"";
        assert_eq!(
            shown(&**a),
            expected(&[("[1,2]", "\"one\""), ("[2,4]", too_long)])
        );
        assert_eq!(shown(&**b), expected(&[("[1,2]", "\"other\"")]));
        assert_eq!((a.keys(), b.keys()), (Some(2), Some(1)));
        let find = |part: &Arc<dyn Durable>, key: (i64, i64)| {
            let mut value = Vec::new();
            let found = part.find(&rmp_serde::to_vec(&key).unwrap(), &mut value);
            found.then(|| key_of::<String>(&value).unwrap())
        };
        assert_eq!(find(a, (1, 2)).as_deref(), Some("one"));
        assert_eq!(find(b, (2, 4)), None);
        let mut value = Vec::new();
        assert!(!a.find(&[0xc0], &mut value) && !a.find(b"", &mut value));
        // A change is no key more, and one that is gone is none.
        notes
            .change(vec![note("a", 1, "two"), (("b".to_owned(), 1, 2), None)])
            .unwrap();
        assert_eq!((a.keys(), b.keys()), (Some(2), Some(0)));
        assert_eq!(b.bytes(), Some(0));
        assert_eq!(find(a, (1, 2)).as_deref(), Some("two"));
        assert!(Part::new(String::new(), "state", &"a", 0).is_err());
        assert!(Part::new(String::new(), "state", &"a", 15).is_err());
    }
}
