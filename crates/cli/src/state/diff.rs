//! `diff`: what two checkpoints keep differently.

use std::io::Write;

use millrace::{GenerationView, StoreEntry};
use serde_json::json;

use super::Failure;

/// Says every key that only one has, or that has another value: `-` for the first, `+` for the
/// second. Gives 1 if there is any. Places do not count, and windows are passed over.
pub(super) fn diff(
    one: &GenerationView,
    two: &GenerationView,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let (ones, twos) = (one.info().stores.len(), two.info().stores.len());
    let mut differs = ones != twos;
    if differs {
        writeln!(out, "-{ones} stores\n+{twos} stores")?;
    }
    for store in 0..ones.min(twos) {
        if one.is_window(store) || two.is_window(store) {
            super::passed_over(store);
            continue;
        }
        let mut written = Ok(());
        one.differences(store, two, &mut |difference| {
            differs = true;
            for (sign, entry) in [('-', difference.one), ('+', difference.two)] {
                if let Some(entry) = entry
                    && written.is_ok()
                {
                    written = say(out, sign, &entry);
                }
            }
            Ok(())
        })?;
        written?;
    }
    Ok(u8::from(differs))
}

fn say(out: &mut dyn Write, sign: char, entry: &StoreEntry) -> std::io::Result<()> {
    let (key, value) = (&entry.key, &entry.value);
    writeln!(out, "{sign}{}", json!({ "key": key, "value": value }))
}
