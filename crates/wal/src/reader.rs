//! From the bytes of a file back to frames, and the judgement of what is no frame.
//!
//! A crash may keep any part of what was not synced, sector by sector and in any order: a
//! sector is there, or reads as zeros, or lies behind the end of the file. So bad bytes are a
//! *torn tail*, to be cut, if they can be explained that way, and *damage*, to be refused, if
//!
//! 1. a good frame behind them was written when they were durable already, or
//! 2. nothing of the bad frame is missing or zero: then it was changed, not torn.
//!
//! The second rule sees less than the first: a flipped bit in the very last group of frames is
//! taken for a tear if the same frame has a sector of zeros by nature.
//!
//! Reading never writes; who reads decides what to do with a torn tail.

use std::path::Path;

use crate::error::{Result, WalError};
use crate::frame::{FRAME_HEADER_LEN, Frame, Head};
use crate::header::{FileHeader, HEADER_LEN};

/// The unit in which a disk keeps or loses what it was not told to sync, in bytes.
pub(crate) const SECTOR: usize = 512;

/// The next thing in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next<'a> {
    /// A good frame.
    Frame(Frame<'a>),
    /// The file ends here, behind a good frame or the header.
    End,
    /// From this offset on there is what a crash left of frames that were not synced.
    Torn(u64),
}

/// Gives the frames of one file in order.
#[derive(Debug)]
pub struct FrameReader<'a> {
    file: &'a Path,
    bytes: &'a [u8],
    header: FileHeader,
    seed: u32,
    at: usize,
}

impl<'a> FrameReader<'a> {
    /// Reads the header of `bytes`, which are the whole of `file`.
    ///
    /// # Errors
    /// As [`FileHeader::decode`].
    pub fn new(file: &'a Path, bytes: &'a [u8]) -> Result<FrameReader<'a>> {
        let header = FileHeader::decode(file, bytes)?;
        Ok(FrameReader {
            file,
            bytes,
            header,
            seed: header.seed(),
            at: HEADER_LEN,
        })
    }

    /// The header of the file.
    pub fn header(&self) -> &FileHeader {
        &self.header
    }

    /// The place where the next frame begins or would begin, in bytes.
    pub fn offset(&self) -> u64 {
        self.at as u64
    }

    /// The next frame, or how the file ends. Once it has ended the answer stays the same.
    ///
    /// # Errors
    /// [`WalError::Damage`] where the module's rules say so, [`WalError::NewerFormat`] for a
    /// good frame of a newer version.
    pub fn next_frame(&mut self) -> Result<Next<'a>> {
        let at = self.at;
        let rest = &self.bytes[at..];
        if rest.is_empty() {
            return Ok(Next::End);
        }
        let Some(head) = Head::decode(self.seed, at as u64, rest) else {
            let missing = rest.len() < FRAME_HEADER_LEN;
            let end = at + FRAME_HEADER_LEN.min(rest.len());
            return self.judge(missing || self.has_lost_sector(at, end), "a frame's head");
        };
        head.check_version(self.file)?;
        let begin = at + FRAME_HEADER_LEN;
        let Some(payload) = self.bytes.get(begin..begin + head.len) else {
            return self.judge(true, "a frame");
        };
        if !head.belongs_to(payload) {
            let lost = self.has_lost_sector(begin, begin + head.len);
            return self.judge(lost, "a frame's payload");
        }
        self.at = begin + head.len;
        Ok(Next::Frame(Frame {
            kind: head.kind,
            payload,
            offset: at as u64,
        }))
    }

    /// Decides if a crash can explain the bad frame at the present place.
    fn judge(&self, looks_torn: bool, part: &str) -> Result<Next<'a>> {
        let at = self.at as u64;
        if let Some(witness) = self.witness() {
            let what = format!(
                "{part} here is bad, and the frame at byte {witness} says that it was durable"
            );
            return Err(WalError::damage(self.file, at, what));
        }
        if looks_torn {
            return Ok(Next::Torn(at));
        }
        let what = format!("{part} here is complete, but its sum is wrong");
        Err(WalError::damage(self.file, at, what))
    }

    /// The place of a later frame that was written when the present place was durable.
    fn witness(&self) -> Option<u64> {
        (self.at + 1..self.bytes.len()).find_map(|at| {
            let head = Head::decode(self.seed, at as u64, &self.bytes[at..])?;
            (head.durable > self.at as u64).then_some(at as u64)
        })
    }

    /// True if a sector's whole share of `begin..end` is zero.
    fn has_lost_sector(&self, begin: usize, end: usize) -> bool {
        let mut at = begin;
        while at < end {
            let next = (at / SECTOR + 1) * SECTOR;
            if self.bytes[at..next.min(end)].iter().all(|byte| *byte == 0) {
                return true;
            }
            at = next;
        }
        false
    }
}
