//! One frame: 24 bytes of head, then the payload.
//!
//! The head has a sum of its own, over itself, its offset and the header of its file. So a
//! length is believed only when it is right, and a frame that stands anywhere but where it was
//! written is no frame. The payload's sum stands in the head.
//!
//! Each frame also says how much of its file was durable when it was written. That is what
//! tells damage from a crash: a crash takes only what was not durable, in any order, so a bad
//! frame is damage as soon as a good one knows that it had been safe.

use std::io;
use std::path::Path;

use crc32c::crc32c;

use crate::error::{Result, WalError};
use crate::header::{FileHeader, HEADER_LEN, place_sum, u32_at, u64_at};

/// The length of a frame without its payload, in bytes.
pub const FRAME_HEADER_LEN: usize = 24;

/// The longest payload, in bytes: 1 GiB.
pub const MAX_PAYLOAD: usize = 1 << 30;

/// The version of the frame's layout.
const FRAME_VERSION: u8 = 1;

/// A frame that was read and found good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The kind of the frame. The numbers are the caller's.
    pub kind: u8,
    /// The bytes that were appended.
    pub payload: &'a [u8],
    /// The start of the frame in its file, in bytes.
    pub offset: u64,
}

impl Frame<'_> {
    /// The end of the frame in its file, in bytes.
    pub fn end(&self) -> u64 {
        self.offset + (FRAME_HEADER_LEN + self.payload.len()) as u64
    }
}

/// Makes frames for one file, each for the place behind the one before.
#[derive(Debug)]
pub struct FrameWriter {
    seed: u32,
    offset: u64,
}

impl FrameWriter {
    /// For a file with this header and nothing behind it yet.
    pub fn new(header: &FileHeader) -> FrameWriter {
        FrameWriter::at(header, HEADER_LEN as u64)
    }

    /// For a file with this header that goes on at `offset`.
    pub fn at(header: &FileHeader, offset: u64) -> FrameWriter {
        FrameWriter {
            seed: header.seed(),
            offset,
        }
    }

    /// The place of the next frame, in bytes.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Writes a frame behind `out` and gives its offset in the file. `durable` is the offset
    /// that all bytes before it are known to be synced.
    ///
    /// # Errors
    /// A payload above [`MAX_PAYLOAD`] is refused; `file` is named then.
    pub fn put(
        &mut self,
        out: &mut Vec<u8>,
        file: &Path,
        kind: u8,
        durable: u64,
        payload: &[u8],
    ) -> Result<u64> {
        if payload.len() > MAX_PAYLOAD {
            let source = io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{} bytes are more than a frame holds", payload.len()),
            );
            return Err(WalError::io("cannot append to", file, source));
        }
        let mut head = [0; FRAME_HEADER_LEN];
        head[..4].copy_from_slice(&(payload.len() as u32).to_le_bytes());
        head[4] = kind;
        head[5] = FRAME_VERSION;
        head[8..16].copy_from_slice(&durable.to_le_bytes());
        head[16..20].copy_from_slice(&crc32c(payload).to_le_bytes());
        let sum = place_sum(self.seed, self.offset, &head[..20]);
        head[20..].copy_from_slice(&sum.to_le_bytes());
        out.extend_from_slice(&head);
        out.extend_from_slice(payload);
        let offset = self.offset;
        self.offset += (FRAME_HEADER_LEN + payload.len()) as u64;
        Ok(offset)
    }
}

/// The head of a frame whose own sum is right. Of the payload it says nothing yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) len: usize,
    pub(crate) kind: u8,
    pub(crate) durable: u64,
    version: u8,
    payload_sum: u32,
}

impl Head {
    /// The head that `bytes` begin with, if they do and belong to `offset`.
    pub(crate) fn decode(seed: u32, offset: u64, bytes: &[u8]) -> Option<Head> {
        let head = bytes.first_chunk::<FRAME_HEADER_LEN>()?;
        let len = u32_at(head, 0) as usize;
        // The cheap tests first: a search for frames asks this at every byte.
        if len > MAX_PAYLOAD || head[5] == 0 || u64_at(head, 8) > offset {
            return None;
        }
        (place_sum(seed, offset, &head[..20]) == u32_at(head, 20)).then(|| Head {
            len,
            kind: head[4],
            version: head[5],
            durable: u64_at(head, 8),
            payload_sum: u32_at(head, 16),
        })
    }

    /// Refuses a frame of a newer version, for which its sum has to be right.
    pub(crate) fn check_version(&self, file: &Path) -> Result<()> {
        if self.version > FRAME_VERSION {
            return Err(WalError::NewerFormat {
                file: file.to_path_buf(),
                found: self.version.into(),
                known: FRAME_VERSION.into(),
            });
        }
        Ok(())
    }

    /// True if this is the payload that the frame was made with.
    pub(crate) fn belongs_to(&self, payload: &[u8]) -> bool {
        crc32c(payload) == self.payload_sum
    }
}
