//! Bodies of fuzz targets: bytes from a socket, as lines and as frames.

use std::io::Cursor;
use std::sync::Arc;

use millrace_engine::pipeline::{Lines, NodeId, Pipeline};
use millrace_text::{LineByte, LineScanner, java};
use millrace_types::{BatchTime, StreamId};

use super::block_generator::BlockGenerator;
use super::budget::Budget;
use super::tracker::{InputSpec, InputTracker};

const NODE: NodeId = NodeId(0);

/// A script of connections, reads, cuts and batches: the lines of all batches are those of the
/// rule, and of a connection that breaks only its unfinished line is missing.
pub fn blocks(data: &[u8]) {
    let tracker = Arc::new(InputTracker::new(vec![InputSpec {
        node: NODE,
        stream: StreamId(0),
        name: String::new(),
        stages: Vec::new(),
        held: true,
    }]));
    let budget = Arc::new(Budget::new(u64::MAX));
    let generator = BlockGenerator::new(budget, Arc::clone(&tracker), 0, usize::MAX);
    let mut lines: Vec<String> = Vec::new();
    let mut take_batch = || {
        let batch = tracker.close_batch(BatchTime::from_millis(0), &[], 0);
        for block in batch.blocks.get(&NODE).into_iter().flatten() {
            Lines { node: NODE }.drive(0, block, |line| lines.push(line.as_str().to_owned()));
        }
    };
    let (mut connection, mut expected) = (Vec::new(), Vec::new());
    let mut rest = data;
    while let Some((&what, behind)) = rest.split_first() {
        rest = behind;
        match what {
            0..=199 => {
                let (bytes, behind) = rest.split_at(rest.len().min(usize::from(what)));
                rest = behind;
                connection.extend_from_slice(bytes);
                read(&generator, bytes);
            }
            200..=219 => generator.seal(),
            220..=229 => {
                generator.seal();
                take_batch();
            }
            230..=242 => {
                generator.seal_all();
                expected.extend(all_lines(&std::mem::take(&mut connection)));
            }
            _ => {
                let (whole, unfinished) = cut_lines(&connection);
                assert_eq!(generator.seal_whole(), unfinished.len());
                expected.extend(whole);
                connection.clear();
            }
        }
    }
    generator.seal_all();
    take_batch();
    expected.extend(all_lines(&connection));
    assert_eq!(generator.take_cut_lines(), 0);
    assert_eq!(lines, expected);
}

fn read(generator: &BlockGenerator, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let read = generator.fill(|spare| {
            assert!(!spare.is_empty(), "a read of nothing looks like the end");
            let count = bytes.len().min(spare.len());
            spare[..count].copy_from_slice(&bytes[..count]);
            Ok(count)
        });
        bytes = &bytes[read.expect("memory can be read")..];
    }
}

/// The lines of bytes, an unfinished one included.
pub(crate) fn all_lines(bytes: &[u8]) -> Vec<String> {
    let (mut lines, unfinished) = cut_lines(bytes);
    if !unfinished.is_empty() {
        lines.push(java::decode_lossy(unfinished).into_owned());
    }
    lines
}

/// The whole lines of bytes, and the bytes that follow them, found one byte after the other. The
/// model of every test here that cuts lines.
pub(crate) fn cut_lines(bytes: &[u8]) -> (Vec<String>, &[u8]) {
    let (mut lines, mut line, mut scanner) = (Vec::new(), Vec::new(), LineScanner::default());
    for &byte in bytes {
        match scanner.see(byte) {
            LineByte::EndOfPair => {}
            LineByte::End => {
                lines.push(java::decode_lossy(&line).into_owned());
                line.clear();
            }
            LineByte::Inside => line.push(byte),
        }
    }
    (lines, &bytes[bytes.len() - line.len()..])
}

/// The first byte is the longest frame: bytes are frames up to one that is too long or not whole.
pub(crate) fn socket_frames(data: &[u8]) {
    let Some((&longest, bytes)) = data.split_first() else {
        return;
    };
    let longest = usize::from(longest);
    let (mut source, mut rest) = (Cursor::new(bytes), bytes);
    loop {
        let expected = rest.split_first_chunk().map(|(length, behind)| {
            let length = u32::from_be_bytes(*length) as usize;
            (length, behind)
        });
        match (super::frames::next(&mut source, longest), expected) {
            (Ok(frame), Some((length, behind))) => {
                assert!(length <= longest);
                assert_eq!(Some(&*frame), behind.get(..length));
                rest = &behind[length..];
            }
            (Ok(_), None) => panic!("a frame of less than four bytes"),
            (Err(ending), Some((length, _))) if length > longest => {
                assert!(ending.ended.is_err());
                return;
            }
            (Err(ending), _) => {
                assert!(ending.ended.is_ok());
                assert_eq!(ending.unfinished, rest.len());
                return;
            }
        }
    }
}
