//! One key of a store: only what may be that key is decoded.

use millrace_engine::durable::{AnyValue, EntryReader, RawEntry, StoreError};
use millrace_engine::error::{Error, ErrorKind, Result};

use super::StoreEntry;
use super::view::GenerationView;

/// A key as somebody has typed it.
struct TypedKey {
    text: String,
    json: Option<serde_json::Value>,
    /// The encodings of the text, and of the number if it is one.
    written: Vec<Vec<u8>>,
    /// True if a stored key may be the one without being encoded so.
    decodes: bool,
}

impl TypedKey {
    fn new(key: &str) -> TypedKey {
        let json: Option<serde_json::Value> = serde_json::from_str(key).ok();
        let plain = json
            .as_ref()
            .filter(|it| it.is_i64() || it.is_u64() || it.is_string());
        let text = serde_json::Value::String(key.to_owned());
        let written = [Some(&text), plain].into_iter().flatten();
        TypedKey {
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
        let may_be = is_shortest(key).map_or(self.decodes, |shortest| !shortest);
        if !may_be {
            return Ok(false);
        }
        let own = AnyValue::read(key)?.0;
        Ok(own.as_str() == Some(&self.text) || Some(&own) == self.json.as_ref())
    }
}

/// True for a text or a whole number in the shortest form, the only one that programs write; false
/// for one that nobody wrote so, and for a text that is not UTF-8, which reads as a list of numbers.
/// None for anything else.
fn is_shortest(key: &[u8]) -> Option<bool> {
    let is_text = |text: &[u8]| std::str::from_utf8(text).is_ok();
    Some(match *key {
        [0..=0x7f | 0xe0..] => true,
        [0xa0..=0xbf, ref text @ ..] => is_text(text),
        [0xd9, length, ref text @ ..] => length > 31 && is_text(text),
        [0xda, high, _, ref text @ ..] => high > 0 && is_text(text),
        [0xdb, a, b, _, _, ref text @ ..] => [a, b] != [0; 2] && is_text(text),
        [0xcc, low] => low > 0x7f,
        [0xcd, high, _] => high > 0,
        [0xce, a, b, ..] => [a, b] != [0; 2],
        [0xcf, a, b, c, d, ..] => [a, b, c, d] != [0; 4],
        [0xd0, low] => low.cast_signed() < -32,
        [0xd1, a, b] => i16::from_be_bytes([a, b]) < i8::MIN.into(),
        [0xd2, a, b, c, d] => i32::from_be_bytes([a, b, c, d]) < i16::MIN.into(),
        [0xd3, a, b, c, d, e, f, g, h] => {
            i64::from_be_bytes([a, b, c, d, e, f, g, h]) < i32::MIN.into()
        }
        _ => return None,
    })
}

impl GenerationView {
    /// The entry of a key that reads as `key`, either as JSON or as the text itself.
    ///
    /// # Errors
    /// If there is no such store, if it is what a window holds, or if it cannot be read any more.
    pub fn get(&self, store: usize, key: &str) -> Result<Option<StoreEntry>> {
        self.check_keyed(store)?;
        let wanted = TypedKey::new(key);
        let find = |mut entries: EntryReader<'_>, removals: bool| {
            let mut found = None;
            while let Some(entry) = entries.next_raw() {
                let (key, kept): RawEntry<'_> = entry?;
                if (removals || kept.is_some()) && wanted.is(key)? {
                    found = Some(kept.map(|(place, value)| (place, key.to_vec(), value.to_vec())));
                }
            }
            Ok(found)
        };
        // There is nothing that a snapshot could remove; if somebody wrote a removal, it says nothing.
        let in_shards = self.each_shard(store, |entries| find(entries, false))?;
        let mut found = in_shards.into_iter().flatten().next_back().flatten();
        self.read_log(&mut |section| {
            if section.store as usize == store
                && let Some(last) = find(EntryReader::new(section.entries), true)?
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
/// calls it, in whatever form it is written; what is not JSON is a text.
#[cfg(any(test, fuzzing))]
pub(crate) fn fuzz(data: &[u8]) {
    let is = |typed: &str, key: &[u8]| TypedKey::new(typed).is(key).is_ok_and(|found| found);
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
        && millrace_engine::durable::value_len(data) == Some(data.len())
    {
        let shown = millrace_engine::json::json_of(&own).expect("it is JSON");
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
        format!("a key or value is no MessagePack value: {what}"),
    )
}
