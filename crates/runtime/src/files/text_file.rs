//! `text_file`: the lines of local files as a dataset.
//!
//! Partitions are Hadoop's splits: a file is cut at equal lengths, a line belongs to the split
//! that its first byte is in, and one that begins at the cut itself to the split before
//! (Hadoop's `LineRecordReader`). So a join with a static file has the partitions that it has
//! in Spark.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use millrace_engine::error::{Error, Result};
use millrace_engine::exec::Executor;
use millrace_engine::rdd::{Rdd, RddSource};
use millrace_text::line_rule::behind_first_line;
use millrace_text::{Block, Buffer, Text};

use super::{Codec, located};

/// The block size of Hadoop's local file system: no split is longer.
const LONGEST_SPLIT: u64 = 32 << 20;

/// A text has 31 bits for a position in its block.
const LONGEST_CHUNK: usize = 1 << 30;

/// Which files of a directory are read.
pub struct Wanted<'a> {
    /// True of the paths that are read.
    pub filter: &'a dyn Fn(&Path) -> bool,
    /// True if files in sub-directories are read too.
    pub recursive: bool,
}

/// Reads `path`, a file or a directory of files, cut into `least` splits or more.
///
/// # Errors
/// If something cannot be read.
pub fn read(
    path: &str,
    least: usize,
    wanted: &Wanted<'_>,
    executor: &Executor,
) -> Result<Rdd<Text>> {
    let path = located("text_file: the path", path)?;
    let mut files = Vec::new();
    if fs::metadata(&path)
        .map_err(|error| cannot_read(&path, error))?
        .is_dir()
    {
        files_of(&path, wanted, &mut Vec::new(), &mut files)?;
    } else {
        files.push(path);
    }
    let mut contents = Vec::new();
    for file in &files {
        contents.push(contents_of(file).map_err(|error| cannot_read(file, error))?);
    }
    let plain = files.iter().zip(&contents);
    let plain = plain.filter(|(file, _)| Codec::of(file).is_none());
    let total: u64 = plain.map(|(_, bytes)| bytes.len() as u64).sum();
    let goal = total / least.max(1) as u64;
    let mut splits = Vec::new();
    for (file, bytes) in files.iter().zip(contents) {
        if Codec::of(file).is_some() {
            // Hadoop begins to decompress at the beginning only: one split.
            let pieces = blocks(file, &bytes, LONGEST_SPLIT)?;
            splits.push(pieces);
        } else {
            let split = goal.clamp(1, LONGEST_SPLIT);
            splits.extend(
                blocks(file, &bytes, split)?
                    .into_iter()
                    .map(|block| vec![block]),
            );
        }
    }
    Ok(Rdd::new(TextFile { splits }, executor.clone()))
}

fn cannot_read(path: &Path, error: io::Error) -> Error {
    Error::io(format!("cannot read {}", path.display()), error)
}

/// The content of a file, decompressed if its name says so.
fn contents_of(file: &Path) -> io::Result<Vec<u8>> {
    let Some(codec) = Codec::of(file) else {
        return fs::read(file);
    };
    let mut contents = Vec::new();
    codec
        .decoder(File::open(file)?)?
        .read_to_end(&mut contents)?;
    Ok(contents)
}

/// The chunks of a file's contents, as blocks.
fn blocks(file: &Path, bytes: &[u8], length: u64) -> Result<Vec<Block>> {
    let block = |chunk: &[u8]| {
        if chunk.len() > LONGEST_CHUNK {
            let error = io::Error::new(
                io::ErrorKind::InvalidData,
                format!("a line is longer than {LONGEST_CHUNK} bytes"),
            );
            return Err(cannot_read(file, error));
        }
        let mut buffer = Buffer::with_capacity(chunk.len());
        buffer.extend_from_slice(chunk);
        Ok(buffer.freeze())
    };
    chunks(bytes, length as usize)
        .into_iter()
        .map(block)
        .collect()
}

/// The files of a directory by name, without what Hadoop takes for hidden, and those of the
/// directories in it if they are wanted. `above` are the directories that lead here, since links
/// may lead back up.
fn files_of(
    directory: &Path,
    wanted: &Wanted<'_>,
    above: &mut Vec<PathBuf>,
    files: &mut Vec<PathBuf>,
) -> Result<()> {
    let refused = |error| cannot_read(directory, error);
    let here = fs::canonicalize(directory).map_err(refused)?;
    if above.contains(&here) {
        return Ok(());
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(refused)? {
        let entry = entry.map_err(refused)?;
        if !entry.file_name().to_string_lossy().starts_with(['.', '_']) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    above.push(here);
    for path in paths {
        if wanted.recursive && path.is_dir() {
            files_of(&path, wanted, above, files)?;
        } else if (wanted.filter)(&path) {
            files.push(path);
        }
    }
    above.pop();
    Ok(())
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
    behind_first_line(&bytes[from..]).map_or(bytes.len(), |behind| from + behind)
}

struct TextFile {
    /// Of every split its pieces.
    splits: Vec<Vec<Block>>,
}

impl RddSource<Text> for TextFile {
    fn partitions(&self) -> usize {
        self.splits.len()
    }

    fn pieces(&self, partition: usize) -> usize {
        self.splits[partition].len()
    }

    fn visit(&self, partition: usize, piece: usize, each: &mut dyn FnMut(Text)) {
        self.splits[partition][piece].for_each_line(false, each);
    }

    fn is_materialized(&self) -> bool {
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
