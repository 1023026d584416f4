//! The parts that compressed forms have in common: a number of four bytes, as many bytes as it
//! says, and content that comes piece by piece. A number is not believed: what is there is read,
//! and no memory is taken for what is not. All pieces of a file have the same memory in turn:
//! megabytes that are taken anew for each leave holes that nothing else fits in.

use std::io::{self, Cursor, ErrorKind, Read};

/// The next four bytes; nothing at the end of the file.
///
/// # Errors
/// Of the kind [`ErrorKind::UnexpectedEof`] if the file ends among the four.
pub(super) fn four_bytes(file: &mut impl Read) -> io::Result<Option<[u8; 4]>> {
    let mut bytes = Vec::new();
    file.take(4).read_to_end(&mut bytes)?;
    match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(_) if bytes.is_empty() => Ok(None),
        Err(_) => Err(ErrorKind::UnexpectedEof.into()),
    }
}

/// Puts the next `length` bytes in the place of what `bytes` holds.
///
/// # Errors
/// Of the kind [`ErrorKind::UnexpectedEof`] if there are fewer.
pub(super) fn so_many(file: &mut impl Read, length: u32, bytes: &mut Vec<u8>) -> io::Result<()> {
    let length = u64::from(length);
    bytes.clear();
    file.take(length).read_to_end(bytes)?;
    if (bytes.len() as u64) < length {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

/// A file whose content comes piece by piece.
pub(super) trait Pieces {
    /// Puts the content of the next piece, which may be empty, in the place of what `piece` holds;
    /// `false` at the end.
    fn next_piece(&mut self, piece: &mut Vec<u8>) -> io::Result<bool>;
}

/// Gives out pieces byte by byte.
pub(super) struct PieceReader<P> {
    pub(super) pieces: P,
    /// The last piece, and how much of it has been given.
    piece: Cursor<Vec<u8>>,
}

impl<P: Pieces> PieceReader<P> {
    pub(super) fn new(pieces: P) -> PieceReader<P> {
        PieceReader {
            pieces,
            piece: Cursor::default(),
        }
    }
}

impl<P: Pieces> Read for PieceReader<P> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.piece.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            // Nothing is given of a piece that fails.
            let mut piece = std::mem::take(&mut self.piece).into_inner();
            if !self.pieces.next_piece(&mut piece)? {
                return Ok(0);
            }
            self.piece = Cursor::new(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_there_or_not_or_cut_short() {
        let of = |bytes: &[u8]| four_bytes(&mut Cursor::new(bytes.to_vec()));
        assert_eq!(of(b"").unwrap(), None);
        assert_eq!(of(b"abcde").unwrap(), Some(*b"abcd"));
        for bytes in [&b"a"[..], b"abc"] {
            assert_eq!(of(bytes).unwrap_err().kind(), ErrorKind::UnexpectedEof);
        }
    }

    #[test]
    fn a_length_takes_no_memory_for_bytes_that_are_not_there() {
        let mut file = Cursor::new(b"abc".to_vec());
        let mut bytes = b"before".to_vec();
        so_many(&mut file, 2, &mut bytes).unwrap();
        assert_eq!(bytes, b"ab");
        let error = so_many(&mut file, u32::MAX, &mut bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert!(bytes.capacity() < 1 << 10);
        so_many(&mut file, 0, &mut bytes).unwrap();
        assert_eq!(bytes, b"");
    }

    #[test]
    fn empty_pieces_are_no_end() {
        struct Listed(Vec<&'static str>);
        impl Pieces for Listed {
            fn next_piece(&mut self, piece: &mut Vec<u8>) -> io::Result<bool> {
                let next = self.0.pop();
                piece.clear();
                piece.extend(next.unwrap_or_default().bytes());
                Ok(next.is_some())
            }
        }
        let mut file = PieceReader::new(Listed(vec!["", "c", "", "", "ab", ""]));
        let mut read = String::new();
        file.read_to_string(&mut read).unwrap();
        assert_eq!(read, "abc");
    }
}
