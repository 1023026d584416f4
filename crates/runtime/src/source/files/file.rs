//! A file that a batch has taken, and what is said when it cannot be read.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use millrace_types::{Lock, counted, reason};

use super::troubles::FileVoice;

/// A file of a batch.
pub struct Taken {
    pub(super) path: PathBuf,
    /// The number of bytes that it had when it was taken; bytes that come later are not read.
    pub(super) length: u64,
    /// A piece of it was read.
    read: AtomicBool,
    /// Set once a notice has said that it cannot be read.
    said: AtomicBool,
    /// The lines that were cut for their length, by piece.
    cuts: Lock<HashMap<usize, u64>>,
}

/// The news about a line that was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// No line of the file was cut before.
    First,
    /// Another one.
    Another,
    /// Nothing: the piece is read once more, by another output.
    Known,
}

impl Taken {
    pub(super) fn new(path: PathBuf, length: u64) -> Taken {
        Taken {
            path,
            length,
            read: AtomicBool::new(false),
            said: AtomicBool::new(false),
            cuts: Lock::default(),
        }
    }

    /// Opens it. A thing that has come into the file's place since is refused unless it is a file, and
    /// is never waited for: a pipe may have no writer.
    pub(super) fn open(&self) -> io::Result<File> {
        let mut options = File::options();
        let options = options.read(true).custom_flags(libc::O_NONBLOCK);
        let file = options.open(&self.path)?;
        let about = file.metadata()?;
        if about.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !about.is_file() {
            return Err(io::Error::other("it is no file any more"));
        }
        Ok(file)
    }

    /// Takes that whoever reads a piece has cut `count` lines of it by now. A line counts once,
    /// however often the piece is read.
    pub(super) fn cut(&self, piece: usize, count: u64) -> News {
        let mut cuts = self.cuts.lock();
        let first = cuts.is_empty();
        let known = cuts.entry(piece).or_default();
        if count <= *known {
            return News::Known;
        }
        *known = count;
        match first {
            true => News::First,
            false => News::Another,
        }
    }

    /// Takes what became of a piece. If it was not read, or not whole, that is said: once,
    /// however many pieces and readers the file has.
    pub(super) fn ended(&self, piece: Result<(), Cut>, voice: &FileVoice) {
        let Err(cut) = piece else {
            self.read.store(true, Ordering::Relaxed);
            return;
        };
        if self.said.swap(true, Ordering::Relaxed) {
            return;
        }
        let (name, why) = (self.path.display(), reason(&cut.why));
        let what = if let Some(lines) = cut.lines {
            let what = match cut.why.kind() {
                io::ErrorKind::UnexpectedEof => "is cut short",
                _ if lines == 0 => "is not read",
                _ => "is not read to its end",
            };
            let verb = if lines == 1 { "was" } else { "were" };
            format!(
                "{what}: {why}; {} of it {verb} counted",
                counted(lines, "line")
            )
        } else if cut.at > 0 {
            let at = cut.at;
            format!("is not read from byte {at} on: {why}; what is before that counts")
        } else if self.read.load(Ordering::Relaxed) {
            format!("is not read whole: {why}; what could be read of it counts")
        } else {
            format!("is not read: {why}")
        };
        voice.line(&why, format_args!("{name} {what}"));
    }
}

/// Why a file was not read to its end. The batch goes on without the rest: no other file is at
/// fault, and to run the batch again would not make this one better.
#[derive(Debug)]
pub struct Cut {
    /// The number of bytes, of its text if it is compressed, that are before the cut.
    pub(super) at: u64,
    pub(super) why: io::Error,
    /// The number of lines before the cut, if they were counted.
    pub(super) lines: Option<u64>,
}

impl From<io::Error> for Cut {
    fn from(why: io::Error) -> Cut {
        Cut {
            at: 0,
            why,
            lines: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use super::*;

    #[test]
    fn what_has_come_into_the_place_of_a_file_is_not_opened() {
        let top = tempfile::tempdir().unwrap();
        let (directory, pipe) = (top.path().join("directory"), top.path().join("pipe"));
        fs::create_dir(&directory).unwrap();
        // Nobody will ever write into it.
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        for (path, why) in [
            (directory, "is a directory"),
            (pipe, "it is no file any more"),
        ] {
            let refused = Taken::new(path, 1).open().unwrap_err();
            assert_eq!(reason(&refused), why);
        }
    }
}
