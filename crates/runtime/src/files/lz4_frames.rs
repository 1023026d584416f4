//! Files of the `lz4` command line: frames one behind the other, of the form with marks at
//! both ends and of the older one (`lz4 -l`), which has none at its end.

use std::io::{self, ErrorKind, Read};

use lz4_flex::frame::FrameDecoder;

use super::hadoop_blocks;
use super::pieces::{PieceReader, Pieces, four_bytes, so_many};

/// The first bytes of a frame.
pub(super) const FRAME: [u8; 4] = *b"\x04\x22\x4d\x18";

/// The first bytes of a frame of the older form.
pub(super) const LEGACY: [u8; 4] = *b"\x02\x21\x4c\x18";

/// A block of the older form holds as much at most, in bytes.
const LEGACY_BLOCK: usize = 8 << 20;

/// Reads the frames of a file.
pub(super) struct Lz4Frames<R: Read> {
    within: Within<R>,
}

/// The form of the frame that is being read.
enum Within<R: Read> {
    /// Between two frames.
    None(Marked<R>),
    Frame(Box<FrameDecoder<Marked<R>>>),
    Legacy(PieceReader<Legacy<R>>),
    /// After an error.
    Ended,
}

impl<R: Read> Lz4Frames<R> {
    pub(super) fn new(file: R) -> Lz4Frames<R> {
        let file = Marked {
            file,
            mark: Vec::new(),
            ended: false,
        };
        Lz4Frames {
            within: Within::None(file),
        }
    }

    /// Begins the next frame, if there is one.
    fn begin(mut file: Marked<R>) -> io::Result<Within<R>> {
        let Some(mark) = four_bytes(&mut file)? else {
            return Ok(Within::Ended);
        };
        if mark == LEGACY {
            let pieces = Legacy {
                file,
                block: Vec::new(),
            };
            return Ok(Within::Legacy(PieceReader::new(pieces)));
        }
        file.mark = mark.to_vec();
        Ok(Within::Frame(Box::new(FrameDecoder::new(file))))
    }
}

impl<R: Read> Read for Lz4Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = match &mut self.within {
                Within::None(_) => 0,
                Within::Frame(frame) => frame.read(buffer)?,
                Within::Legacy(frame) => frame.read(buffer)?,
                Within::Ended => return Ok(0),
            };
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            self.within = match std::mem::replace(&mut self.within, Within::Ended) {
                Within::None(file) => Lz4Frames::begin(file)?,
                Within::Frame(frame) => {
                    let file = frame.into_inner();
                    // The decoder takes the end of the file for the end of the frame.
                    if file.ended {
                        return Err(ErrorKind::UnexpectedEof.into());
                    }
                    Within::None(file)
                }
                Within::Legacy(frame) => Within::None(frame.pieces.file),
                Within::Ended => Within::Ended,
            };
        }
    }
}

/// A file whose next bytes have been looked at.
struct Marked<R> {
    file: R,
    /// The bytes that were looked at.
    mark: Vec<u8>,
    /// Somebody has read behind its end.
    ended: bool,
}

impl<R: Read> Read for Marked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.mark.is_empty() {
            true => self.file.read(buffer)?,
            false => self.mark.as_slice().read(buffer)?,
        };
        self.mark.drain(..count.min(self.mark.len()));
        self.ended |= count == 0 && !buffer.is_empty();
        Ok(count)
    }
}

/// The blocks of a frame of the older form, with the number of their compressed bytes in front,
/// up to the end of the file or to another frame.
struct Legacy<R: Read> {
    file: Marked<R>,
    /// The compressed bytes of the last block.
    block: Vec<u8>,
}

impl<R: Read> Pieces for Legacy<R> {
    fn next_piece(&mut self, piece: &mut Vec<u8>) -> io::Result<bool> {
        let Legacy { file, block } = self;
        let Some(number) = four_bytes(file)? else {
            return Ok(false);
        };
        if number == LEGACY || number == FRAME {
            file.mark = number.to_vec();
            return Ok(false);
        }
        so_many(file, u32::from_le_bytes(number), block)?;
        hadoop_blocks::lz4(block, LEGACY_BLOCK, piece)?;
        Ok(true)
    }
}
