//! `ls`, `stats`, `verify`, `get`, `prefix` and `top`, of a checkpoint directory.

use std::io::Write;

use millrace::checkpoint::{CheckpointReader, GenerationInfo, GenerationView};
use millrace::{BatchTime, python};
use millrace_types::counted;

use super::command::Wanted;
use super::{Failure, complain};

/// Lists the generations; of one that is damaged it says so in its place. Gives 1 if any is.
pub(super) fn list(reader: &CheckpointReader, out: &mut dyn Write) -> Result<u8, Failure> {
    each(reader, out, &mut |view, out| {
        let info = view.info();
        writeln!(out, "{}", line(&info))?;
        for (index, (operator, name)) in info.stores.iter().enumerate() {
            writeln!(out, "  store {index}: {name} of {operator}")?;
        }
        Ok(())
    })
}

/// Gives each generation that is whole to `show`, and says of the others what is damaged. Gives 1 if
/// there are any.
fn each(
    reader: &CheckpointReader,
    out: &mut dyn Write,
    show: &mut dyn FnMut(&GenerationView, &mut dyn Write) -> Result<(), Failure>,
) -> Result<u8, Failure> {
    let mut code = 0;
    for number in reader.generations()? {
        let shown = match reader.view(number) {
            Ok(view) => show(&view, out),
            Err(error) => Err(error.into()),
        };
        match shown {
            Err(Failure::Checkpoint(error)) => {
                code = 1;
                writeln!(out, "generation {number}: damaged")?;
                complain(&format!("generation {number}: {error}"));
            }
            shown => shown?,
        }
    }
    Ok(code)
}

/// A time as people write it, and as programs do.
fn both(time: BatchTime) -> String {
    format!("{} ({} ms)", python::local_time(time), time.as_millis())
}

fn line(info: &GenerationInfo) -> String {
    let last = match info.last {
        Some((number, time)) => format!("last batch {number} of {}", both(time)),
        None => "no batch".to_owned(),
    };
    format!(
        "generation {}: {}, {last}, interval {} ms, {}",
        info.number,
        info.program,
        info.interval_ms,
        counted(info.partitions, "partition")
    )
}

pub(super) fn stats(view: &GenerationView, out: &mut dyn Write) -> Result<(), Failure> {
    let info = view.info();
    writeln!(out, "{}", line(&info))?;
    for (index, (operator, name)) in info.stores.iter().enumerate() {
        let size = view.size(index)?;
        let (keys, bytes) = (
            counted(size.keys as u64, "key"),
            counted(size.bytes, "byte"),
        );
        let what = if view.is_window(index) {
            format!("{bytes} of what its batches brought")
        } else {
            format!("{keys}, {bytes} of keys and values")
        };
        writeln!(out, "  store {index}: {name} of {operator}: {what}")?;
    }
    Ok(())
}

/// Reads everything, what was received included. Gives 1 if something is damaged.
pub(super) fn verify(reader: &CheckpointReader, out: &mut dyn Write) -> Result<u8, Failure> {
    each(reader, out, &mut |view, out| {
        let info = view.info();
        let mut keys = 0;
        for store in 0..info.stores.len() {
            keys += view.size(store)?.keys;
        }
        let blocks = match reader.blocks_not_run(info.number)? {
            0 => String::new(),
            blocks => format!(", {} received and not run", counted(blocks, "block")),
        };
        let keys = counted(keys as u64, "key");
        writeln!(out, "{}: whole, {keys}{blocks}", line(&info))?;
        Ok(())
    })
}

/// Says what is kept for a key, a line for every store that has it; 1 if none has.
pub(super) fn get(
    view: &GenerationView,
    stores: &[usize],
    key: &str,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let mut found = false;
    for &store in stores {
        if let Some(entry) = view.get(store, key)? {
            writeln!(out, "{}", super::json_line(&entry.key, &entry.value))?;
            found = true;
        }
    }
    if !found {
        complain(&format!("nothing is kept for '{key}'"));
    }
    Ok(u8::from(!found))
}

/// Says the keys of a store that were looked for, with their values.
pub(super) fn found(
    view: &GenerationView,
    store: usize,
    wanted: &Wanted,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    for record in view.search(store, &wanted.prefix, wanted.top, wanted.limit)? {
        writeln!(out, "{{\"key\":{},\"value\":{}}}", record.key, record.value)?;
    }
    Ok(())
}
