//! `text_file`: the lines of local files as a dataset.
//!
//! Partitions are Hadoop's splits: a file is cut at equal lengths, a line belongs to the split
//! that its first byte is in, and one that begins at the cut itself to the split before
//! (Hadoop's `LineRecordReader`). So a join with a static file has the partitions that it has
//! in Spark.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use millrace_text::{Block, Buffer, Text};

use crate::error::{Error, Result};
use crate::exec::Executor;
use crate::rdd::{Rdd, RddSource};

use super::located;

/// The block size of Hadoop's local file system: no split is longer.
const LONGEST_SPLIT: u64 = 32 << 20;

/// A text has 31 bits for a position in its block.
const LONGEST_CHUNK: usize = 1 << 30;

/// Reads `path`, a file or a directory of files, cut into `least` splits or more.
///
/// # Errors
/// If something cannot be read.
pub(crate) fn read(path: &str, least: usize, executor: &Executor) -> Result<Rdd<Text>> {
    let path = located("text_file: the path", path)?;
    let cannot_read =
        |path: &Path, error| Error::io(format!("cannot read {}", path.display()), error);
    let files = files_of(&path).map_err(|error| cannot_read(&path, error))?;
    let mut contents = Vec::new();
    for file in &files {
        contents.push(fs::read(file).map_err(|error| cannot_read(file, error))?);
    }
    let total: u64 = contents.iter().map(|bytes| bytes.len() as u64).sum();
    let goal = total / least.max(1) as u64;
    let mut splits = Vec::new();
    for (file, bytes) in files.iter().zip(contents) {
        for chunk in chunks(&bytes, goal.clamp(1, LONGEST_SPLIT) as usize) {
            if chunk.len() > LONGEST_CHUNK {
                let error = io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("a line is longer than {LONGEST_CHUNK} bytes"),
                );
                return Err(cannot_read(file, error));
            }
            let mut buffer = Buffer::with_capacity(chunk.len());
            buffer.extend_from_slice(chunk);
            splits.push(buffer.freeze());
        }
    }
    Ok(Rdd::new(TextFile { splits }, executor.clone()))
}

/// The file, or those of the directory by name, without what Hadoop takes for hidden.
fn files_of(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        let hidden = entry.file_name().to_string_lossy().starts_with(['.', '_']);
        if !hidden {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// Cuts a file at multiples of `length`, each cut moved behind the line that holds it. The last
/// piece may be a tenth longer (Hadoop's `SPLIT_SLOP`); an empty file has one piece.
fn chunks(bytes: &[u8], length: usize) -> Vec<&[u8]> {
    let (mut chunks, mut start, mut cut) = (Vec::new(), 0, 0);
    while (bytes.len() - cut) * 10 > length * 11 {
        cut += length;
        let end = start.max(behind_line(bytes, cut));
        chunks.push(&bytes[start..end]);
        start = end;
    }
    if cut < bytes.len() || bytes.is_empty() {
        chunks.push(&bytes[start..]);
    }
    chunks
}

/// The place behind the end of the line that the byte at `from` is in.
fn behind_line(bytes: &[u8], from: usize) -> usize {
    let found = bytes[from..]
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'));
    let Some(found) = found else {
        return bytes.len();
    };
    let end = from + found;
    end + if bytes[end..].starts_with(b"\r\n") {
        2
    } else {
        1
    }
}

struct TextFile {
    splits: Vec<Block>,
}

impl RddSource<Text> for TextFile {
    fn partitions(&self) -> usize {
        self.splits.len()
    }

    fn visit(&self, partition: usize, _piece: usize, each: &mut dyn FnMut(Text)) {
        self.splits[partition].for_each_line(false, each);
    }

    fn lasts(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn splits_are_hadoops() {
        let split = |text: &'static str, length| chunks(text.as_bytes(), length);
        assert_eq!(split("", 1), [b""]);
        // Eleven bytes in two: five, then five, then the last one.
        assert_eq!(split("aaa\nbbb\nccc", 5), [&b"aaa\nbbb\n"[..], b"ccc", b""]);
        // A line that begins at the cut belongs to the split before it.
        assert_eq!(split("aaa\nbbb\n", 4), [&b"aaa\nbbb\n"[..], b""]);
        // A tenth more than the length makes no split of its own.
        assert_eq!(split("aaa\nbbb\ncc\n", 10), [&b"aaa\nbbb\ncc\n"[..]]);
        assert_eq!(split("a\r\nb\r\n", 1).concat(), b"a\r\nb\r\n");
        assert_eq!(split("a\r\nb\r\n", 2)[0], b"a\r\n");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_line_is_cut(text in "[ab\n\r]{0,40}", length in 1_usize..12) {
            let chunks = chunks(text.as_bytes(), length);
            prop_assert_eq!(chunks.concat(), text.as_bytes());
            for pair in chunks.windows(2) {
                let (before, after) = (pair[0], pair[1]);
                if !before.is_empty() && !after.is_empty() {
                    prop_assert!(matches!(before[before.len() - 1], b'\n' | b'\r'));
                    prop_assert!(!(before.ends_with(b"\r") && after.starts_with(b"\n")));
                }
            }
        }
    }
}
