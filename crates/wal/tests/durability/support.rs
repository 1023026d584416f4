//! A log of frames that can be told apart, and a program that writes one as the engine would.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use millrace_wal::{
    Faulty, LogOptions, Position, Replay, Result, SegmentLog, Storage, WalError, write_atomically,
};

/// The kind of every frame here.
pub(crate) const KIND: u8 = 3;

pub(crate) fn directory() -> PathBuf {
    PathBuf::from("/state")
}

/// A disk with the directory on it, and the same as the log takes it.
pub(crate) fn disk() -> (Faulty, Arc<dyn Storage>) {
    let disk = Faulty::new();
    disk.create_directory(&directory()).unwrap();
    (disk.clone(), Arc::new(disk))
}

pub(crate) fn options(segment_bytes: u64) -> LogOptions {
    LogOptions {
        segment_bytes,
        ..LogOptions::new("blocks", 1, 0xFEED)
    }
}

/// The payload of the frame of this number: some are empty, some are longer than a sector, none
/// has a zero in it, no two are the same but the empty ones.
pub(crate) fn payload(number: u64) -> Vec<u8> {
    let len = [40, 700, 3, 0, 1300, 64, 511, 200][number as usize % 8];
    let bytes = (0..len).map(|at| ((number * 31 + at * 7) % 255 + 1) as u8);
    bytes.collect()
}

/// Frames as they were visited.
pub(crate) type Frames = Vec<(Position, Vec<u8>)>;

pub(crate) fn open(
    storage: &Arc<dyn Storage>,
    directory: &Path,
    options: LogOptions,
    from: Position,
) -> Result<(SegmentLog, Replay, Frames)> {
    let mut frames = Frames::new();
    let (log, replay) = SegmentLog::open(storage, directory, options, from, |at, frame| {
        assert_eq!(frame.kind, KIND);
        assert_eq!(frame.offset, at.offset);
        frames.push((at, frame.payload.to_vec()));
        Ok(())
    })?;
    assert_eq!(replay.frames, frames.len() as u64);
    assert_eq!(log.end(), replay.end);
    Ok((log, replay, frames))
}

/// A log with so many frames, `group` of them to a sync.
pub(crate) fn written(storage: &Arc<dyn Storage>, options: LogOptions, frames: u64, group: u64) {
    let (mut log, _, _) = open(storage, &directory(), options, Position::START).unwrap();
    for number in 0..frames {
        log.append(KIND, &payload(number)).unwrap();
        if (number + 1) % group == 0 {
            log.sync().unwrap();
        }
    }
    log.sync().unwrap();
}

/// The file where a program writes down the start of its log before it lets anything go.
const MANIFEST: &str = "manifest";

/// The program's note: from where on it needs the log, and the number of the frame there.
fn manifest(storage: &dyn Storage, directory: &Path) -> (Position, u64) {
    let Ok(bytes) = storage.read(&directory.join(MANIFEST)) else {
        return (Position::START, 0);
    };
    let text = String::from_utf8(bytes).unwrap();
    let numbers: Vec<u64> = text.split(' ').map(|word| word.parse().unwrap()).collect();
    let [segment, offset, number] = numbers[..] else {
        panic!("a manifest in pieces: {text}");
    };
    (Position { segment, offset }, number)
}

/// Opens the program's log and gives the number of the next frame. Every frame has to be the
/// one that was written under its number.
pub(crate) fn recover(
    storage: &Arc<dyn Storage>,
    directory: &Path,
) -> Result<(SegmentLog, Frames, u64)> {
    let (from, first) = manifest(&**storage, directory);
    let (log, _, frames) = open(storage, directory, options(2500), from)?;
    for (number, (at, bytes)) in (first..).zip(&frames) {
        assert_eq!(*bytes, payload(number), "frame {number} at {at:?}");
    }
    let next = first + frames.len() as u64;
    Ok((log, frames, next))
}

/// A program: opens its log, appends `more` frames with a sync after every third, and lets go
/// of the oldest now and then. `acknowledge` hears how many frames are durable.
pub(crate) fn run(
    storage: &Arc<dyn Storage>,
    directory: &Path,
    more: u64,
    acknowledge: &mut dyn FnMut(u64),
) -> Result<()> {
    let (mut log, mut frames, next) = recover(storage, directory)?;
    acknowledge(next);
    for number in next..next + more {
        let at = log.append(KIND, &payload(number))?;
        frames.push((at, Vec::new()));
        if number % 3 == 2 {
            log.sync()?;
            acknowledge(number + 1);
        }
        if number % 7 == 6 {
            // A third of what there is, which is durable if all is.
            log.sync()?;
            acknowledge(number + 1);
            let gone = frames.len() / 3;
            let (from, first) = (frames[gone].0, number + 1 - (frames.len() - gone) as u64);
            frames.drain(..gone);
            let text = format!("{} {} {first}", from.segment, from.offset);
            write_atomically(storage, directory, MANIFEST, text.as_bytes())?;
            log.release(from)?;
        }
    }
    Ok(())
}

pub(crate) fn is_damage<T>(result: Result<T>) -> bool {
    matches!(result, Err(WalError::Damage { .. }))
}
