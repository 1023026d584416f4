//! The form of Hadoop's `BlockCompressorStream`, which `.lz4` and `.snappy` files have.
//!
//! A block is the number of bytes that it holds, then chunks until there are so many: of each the
//! number of its compressed bytes, and those. Numbers have four bytes, the most significant
//! first.

use std::io::{self, ErrorKind, Read};

/// Takes the bytes of a chunk and how many bytes its block has left; gives what the chunk holds.
type Decompress = fn(&[u8], usize) -> io::Result<Vec<u8>>;

/// More than any block that Hadoop writes (256 KiB, unless a setting says otherwise).
const LONGEST_BLOCK: usize = 256 << 20;

/// Reads the blocks of a file.
pub(super) struct HadoopBlocks<R> {
    file: R,
    decompress: Decompress,
    /// Bytes of the block that no chunk has brought yet.
    left: usize,
    /// The content of the last chunk, and the part of it that has been given.
    chunk: Vec<u8>,
    given: usize,
}

impl<R: Read> HadoopBlocks<R> {
    pub(super) fn lz4(file: R) -> HadoopBlocks<R> {
        HadoopBlocks::new(file, lz4)
    }

    pub(super) fn snappy(file: R) -> HadoopBlocks<R> {
        HadoopBlocks::new(file, snappy)
    }

    fn new(file: R, decompress: Decompress) -> HadoopBlocks<R> {
        HadoopBlocks {
            file,
            decompress,
            left: 0,
            chunk: Vec::new(),
            given: 0,
        }
    }

    /// Reads a chunk; `false` at the end.
    fn next_chunk(&mut self) -> io::Result<bool> {
        while self.left == 0 {
            match number(&mut self.file)? {
                Some(length) if length > LONGEST_BLOCK => {
                    return Err(damaged(format!("a block claims to hold {length} bytes")));
                }
                Some(length) => self.left = length,
                None => return Ok(false),
            }
        }
        let length = number(&mut self.file)?.ok_or_else(cut)?;
        let mut bytes = Vec::new();
        // What is there is read, whatever the number says.
        (&mut self.file)
            .take(length as u64)
            .read_to_end(&mut bytes)?;
        if bytes.len() < length {
            return Err(cut());
        }
        (self.chunk, self.given) = ((self.decompress)(&bytes, self.left)?, 0);
        let left = self.left.checked_sub(self.chunk.len());
        self.left = left.ok_or_else(|| damaged("a chunk holds more than its block".to_owned()))?;
        Ok(true)
    }
}

impl<R: Read> Read for HadoopBlocks<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.chunk.len() {
            if !self.next_chunk()? {
                return Ok(0);
            }
        }
        let count = (&self.chunk[self.given..]).read(buffer)?;
        self.given += count;
        Ok(count)
    }
}

/// A number; nothing at the end of the file.
fn number(file: &mut impl Read) -> io::Result<Option<usize>> {
    let mut bytes = Vec::new();
    file.take(4).read_to_end(&mut bytes)?;
    match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(bytes) => Ok(Some(u32::from_be_bytes(bytes) as usize)),
        Err(_) if bytes.is_empty() => Ok(None),
        Err(_) => Err(cut()),
    }
}

/// The content of a block of LZ4, if that is no more than `left` bytes.
pub(super) fn lz4(chunk: &[u8], left: usize) -> io::Result<Vec<u8>> {
    // A byte of LZ4 stands for 255 at most.
    let most = left.min(chunk.len().saturating_mul(255).saturating_add(64));
    lz4_flex::block::decompress(chunk, most).map_err(|error| damaged(error.to_string()))
}

fn snappy(chunk: &[u8], left: usize) -> io::Result<Vec<u8>> {
    let claimed = snap::raw::decompress_len(chunk).map_err(io::Error::from)?;
    if claimed > left {
        return Err(damaged(format!(
            "a chunk claims to hold {claimed} bytes, and its block has {left} left"
        )));
    }
    // Three bytes of snappy stand for 64 at most: no memory for what cannot be there.
    if claimed > chunk.len().saturating_mul(22).saturating_add(64) {
        return Err(damaged(format!(
            "a chunk of {} bytes claims to hold {claimed}",
            chunk.len()
        )));
    }
    Ok(snap::raw::Decoder::new().decompress_vec(chunk)?)
}

fn damaged(what: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

fn cut() -> io::Error {
    io::Error::new(ErrorKind::UnexpectedEof, "it ends within a block")
}
