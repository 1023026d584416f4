//! The parts that compressed forms have in common: a number of four bytes, as many bytes as it
//! says, and content that comes piece by piece. A number is not believed: what is there is read,
//! and no memory is taken for what is not.

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

/// The next `length` bytes.
///
/// # Errors
/// Of the kind [`ErrorKind::UnexpectedEof`] if there are fewer.
pub(super) fn so_many(file: &mut impl Read, length: u32) -> io::Result<Vec<u8>> {
    let length = u64::from(length);
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    Ok(bytes)
}

/// A file whose content comes piece by piece.
pub(super) trait Pieces {
    /// The content of the next piece, which may be empty; nothing at the end.
    fn next_piece(&mut self) -> io::Result<Option<Vec<u8>>>;
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
            match self.pieces.next_piece()? {
                Some(piece) => self.piece = Cursor::new(piece),
                None => return Ok(0),
            }
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
        assert_eq!(so_many(&mut file, 2).unwrap(), b"ab");
        let error = so_many(&mut file, u32::MAX).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
        assert_eq!(so_many(&mut file, 0).unwrap(), b"");
    }

    #[test]
    fn empty_pieces_are_no_end() {
        struct Listed(Vec<&'static str>);
        impl Pieces for Listed {
            fn next_piece(&mut self) -> io::Result<Option<Vec<u8>>> {
                Ok(self.0.pop().map(|piece| piece.as_bytes().to_vec()))
            }
        }
        let mut file = PieceReader::new(Listed(vec!["", "c", "", "", "ab", ""]));
        let mut read = String::new();
        file.read_to_string(&mut read).unwrap();
        assert_eq!(read, "abc");
    }
}
