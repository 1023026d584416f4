//! Reading a log from its files. Nothing here writes; a log that is in use may be read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::place::{LogOptions, Position, segment_name, segment_number};
use crate::error::{Result, WalError};
use crate::frame::{FRAME_HEADER_LEN, Frame, Head};
use crate::header::{FileHeader, HEADER_LEN};
use crate::reader::{FrameReader, Next};
use crate::storage::{Storage, StorageFile, read_exact};

/// The findings of reading a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The position behind the last good frame.
    pub end: Position,
    /// The number of frames from the wanted position on.
    pub frames: u64,
    /// The number of bytes of a torn tail after the last good frame.
    pub torn: u64,
    /// The number of the oldest segment that is there, needed or not.
    pub(super) first: u64,
    /// The header of the last segment; none if there is no log yet.
    pub(super) last: Option<FileHeader>,
    /// The lengths of the segments that were read and that others follow, by number.
    pub(super) full: BTreeMap<u64, u64>,
}

/// Reads a log without a lock and gives every frame from `from` on to `visit`, in order.
///
/// A reader beside a running program sees what has been written at that moment, durable or not,
/// and the frame that is just being written as a torn tail. If the program removes a segment
/// before it was opened, reading fails, and is tried again from a later position.
///
/// # Errors
/// [`WalError::Damage`] and [`WalError::NewerFormat`] if the log is not as it was written; what
/// `visit` returns; what the system refuses. Frames visited before an error do not count.
pub fn read_log(
    storage: &dyn Storage,
    directory: &Path,
    options: &LogOptions,
    from: Position,
    visit: impl FnMut(Position, Frame<'_>) -> Result<()>,
) -> Result<Replay> {
    OpenLog::open(storage, directory, options, from)?.read(visit)
}

/// A log whose segments are open for reading, as long as they were when they were opened. It can
/// be read more than once, and is the same each time, whatever its program does meanwhile.
#[derive(Debug)]
pub struct OpenLog {
    options: LogOptions,
    from: Position,
    first: u64,
    segments: Vec<Segment>,
}

#[derive(Debug)]
struct Segment {
    number: u64,
    path: PathBuf,
    file: Arc<dyn StorageFile>,
    len: u64,
}

impl OpenLog {
    /// Opens the segments from `from` on.
    ///
    /// # Errors
    /// [`WalError::Damage`] if one is missing; what the system refuses.
    pub fn open(
        storage: &dyn Storage,
        directory: &Path,
        options: &LogOptions,
        from: Position,
    ) -> Result<OpenLog> {
        let numbers = list_segments(storage, directory, options)?;
        let mut log = OpenLog {
            options: options.clone(),
            from,
            first: numbers.first().copied().unwrap_or(Position::START.segment),
            segments: Vec::new(),
        };
        if numbers.is_empty() && from == Position::START {
            return Ok(log);
        }
        let needed: Vec<u64> = numbers.into_iter().filter(|n| *n >= from.segment).collect();
        // All of them are there before the first is read.
        for (at, wanted) in (from.segment..=u64::MAX)
            .take(needed.len().max(1))
            .enumerate()
        {
            let path = directory.join(segment_name(&options.name, wanted));
            if needed.get(at) != Some(&wanted) {
                return Err(WalError::damage(&path, 0, "this segment is missing"));
            }
            let refused = |source| WalError::io("cannot read", &path, source);
            let file = storage.open_read(&path).map_err(refused)?;
            let len = file.len().map_err(refused)?;
            log.segments.push(Segment {
                number: wanted,
                path,
                file,
                len,
            });
        }
        Ok(log)
    }

    /// The length of what is read, in bytes.
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.len).sum()
    }

    /// Gives every frame to `visit`, in order.
    ///
    /// # Errors
    /// As [`read_log`].
    pub fn read(&self, mut visit: impl FnMut(Position, Frame<'_>) -> Result<()>) -> Result<Replay> {
        let from = self.from;
        let mut replay = Replay {
            end: Position::START,
            frames: 0,
            torn: 0,
            first: self.first,
            last: None,
            full: BTreeMap::new(),
        };
        let mut bytes = Vec::new();
        for (at, segment) in self.segments.iter().enumerate() {
            let (number, path) = (segment.number, &segment.path);
            if at + 1 < self.segments.len() {
                replay.full.insert(number, segment.len);
            }
            bytes.resize(segment.len as usize, 0);
            read_exact(&*segment.file, 0, &mut bytes)
                .map_err(|source| WalError::io("cannot read", path, source))?;
            let mut frames = FrameReader::new(path, &bytes)?;
            check_header(path, frames.header(), number, &self.options, &replay)?;
            replay.last = Some(*frames.header());
            let mut skipping = number == from.segment;
            loop {
                let (next, end) = (frames.next_frame()?, frames.offset());
                let frame = match next {
                    Next::Frame(frame) => Some(frame),
                    Next::End => None,
                    Next::Torn(torn) if at + 1 == self.segments.len() => {
                        replay.torn = bytes.len() as u64 - torn;
                        None
                    }
                    Next::Torn(at) => {
                        let what = "a segment that others follow was durable, and is not whole";
                        return Err(WalError::damage(path, at, what));
                    }
                };
                let at = Position {
                    segment: number,
                    offset: frame.map_or(end, |frame| frame.offset),
                };
                skipping &= at != from;
                // Behind the wanted position without having met it, or at the end before it.
                if skipping && (frame.is_none() || at > from) {
                    let what = format!("no frame begins or ends at byte {}", from.offset);
                    return Err(WalError::damage(path, from.offset, what));
                }
                let Some(frame) = frame else {
                    replay.end = at;
                    break;
                };
                if !skipping {
                    replay.frames += 1;
                    visit(at, frame)?;
                }
            }
        }
        Ok(replay)
    }
}

