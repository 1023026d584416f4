//! One entry: what is done, the key, and for a put the place and the value.
//!
//! | bytes | meaning |
//! |---|---|
//! | 1 | 1: put, 0: remove |
//! | MessagePack | the key |
//! | MessagePack unsigned integer | the place (put only) |
//! | MessagePack | the value (put only) |

use std::io;

use rmp_serde::Serializer;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::StoreError;
use super::skip::value_len;

const REMOVE: u8 = 0;
const PUT: u8 = 1;

/// Appends the entry of a key that has a value.
pub fn put<K: Serialize, V: Serialize>(
    out: &mut Vec<u8>,
    key: &K,
    place: u64,
    value: &V,
) -> Result<(), StoreError> {
    out.push(PUT);
    write(out, key)?;
    write(out, &place)?;
    write(out, value)
}

/// Appends the entry of a key that is gone.
pub fn remove<K: Serialize>(out: &mut Vec<u8>, key: &K) -> Result<(), StoreError> {
    out.push(REMOVE);
    write(out, key)
}

/// The longest value that is shown to somebody who looks at a running program, in bytes.
const LONGEST_SHOWN: usize = 1 << 16;

/// Stands for a value that is longer.
const TOO_LONG: &str = "(longer than 64 KiB)";

/// Appends the entry of a key for somebody who looks at a running program: a value that is very
/// long is left out, and so is an entry that cannot be written down.
pub fn show<K: Serialize, V: Serialize>(out: &mut Vec<u8>, key: &K, place: u64, value: &V) {
    let start = out.len();
    out.push(PUT);
    if write(out, key).and_then(|()| write(out, &place)).is_err() || !show_value(out, value) {
        out.truncate(start);
    }
}

/// Appends the entry of a key with what stands for its value, both as they are written down. A value
/// that is very long is left out.
pub(crate) fn show_raw(out: &mut Vec<u8>, key: &[u8], place: u64, value: &[u8]) {
    let start = out.len();
    out.push(PUT);
    out.extend_from_slice(key);
    let written = write(out, &place).and_then(|()| {
        if value.len() > LONGEST_SHOWN {
            return write(out, &TOO_LONG);
        }
        out.extend_from_slice(value);
        Ok(())
    });
    if written.is_err() {
        out.truncate(start);
    }
}

/// Appends a value as [`show`] does; gives whether it did.
pub(crate) fn show_value<V: Serialize>(out: &mut Vec<u8>, value: &V) -> bool {
    let start = out.len();
    let mut bounded = Bounded {
        out,
        left: LONGEST_SHOWN,
    };
    let mut serializer = Serializer::new(&mut bounded).with_struct_map();
    let written = value.serialize(&mut serializer).is_ok();
    let too_long = bounded.left == 0;
    if !written {
        out.truncate(start);
        return too_long && write(out, &TOO_LONG).is_ok();
    }
    true
}

/// Takes so many bytes and refuses more.
struct Bounded<'a> {
    out: &'a mut Vec<u8>,
    left: usize,
}

impl io::Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.left {
            self.left = 0;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.left -= bytes.len();
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A key of a type, if that is what the bytes are of.
pub(crate) fn key_of<K: DeserializeOwned>(bytes: &[u8]) -> Option<K> {
    rmp_serde::from_slice(bytes).ok()
}

/// Structs are written with the names of their fields: a field may come or go, and a reader that
/// does not know the program sees what is what.
fn write<T: Serialize>(out: &mut Vec<u8>, value: &T) -> Result<(), StoreError> {
    let mut serializer = Serializer::new(out).with_struct_map();
    value.serialize(&mut serializer)?;
    Ok(())
}

/// The bytes of a key, and the place and the bytes of the value unless the key is gone.
pub type RawEntry<'a> = (&'a [u8], Option<(u64, &'a [u8])>);

/// Reads entries one after the other.
pub struct EntryReader<'a> {
    rest: &'a [u8],
}

impl<'a> EntryReader<'a> {
    /// Reads entries as `EntryWriter` left them, one behind another.
    #[must_use]
    pub fn new(entries: &'a [u8]) -> EntryReader<'a> {
        EntryReader { rest: entries }
    }

    /// The next key with its place and value, or with nothing if it is gone; `None` at the end.
    ///
    /// # Errors
    /// If what is there is no entry of these types.
    #[expect(clippy::type_complexity, reason = "named where it is taken apart")]
    pub fn next<K, V>(&mut self) -> Option<Result<(K, Option<(u64, V)>), StoreError>>
    where
        K: DeserializeOwned,
        V: DeserializeOwned,
    {
        let (&what, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(self.after(what))
    }

    /// The next entry as bytes: those of the key, and the place with those of the value; `None` at the
    /// end.
    ///
    /// # Errors
    /// If the bytes are no entry.
    pub fn next_raw(&mut self) -> Option<Result<RawEntry<'a>, StoreError>> {
        let (&what, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(self.raw_after(what))
    }

    /// The bytes that are not read yet.
    pub(super) fn remaining(&self) -> usize {
        self.rest.len()
    }

    fn raw_after(&mut self, what: u8) -> Result<RawEntry<'a>, StoreError> {
        let key = self.skip()?;
        match what {
            REMOVE => Ok((key, None)),
            PUT => Ok((key, Some((self.place()?, self.skip()?)))),
            other => Err(StoreError::Beginning(other)),
        }
    }

    /// Passes over one value and gives its bytes.
    fn skip(&mut self) -> Result<&'a [u8], StoreError> {
        let Some(len) = value_len(self.rest) else {
            return Err(StoreError::Malformed("a value is cut off, or is none"));
        };
        let (value, rest) = self.rest.split_at(len);
        self.rest = rest;
        Ok(value)
    }

