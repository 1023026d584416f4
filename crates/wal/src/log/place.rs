//! Positions of frames: the segment, the byte in it, and the name of its file.

use crate::header::{FileHeader, HEADER_LEN};

/// The start of a frame, or the end of the last one. Positions of one log are ordered as its
/// frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The number of the segment.
    pub segment: u64,
    /// The offset in the segment's file, in bytes.
    pub offset: u64,
}

impl Position {
    /// The start of the first frame of every log.
    pub const START: Position = Position {
        segment: 1,
        offset: HEADER_LEN as u64,
    };
}

/// Which log it is, and how it is cut into files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOptions {
    /// The start of the names of the log's segments. Logs in one directory have different
    /// ones.
    pub name: String,
    /// The kind in the header of its segments.
    pub kind: u8,
    /// The generation in the header of its segments.
    pub generation: u64,
    /// The length at which the next segment is begun, in bytes; 64 MiB unless set. A frame is
    /// never divided: one that is longer has a segment of its own.
    pub segment_bytes: u64,
}

impl LogOptions {
    /// The options of a log, with segments of 64 MiB.
    pub fn new(name: impl Into<String>, kind: u8, generation: u64) -> LogOptions {
        LogOptions {
            name: name.into(),
            kind,
            generation,
            segment_bytes: 64 << 20,
        }
    }

    /// The header of a segment that follows one of `before` bytes.
    pub(super) fn header(&self, number: u64, before: u64) -> FileHeader {
        FileHeader {
            kind: self.kind,
            generation: self.generation,
            number,
            before,
        }
    }
}

/// The name of a segment's file: the log's name, a dash, twenty digits, `.log`. Sorted by name
/// the segments are in order.
pub fn segment_name(log: &str, number: u64) -> String {
    format!("{log}-{number:020}.log")
}

/// The number of the segment that has this name, if it is one of this log.
pub(super) fn segment_number(log: &str, name: &str) -> Option<u64> {
    let digits = name
        .strip_prefix(log)?
        .strip_prefix('-')?
        .strip_suffix(".log")?;
    let number = digits.parse().ok()?;
    // One name for a number: `+1` and `1` are numbers too.
    (segment_name(log, number) == name).then_some(number)
}
