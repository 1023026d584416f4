//! `diff`: what two checkpoints keep differently.

use std::io::Write;

use super::Failure;
use millrace::checkpoint::{GenerationView, StoreEntry};
use millrace_types::counted;

/// Says every key that only one has, or that has another value: `-` for the first, `+` for the
/// second. Gives 1 if there is any. Places do not count, and windows are passed over.
pub(super) fn diff(
    one: &GenerationView,
    two: &GenerationView,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let (ones, twos) = (one.info().stores.len(), two.info().stores.len());
    let (mut differs, both) = (ones != twos, ones.min(twos));
    if differs {
        let (ones, twos) = (counted(ones, "store"), counted(twos, "store"));
        writeln!(out, "-{ones}\n+{twos}")?;
    }
    for store in 0..both {
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
    writeln!(out, "{sign}{}", super::json_line(&entry.key, &entry.value))
}