    fn after<K, V>(&mut self, what: u8) -> Result<(K, Option<(u64, V)>), StoreError>
    where
        K: DeserializeOwned,
        V: DeserializeOwned,
    {
        let key = self.read()?;
        match what {
            REMOVE => Ok((key, None)),
            PUT => Ok((key, Some((self.place()?, self.read()?)))),
            other => Err(StoreError::Beginning(other)),
        }
    }

    /// Reads a place. By hand: a reader for anything allocates, and there is a place in each of
    /// millions of entries.
    fn place(&mut self) -> Result<u64, StoreError> {
        let (place, rest) = match *self.rest {
            [small @ 0..=0x7f, ref rest @ ..] => (small.into(), rest),
            [0xcc, a, ref rest @ ..] => (a.into(), rest),
            [0xcd, a, b, ref rest @ ..] => (u16::from_be_bytes([a, b]).into(), rest),
            [0xce, a, b, c, d, ref rest @ ..] => (u32::from_be_bytes([a, b, c, d]).into(), rest),
            [0xcf, a, b, c, d, e, f, g, h, ref rest @ ..] => {
                (u64::from_be_bytes([a, b, c, d, e, f, g, h]), rest)
            }
            _ => return self.read(),
        };
        self.rest = rest;
        Ok(place)
    }

    fn read<T: DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        let mut deserializer = rmp_serde::Deserializer::new(&mut self.rest);
        Ok(T::deserialize(&mut deserializer)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    enum Value {
        Nothing,
        Number(i128),
        Pair { name: String, score: f64 },
        List(Vec<Option<u8>>),
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Nothing),
            any::<i128>().prop_map(Value::Number),
            (".*", -1e9_f64..1e9).prop_map(|(name, score)| Value::Pair { name, score }),
            prop::collection::vec(any::<Option<u8>>(), 0..5).prop_map(Value::List),
        ]
    }

    /// A number of every width, each in a form of its own.
    fn place() -> impl Strategy<Value = u64> {
        (any::<u64>(), 0..64_u32).prop_map(|(number, shift)| number >> shift)
    }

    type Entries = Vec<((String, u64), Option<(u64, Option<Value>)>)>;

    proptest! {
        #[test]
        fn what_is_written_is_read(entries in prop::collection::vec(
            ((".*", any::<u64>()), prop::option::of((place(), prop::option::of(value())))), 0..20,
        )) {
            let mut out = Vec::new();
            for (key, kept) in &entries {
                match kept {
                    Some((place, value)) => put(&mut out, key, *place, value).unwrap(),
                    None => remove(&mut out, key).unwrap(),
                }
            }
            let mut reader = EntryReader::new(&out);
            let mut read: Entries = Vec::new();
            while let Some(entry) = reader.next() {
                read.push(entry.unwrap());
            }
            prop_assert_eq!(read, entries.clone());
            let (mut reader, mut count) = (EntryReader::new(&out), 0);
            while let Some(entry) = reader.next_raw() {
                let (key, kept) = entry.unwrap();
                let expected = &entries[count];
                prop_assert_eq!(key, rmp_serde::to_vec_named(&expected.0).unwrap());
                prop_assert_eq!(kept.map(|(place, _)| place), expected.1.as_ref().map(|kept| kept.0));
                count += 1;
            }
            prop_assert_eq!(count, entries.len());
        }

        #[test]
        fn what_is_shown_is_what_is_written_unless_it_is_very_long(length in 0_usize..200_000) {
            let (mut shown, mut written) = (Vec::new(), Vec::new());
            let value = "v".repeat(length);
            show(&mut shown, &"key", 7, &value);
            put(&mut written, &"key", 7, &value).unwrap();
            if length < LONGEST_SHOWN - 5 {
                prop_assert_eq!(shown, written);
            } else if length > LONGEST_SHOWN {
                let read = EntryReader::new(&shown).next::<String, String>();
                let expected = ("key".to_owned(), Some((7, TOO_LONG.to_owned())));
                prop_assert_eq!(read.unwrap().unwrap(), expected);
            }
        }

        #[test]
        fn what_is_cut_off_is_an_error_and_no_entry(cut in 1_usize..8) {
            let mut out = Vec::new();
            put(&mut out, &"key", 7, &"value").unwrap();
            out.truncate(out.len() - cut);
            let read = EntryReader::new(&out).next::<String, String>();
            prop_assert!(read.unwrap().is_err());
        }
    }
}
