//! Frames with their length in front (Spark: `rawSocketStream`): four bytes, the most significant
//! first, then so many bytes. A frame is one record and one block.
//!
//! Spark expects serialized Java objects in a frame. Here the bytes are the record, and what
//! they mean is the program's business.

use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;

use super::receiver_context::ReceiverContext;
use super::socket_receiver::Ending;

/// A session that stores every frame as a block; a frame longer than `longest` breaks the
/// connection, since it can hardly be one.
pub fn frames(longest: usize) -> impl Fn(&ReceiverContext<Vec<u8>>, TcpStream) -> Ending {
    move |context, connection| {
        let mut connection = io::BufReader::with_capacity(1 << 16, connection);
        loop {
            match next(&mut connection, longest) {
                Ok(frame) => {
                    if !context.store_block(vec![frame]) {
                        return Ending {
                            ended: Ok(()),
                            unfinished: 0,
                        };
                    }
                }
                Err(ending) => return ending,
            }
        }
    }
}

/// The next frame, or how the source ended before it was whole.
pub(super) fn next(source: &mut impl Read, longest: usize) -> Result<Vec<u8>, Ending> {
    let mut length = Vec::new();
    let ended = read(source, 4, &mut length);
    let Ok(length) = <[u8; 4]>::try_from(length.as_slice()) else {
        let unfinished = length.len();
        return Err(Ending { ended, unfinished });
    };
    let length = u32::from_be_bytes(length) as usize;
    if length > longest {
        let what = format!(
            "a frame of {length} bytes is longer than millrace.receiver.maxLineBytes ({longest}): \
             the sender does not send frames, or the limit is too low"
        );
        return Err(Ending {
            ended: Err(io::Error::new(ErrorKind::InvalidData, what)),
            unfinished: 0,
        });
    }
    // Grows with the bytes that come, so that a false length takes no memory.
    let mut frame = Vec::new();
    let ended = read(source, length, &mut frame);
    if frame.len() < length {
        let unfinished = 4 + frame.len();
        return Err(Ending { ended, unfinished });
    }
    Ok(frame)
}

/// Reads `count` bytes, or fewer if the source ends; an error says that it broke.
fn read(source: &mut impl Read, count: usize, into: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let left = (count - into.len()) as u64;
        match source.take(left).read_to_end(into) {
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn framed(frames: &[Vec<u8>]) -> Vec<u8> {
        let framed = |frame: &Vec<u8>| [&(frame.len() as u32).to_be_bytes()[..], frame].concat();
        frames.iter().flat_map(framed).collect()
    }

    /// The frames up to the end, and how that came.
    fn parsed(mut source: impl Read, longest: usize) -> (Vec<Vec<u8>>, Ending) {
        let mut frames = Vec::new();
        loop {
            match next(&mut source, longest) {
                Ok(frame) => frames.push(frame),
                Err(ending) => return (frames, ending),
            }
        }
    }

    /// A connection that is reset.
    struct Reset;

    impl Read for Reset {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(ErrorKind::ConnectionReset.into())
        }
    }

    proptest! {
        #[test]
        fn what_was_framed_comes_out_and_what_is_left_over_is_counted(
            frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8),
            cut in any::<prop::sample::Index>(),
        ) {
            let bytes = framed(&frames);
            let (whole, ending) = parsed(bytes.as_slice(), 100);
            prop_assert_eq!(whole, frames.clone());
            prop_assert!(ending.ended.is_ok() && ending.unfinished == 0);
            let end = cut.index(bytes.len() + 1);
            let (whole, ending) = parsed(&bytes[..end], 100);
            prop_assert_eq!(&whole[..], &frames[..whole.len()]);
            prop_assert_eq!(framed(&whole).len() + ending.unfinished, end);
            prop_assert!(ending.ended.is_ok());
            let (before, ending) = parsed((&bytes[..end]).chain(Reset), 100);
            prop_assert_eq!(framed(&before).len() + ending.unfinished, end);
            prop_assert_eq!(ending.ended.unwrap_err().kind(), ErrorKind::ConnectionReset);
        }
    }

    #[test]
    fn a_length_that_is_none_is_refused() {
        let (frames, ending) = parsed(&b"\0\0\0\x02okGET / HTTP/1.1"[..], 1 << 20);
        assert_eq!(frames, [b"ok"]);
        let error = ending.ended.unwrap_err().to_string();
        assert!(error.contains("does not send frames"), "{error}");
    }
}
