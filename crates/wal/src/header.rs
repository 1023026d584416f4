//! The first 48 bytes of every file: what it is, whose it is, which one it is.
//!
//! The header carries what makes a file that was moved, doubled or swapped visible, and seeds
//! the sum of every frame in it, so that a frame belongs to one place in one file.

use std::path::Path;

use crc32c::{crc32c, crc32c_append};

use crate::error::{Result, WalError};

/// The length of a file header, in bytes.
pub const HEADER_LEN: usize = 48;

/// The version of the format that is written, and the newest that is read.
pub const FORMAT_VERSION: u16 = 1;

const MAGIC: [u8; 8] = *b"MILLRACE";
/// The number of bytes that the sum covers, which is all in front of it.
const SUMMED: usize = 44;

/// The first bytes of a file, which say what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileHeader {
    /// The kind of the file. The numbers are the caller's.
    pub kind: u8,
    /// The run of the program that the file belongs to. A file of another one is refused.
    pub generation: u64,
    /// Which file of its sort it is. In a log, the number in the segment's name.
    pub number: u64,
    /// In a log, the length in bytes of the segment before this one, 0 in the first. Elsewhere
    /// the caller's.
    pub before: u64,
}

impl FileHeader {
    /// The header as it stands in a file.
    pub fn encode(&self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..10].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[10] = self.kind;
        bytes[16..24].copy_from_slice(&self.generation.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.number.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.before.to_le_bytes());
        let sum = crc32c(&bytes[..SUMMED]);
        bytes[SUMMED..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// Reads the header at the beginning of `bytes`, which are those of `file`.
    ///
    /// # Errors
    /// [`WalError::Damage`] if there is no whole header or its sum is wrong,
    /// [`WalError::NewerFormat`] if it is whole and newer than this program.
    pub fn decode(file: &Path, bytes: &[u8]) -> Result<FileHeader> {
        let Some(header) = bytes.first_chunk::<HEADER_LEN>() else {
            let what = format!("it ends within its header of {HEADER_LEN} bytes");
            return Err(WalError::damage(file, bytes.len() as u64, what));
        };
        if header[..8] != MAGIC {
            return Err(WalError::damage(file, 0, "it is no file of millrace"));
        }
        // The place and the reach of the sum are the same in every version to come, so that
        // a flipped bit in the version is not taken for a newer program.
        if crc32c(&header[..SUMMED]) != u32_at(header, SUMMED) {
            return Err(WalError::damage(file, 0, "the sum of its header is wrong"));
        }
        let version = u16::from_le_bytes([header[8], header[9]]);
        if version > FORMAT_VERSION {
            return Err(WalError::NewerFormat {
                file: file.to_path_buf(),
                found: version,
                known: FORMAT_VERSION,
            });
        }
        Ok(FileHeader {
            kind: header[10],
            generation: u64_at(header, 16),
            number: u64_at(header, 24),
            before: u64_at(header, 32),
        })
    }

    /// The sum that the sums of this file's frames go on from.
    pub(crate) fn seed(&self) -> u32 {
        // The sum itself is left out: a sum that runs over its own value is the same for all.
        crc32c(&self.encode()[..SUMMED])
    }
}

/// The sum of the `head` of a frame that stands at `offset` in a file with this `seed`.
pub(crate) fn place_sum(seed: u32, offset: u64, head: &[u8]) -> u32 {
    crc32c_append(crc32c_append(seed, &offset.to_le_bytes()), head)
}

/// The number at `at`. The callers have checked that it is there.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}

/// The number at `at`. The callers have checked that it is there.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}
