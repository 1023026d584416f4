//! One key of a store: only what may be that key is decoded.

use crate::durable::{AnyValue, EntryReader, RawEntry, StoreError};
use crate::error::{Error, ErrorKind, Result};

use super::StoreEntry;
use super::view::GenerationView;

/// A key as somebody has typed it.
struct Wanted {
    text: String,
    json: Option<serde_json::Value>,
    /// The encodings of the text, and of the number if it is one.
    written: Vec<Vec<u8>>,
    /// True if a stored key may be the one without being encoded so.
    decodes: bool,
}

impl Wanted {
    fn new(key: &str) -> Wanted {
        let json: Option<serde_json::Value> = serde_json::from_str(key).ok();
        let plain = json
            .as_ref()
            .filter(|it| it.is_i64() || it.is_u64() || it.is_string());
        let text = serde_json::Value::String(key.to_owned());
        let written = [Some(&text), plain].into_iter().flatten();
        Wanted {
            written: written
                .filter_map(|value| rmp_serde::to_vec_named(value).ok())
                .collect(),
            // A text is written down in one way, but for numbers that are not finite.
            decodes: json.is_some() && plain.is_none()
                || [Some(key), json.as_ref().and_then(|it| it.as_str())]
                    .iter()
                    .flatten()
                    .any(|text| ["inf", "-inf", "NaN"].contains(text)),
            text: key.to_owned(),
            json,
        }
    }

    fn is(&self, key: &[u8]) -> Result<bool, StoreError> {
        if self.written.iter().any(|written| written == key) {
            return Ok(true);
        }
        // Neither a text nor a whole number.
        let may_be =
            |first: &u8| matches!(first, 0x80..=0x9f | 0xc0..=0xcb | 0xd4..=0xd8 | 0xdc..=0xdf);
        if !self.decodes || !key.first().is_some_and(may_be) {
            return Ok(false);
        }
        let own = AnyValue::read(key)?.0;
        Ok(own.as_str() == Some(&self.text) || Some(&own) == self.json.as_ref())
    }
}

impl GenerationView {
    /// The entry of a key that reads as `key`, either as JSON or as the text itself.
    ///
    /// # Errors
    /// If there is no such store, if it is what a window holds, or if it cannot be read any more.
    pub fn get(&self, store: usize, key: &str) -> Result<Option<StoreEntry>> {
        self.check_keyed(store)?;
        let wanted = Wanted::new(key);
        let find = |mut entries: EntryReader<'_>| {
            let mut found = None;
            while let Some(entry) = entries.next_raw() {
                let (key, kept): RawEntry<'_> = entry?;
                if wanted.is(key)? {
                    found = Some(kept.map(|(place, value)| (place, key.to_vec(), value.to_vec())));
                }
            }
            Ok(found)
        };
        let in_shards = self.each_shard(store, find)?;
        let mut found = in_shards.into_iter().flatten().next_back().flatten();
        self.read_log(&mut |section| {
            if section.store as usize == store
                && let Some(last) = find(EntryReader::new(section.entries))?
            {
                found = last;
            }
            Ok(())
        })?;
        found
            .map(|(place, key, value)| decoded(place, &key, &value))
            .transpose()
    }
}

/// The body of a fuzz target: a key is found by the text that it is, and any value by what JSON
/// calls it; what is not JSON is a text.
#[cfg(any(test, fuzzing))]
pub(crate) fn fuzz(data: &[u8]) {
    let is = |typed: &str, key: &[u8]| Wanted::new(typed).is(key).is_ok_and(|found| found);
    let typed = String::from_utf8_lossy(data);
    let text = rmp_serde::to_vec_named(&*typed).expect("a text can be written");
    assert!(is(&typed, &text));
    if let Ok(value) = serde_json::from_slice::<serde_json::Value>(data) {
        let key = rmp_serde::to_vec_named(&value).expect("JSON can be written");
        assert!(is(&typed, &key), "{value}");
        assert!(is(&value.to_string(), &key), "{value}");
    }
    // The bytes may also be the key.
    if let Ok(AnyValue(own)) = AnyValue::read(data)
        && crate::durable::value_len(data) == Some(data.len())
        // Programs write whole numbers and texts in one way only.
        && (!matches!(data[0], 0xa0..=0xbf | 0xcc..=0xd3 | 0xd9..=0xdb)
            || rmp_serde::to_vec_named(&own).is_ok_and(|written| written == data))
    {
        let shown = crate::json::json_of(&own).expect("it is JSON");
        assert!(is(&shown, data), "{shown}");
    }
}

/// An entry in JSON's terms.
///
/// # Errors
/// If its bytes are no values.
pub(super) fn decoded(place: u64, key: &[u8], value: &[u8]) -> Result<StoreEntry> {
    Ok(StoreEntry {
        place,
        key: AnyValue::read(key).map_err(no_value)?.0,
        value: AnyValue::read(value).map_err(no_value)?.0,
    })
}

pub(super) fn no_value(what: StoreError) -> Error {
    Error::new(
        ErrorKind::Io,
        format!("what stands for a value is none: {what}"),
    )
}
