//! Frames with their length in front (Spark: `rawSocketStream`): four bytes, the most significant
//! first, then so many bytes. A frame is one record and one block.
//!
//! Spark expects serialized Java objects in a frame. Here the bytes are the record, and what
//! they mean is the program's business.

use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;

use super::custom::ReceiverContext;

/// A session that stores every frame as a block; a frame longer than `longest` breaks the
/// connection, since it can hardly be one.
pub(crate) fn frames(
    longest: usize,
) -> impl Fn(&ReceiverContext<Vec<u8>>, TcpStream) -> Result<(), String> {
    move |context, connection| {
        let mut connection = io::BufReader::with_capacity(1 << 16, connection);
        while let Some(frame) = next(&mut connection, longest)? {
            if !context.store_block(vec![frame]) {
                break;
            }
        }
        Ok(())
    }
}

/// The next frame; `None` at the end.
fn next(source: &mut impl Read, longest: usize) -> Result<Option<Vec<u8>>, String> {
    let broken = |error: io::Error| format!("the connection broke: {error}");
    let mut length = Vec::new();
    read(source, 4, &mut length).map_err(broken)?;
    if length.is_empty() {
        return Ok(None);
    }
    let cut = |had: usize, of: usize| {
        format!("the connection ended within a frame; its {had} bytes (of {of}) are not a record")
    };
    let Ok(length) = <[u8; 4]>::try_from(length.as_slice()) else {
        return Err(cut(length.len(), 4));
    };
    let length = u32::from_be_bytes(length) as usize;
    if length > longest {
        return Err(format!(
            "a frame of {length} bytes is longer than millrace.receiver.maxLineBytes ({longest}): \
             the sender does not send frames, or the limit is too low"
        ));
    }
    // Grows with what comes, so that a length that is none does not take its memory.
    let mut frame = Vec::new();
    read(source, length, &mut frame).map_err(broken)?;
    if frame.len() < length {
        return Err(cut(frame.len(), length));
    }
    Ok(Some(frame))
}

/// Reads `count` bytes, or fewer if the source ends.
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

    /// The frames up to the end, and what was said then.
    fn parsed(bytes: &[u8], longest: usize) -> (Vec<Vec<u8>>, Option<String>) {
        let (mut source, mut frames) = (bytes, Vec::new());
        loop {
            match next(&mut source, longest) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => return (frames, None),
                Err(message) => return (frames, Some(message)),
            }
        }
    }

    proptest! {
        #[test]
        fn what_was_framed_comes_out(
            frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8),
            cut in any::<prop::sample::Index>(),
        ) {
            let bytes = framed(&frames);
            prop_assert_eq!(parsed(&bytes, 100), (frames.clone(), None));
            let end = cut.index(bytes.len() + 1);
            let (whole, message) = parsed(&bytes[..end], 100);
            prop_assert_eq!(&whole[..], &frames[..whole.len()]);
            let used = framed(&whole).len();
            prop_assert_eq!(message.is_some(), used < end, "what is left over is said");
        }
    }

    #[test]
    fn a_length_that_is_none_is_refused() {
        let (frames, message) = parsed(b"\0\0\0\x02okGET / HTTP/1.1", 1 << 20);
        assert_eq!(frames, [b"ok"]);
        assert!(message.unwrap().contains("does not send frames"));
    }
}
