//! The form of Hadoop's `BlockCompressorStream`, which `.lz4` and `.snappy` files have.
//!
//! A block is the number of its decompressed bytes, then chunks until there are that many; a chunk is
//! the number of its compressed bytes, then these bytes. Numbers have four bytes, the most significant
//! first.

use std::io::{self, ErrorKind, Read};

use super::pieces::{PieceReader, Pieces, four_bytes, so_many};

/// Takes the bytes of a chunk and how many bytes its block has left; puts what the chunk holds in
/// the place of what the list does.
type Decompress = fn(&[u8], usize, &mut Vec<u8>) -> io::Result<()>;

/// More than any block that Hadoop writes (256 KiB, unless a setting says otherwise).
const LONGEST_BLOCK: u32 = 256 << 20;

/// The chunks of a file.
pub(super) struct HadoopBlocks<R> {
    file: R,
    decompress: Decompress,
    /// The compressed bytes of the last chunk.
    chunk: Vec<u8>,
    /// Bytes of the block that no chunk has brought yet.
    left: usize,
}

impl<R: Read> HadoopBlocks<R> {
    /// Reads the chunks of an `.lz4` file.
    pub(super) fn lz4(file: R) -> PieceReader<HadoopBlocks<R>> {
        HadoopBlocks::reader(file, lz4)
    }

    /// Reads the chunks of a `.snappy` file.
    pub(super) fn snappy(file: R) -> PieceReader<HadoopBlocks<R>> {
        HadoopBlocks::reader(file, snappy)
    }

    fn reader(file: R, decompress: Decompress) -> PieceReader<HadoopBlocks<R>> {
        PieceReader::new(HadoopBlocks {
            file,
            decompress,
            chunk: Vec::new(),
            left: 0,
        })
    }

    fn number(&mut self) -> io::Result<Option<u32>> {
        Ok(four_bytes(&mut self.file)?.map(u32::from_be_bytes))
    }
}

impl<R: Read> Pieces for HadoopBlocks<R> {
    fn next_piece(&mut self, piece: &mut Vec<u8>) -> io::Result<bool> {
        while self.left == 0 {
            match self.number()? {
                Some(length) if length > LONGEST_BLOCK => {
                    return Err(damaged(format!("a block claims to hold {length} bytes")));
                }
                Some(length) => self.left = length as usize,
                None => return Ok(false),
            }
        }
        let length = self.number()?.ok_or(ErrorKind::UnexpectedEof)?;
        so_many(&mut self.file, length, &mut self.chunk)?;
        (self.decompress)(&self.chunk, self.left, piece)?;
        let left = self.left.checked_sub(piece.len());
        self.left = left.ok_or_else(|| damaged("a chunk holds more than its block".to_owned()))?;
        Ok(true)
    }
}

/// Puts the content of a block of LZ4 into `piece`, if that is no more than `left` bytes.
pub(super) fn lz4(chunk: &[u8], left: usize, piece: &mut Vec<u8>) -> io::Result<()> {
    // A byte of LZ4 stands for 255 at most.
    let most = left.min(chunk.len().saturating_mul(255).saturating_add(64));
    piece.resize(most, 0);
    let length = lz4_flex::block::decompress_into(chunk, piece)
        .map_err(|error| damaged(error.to_string()))?;
    piece.truncate(length);
    Ok(())
}

fn snappy(chunk: &[u8], left: usize, piece: &mut Vec<u8>) -> io::Result<()> {
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
    piece.resize(claimed, 0);
    let length = snap::raw::Decoder::new().decompress(chunk, piece)?;
    piece.truncate(length);
    Ok(())
}

fn damaged(what: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}
