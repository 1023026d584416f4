//! `ls`, `stats`, `verify` and `get`.

use std::io::Write;

use millrace::{CheckpointReader, GenerationInfo, StoreContents};
use serde_json::json;

use super::Failure;

pub(super) fn list(reader: &CheckpointReader, out: &mut dyn Write) -> Result<(), Failure> {
    for number in reader.generations()? {
        let info = reader.generation(number)?;
        writeln!(out, "{}", line(&info))?;
        for (index, (operator, name)) in info.stores.iter().enumerate() {
            writeln!(out, "  store {index}: {name} of {operator}")?;
        }
    }
    Ok(())
}

fn line(info: &GenerationInfo) -> String {
    let last = match info.last {
        Some((number, time)) => format!("last batch {number}, time {time}"),
        None => "no batch".to_owned(),
    };
    format!(
        "generation {}: {}, {last}, interval {} ms, {} partitions",
        info.number, info.program, info.interval_ms, info.partitions
    )
}

pub(super) fn stats(
    reader: &CheckpointReader,
    generation: u32,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let info = reader.generation(generation)?;
    writeln!(out, "{}", line(&info))?;
    let stores = reader.stores(generation)?;
    for (index, (contents, (operator, name))) in stores.iter().zip(&info.stores).enumerate() {
        let bytes = contents.bytes();
        let what = if contents.is_window() {
            format!("{bytes} bytes of what its batches brought")
        } else {
            let keys = contents.len();
            format!("{keys} keys, {bytes} bytes of keys and values")
        };
        writeln!(out, "  store {index}: {name} of {operator}: {what}")?;
    }
    Ok(())
}

pub(super) fn verify(reader: &CheckpointReader, out: &mut dyn Write) -> Result<(), Failure> {
    for number in reader.generations()? {
        let info = reader.generation(number)?;
        let stores = reader.stores(number)?;
        // Decoded too: a frame can be whole and hold no value.
        for store in stores.iter().filter(|store| !store.is_window()) {
            store.entries()?;
        }
        let keys: usize = stores.iter().map(StoreContents::len).sum();
        writeln!(out, "{}: whole, {keys} keys", line(&info))?;
    }
    Ok(())
}

/// Says what is kept for a key, a line for every store that has it; 1 if none has.
pub(super) fn get(
    stores: &[&StoreContents],
    key: &str,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let mut found = false;
    for store in stores {
        if let Some(entry) = store.get(key)? {
            writeln!(out, "{}", json!({ "key": entry.key, "value": entry.value }))?;
            found = true;
        }
    }
    Ok(u8::from(!found))
}