/// Checks that a segment is what its name and its neighbour say.
fn check_header(
    path: &Path,
    header: &FileHeader,
    number: u64,
    options: &LogOptions,
    replay: &Replay,
) -> Result<()> {
    let before = match replay.last {
        Some(_) => replay.end.offset,
        None if number == Position::START.segment => 0,
        // The first that is read need not be the first that there was.
        None => header.before,
    };
    let wanted = options.header(number, before);
    let what = if header.kind != wanted.kind {
        format!("it is of kind {}, not {}", header.kind, wanted.kind)
    } else if header.generation != wanted.generation {
        let (found, wanted) = (header.generation, wanted.generation);
        format!("it is of generation {found:016x}, not {wanted:016x}")
    } else if header.number != number {
        format!(
            "it is segment {}, under the name of {number}",
            header.number
        )
    } else if header.before != before {
        let was = header.before;
        format!("the segment before it had {was} bytes, and has {before} good ones")
    } else {
        return Ok(());
    };
    Err(WalError::damage(path, 0, what))
}

/// Reads the one frame at `position` and gives its kind and payload. Needs no lock.
///
/// # Errors
/// [`WalError::Damage`] if there is no good frame; what the system refuses.
pub fn read_frame(
    storage: &dyn Storage,
    directory: &Path,
    options: &LogOptions,
    position: Position,
) -> Result<(u8, Vec<u8>)> {
    let path = directory.join(segment_name(&options.name, position.segment));
    let refused = |source| WalError::io("cannot read", &path, source);
    let bad = || WalError::damage(&path, position.offset, "no good frame begins here");
    let file = storage.open_read(&path).map_err(refused)?;
    let len = file.len().map_err(refused)?;
    let begin = position.offset.saturating_add(FRAME_HEADER_LEN as u64);
    if begin > len {
        return Err(bad());
    }
    let mut bytes = [0; HEADER_LEN];
    read_exact(&*file, 0, &mut bytes).map_err(refused)?;
    let header = FileHeader::decode(&path, &bytes)?;
    let wanted = options.header(position.segment, header.before);
    let mut bytes = [0; FRAME_HEADER_LEN];
    read_exact(&*file, position.offset, &mut bytes).map_err(refused)?;
    // With the wanted header's seed: a frame of another file is no good frame.
    let head = Head::decode(wanted.seed(), position.offset, &bytes).ok_or_else(bad)?;
    head.check_version(&path)?;
    if head.len as u64 > len - begin {
        return Err(bad());
    }
    let mut payload = vec![0; head.len];
    read_exact(&*file, begin, &mut payload).map_err(refused)?;
    if !head.belongs_to(&payload) {
        return Err(bad());
    }
    Ok((head.kind, payload))
}

/// The numbers of the segments of a log that are there, in order.
///
/// # Errors
/// Any error of the file system, a directory that is not there included.
pub fn list_segments(
    storage: &dyn Storage,
    directory: &Path,
    options: &LogOptions,
) -> Result<Vec<u64>> {
    let names = storage
        .list(directory)
        .map_err(|source| WalError::io("cannot list", directory, source))?;
    let numbers = names
        .iter()
        .filter_map(|name| segment_number(&options.name, name));
    let mut numbers: Vec<u64> = numbers.collect();
    numbers.sort_unstable();
    Ok(numbers)
}
