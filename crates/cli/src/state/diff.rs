//! `diff`: what two checkpoints keep differently.

use std::collections::BTreeMap;
use std::io::Write;

use millrace::StoreContents;
use serde_json::{Value, json};

use super::Failure;

/// Says every key that only one has, or that has another value: `-` for the first, `+` for the
/// second. Gives 1 if there is any. Places do not count, and windows are passed over.
pub(super) fn diff(
    one: &[StoreContents],
    two: &[StoreContents],
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let mut differs = one.len() != two.len();
    if differs {
        writeln!(out, "-{} stores\n+{} stores", one.len(), two.len())?;
    }
    for (number, (one, two)) in one.iter().zip(two).enumerate() {
        if one.is_window() || two.is_window() {
            super::passed_over(number);
            continue;
        }
        let (one, mut two) = (keyed(one)?, keyed(two)?);
        for (key, value) in one {
            let other = two.remove(&key);
            if other.as_ref() == Some(&value) {
                continue;
            }
            differs = true;
            say(out, '-', &key, &value)?;
            if let Some(other) = other {
                say(out, '+', &key, &other)?;
            }
        }
        for (key, value) in two {
            differs = true;
            say(out, '+', &key, &value)?;
        }
    }
    Ok(u8::from(differs))
}

/// Keys as their JSON text, which is ordered.
fn keyed(store: &StoreContents) -> Result<BTreeMap<String, Value>, Failure> {
    let entries = store.entries()?.into_iter();
    Ok(entries
        .map(|entry| (entry.key.to_string(), entry.value))
        .collect())
}

fn say(out: &mut dyn Write, sign: char, key: &str, value: &Value) -> Result<(), Failure> {
    let key: Value = serde_json::from_str(key).unwrap_or_default();
    writeln!(out, "{sign}{}", json!({ "key": key, "value": value }))?;
    Ok(())
}
