//! Compressed files, by the endings and in the forms that Hadoop's codecs have.
//!
//! `.lz4` and `.snappy` are Hadoop's own: blocks with their lengths in front of them. Files of the
//! command lines of the same names begin with a mark of their own and are read as well, which
//! Hadoop does not do. A file is decompressed while it is read, so that it takes no more memory
//! than a block of it, whatever it claims to hold.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;
use std::rc::Rc;

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::{MultiGzDecoder, ZlibDecoder};

use super::hadoop_blocks::HadoopBlocks;
use super::lz4_frames::{self, Lz4Frames};
use super::zstd_frames::ZstdFrames;

/// The first bytes of a snappy file that is not Hadoop's.
const SNAPPY_FRAME: &[u8] = b"\xff\x06\x00\x00sNaPpY";

/// The compression of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    Gzip,
    Bzip2,
    Deflate,
    Lz4,
    Snappy,
    Zstd,
}

impl Codec {
    /// The codec that the ending of a file's name stands for, if it is one of Hadoop's.
    pub(crate) fn of(path: &Path) -> Option<Codec> {
        match path.extension()?.to_str()? {
            "gz" => Some(Codec::Gzip),
            "bz2" => Some(Codec::Bzip2),
            "deflate" => Some(Codec::Deflate),
            "lz4" => Some(Codec::Lz4),
            "snappy" => Some(Codec::Snappy),
            "zst" => Some(Codec::Zstd),
            _ => None,
        }
    }

    /// A reader of the file's decompressed content.
    ///
    /// # Errors
    /// If it cannot be read. Damage is an error of the reader, of the kind [`ErrorKind::UnexpectedEof`] if
    /// the file ends too soon.
    pub(crate) fn decoder(self, file: impl Read + 'static) -> io::Result<impl Read> {
        let ended = Rc::new(Cell::new(false));
        let file = EndWatched {
            file,
            ended: Rc::clone(&ended),
        };
        Ok(Decoder {
            content: self.content(file)?,
            ended,
            given: false,
        })
    }

    fn content(self, file: impl Read + 'static) -> io::Result<Box<dyn Read>> {
        let mut file = BufReader::with_capacity(64 << 10, file);
        // A file of one byte is not whole in any of these forms.
        let begins_with = |file: &mut BufReader<_>, mark: &[u8]| {
            let begun = file.fill_buf()?;
            Ok::<_, io::Error>(begun.starts_with(mark))
        };
        Ok(match self {
            Codec::Gzip => Box::new(MultiGzDecoder::new(file)),
            Codec::Bzip2 => Box::new(MultiBzDecoder::new(file)),
            Codec::Deflate => Box::new(ZlibDecoder::new(file)),
            Codec::Lz4
                if begins_with(&mut file, &lz4_frames::FRAME)?
                    || begins_with(&mut file, &lz4_frames::LEGACY)? =>
            {
                Box::new(Lz4Frames::new(file))
            }
            Codec::Lz4 => Box::new(HadoopBlocks::lz4(file)),
            Codec::Snappy if begins_with(&mut file, SNAPPY_FRAME)? => {
                Box::new(snap::read::FrameDecoder::new(file))
            }
            Codec::Snappy => Box::new(HadoopBlocks::snappy(file)),
            Codec::Zstd => Box::new(ZstdFrames::new(file)),
        })
    }
}

/// A file whose end is noticed.
struct EndWatched<R> {
    file: R,
    /// Set once somebody has read behind its end.
    ended: Rc<Cell<bool>>,
}

impl<R: Read> Read for EndWatched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        if count == 0 && !buffer.is_empty() {
            self.ended.set(true);
        }
        Ok(count)
    }
}

/// The content of a file, with errors in words that are the same for all codecs.
struct Decoder {
    content: Box<dyn Read>,
    ended: Rc<Cell<bool>>,
    /// True once some of the content was given.
    given: bool,
}

impl Decoder {
    fn explained(&self, error: io::Error) -> io::Error {
        if error.raw_os_error().is_some() || error.kind() == ErrorKind::Interrupted {
            return error;
        }
        // A decoder that asks for more bytes than the file has found no fault in those that it has.
        if self.ended.get() {
            let what = "the compressed file ends in the middle";
            return io::Error::new(ErrorKind::UnexpectedEof, what);
        }
        let what = match self.given {
            true => "it is damaged",
            false => "it is damaged, or not compressed as its name says",
        };
        io::Error::new(ErrorKind::InvalidData, what)
    }
}

impl Read for Decoder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(buffer);
        self.given |= matches!(count, Ok(1..));
        count.map_err(|error| self.explained(error))
    }
}

/// The body of a fuzz target: the first byte chooses the codec, and the others are a file, which
/// is read as far as it goes and takes no memory that its size does not allow.
#[cfg(any(test, fuzzing))]
pub(crate) fn fuzz(data: &[u8]) {
    const CODECS: [Codec; 6] = [
        Codec::Gzip,
        Codec::Bzip2,
        Codec::Deflate,
        Codec::Lz4,
        Codec::Snappy,
        Codec::Zstd,
    ];
    let Some((&first, file)) = data.split_first() else {
        return;
    };
    let codec = CODECS[usize::from(first) % CODECS.len()];
    let Ok(mut decoder) = codec.decoder(io::Cursor::new(file.to_vec())) else {
        return;
    };
    let (mut buffer, mut most) = (vec![0; 8 << 10], 1 << 20);
    while let Ok(count @ 1..) = decoder.read(&mut buffer) {
        match usize::checked_sub(most, count) {
            Some(left) => most = left,
            // It need not end: a few bytes hold gigabytes.
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};

    use super::*;

    /// The files that Hadoop's codecs wrote of [`text`].
    const FILES: &[(&str, &[u8])] = &[
        (
            "a.gz",
            include_bytes!("../../tests/fixtures/compressed/hadoop.gz"),
        ),
        (
            "a.bz2",
            include_bytes!("../../tests/fixtures/compressed/hadoop.bz2"),
        ),
        (
            "a.deflate",
            include_bytes!("../../tests/fixtures/compressed/hadoop.deflate"),
        ),
        (
            "a.lz4",
            include_bytes!("../../tests/fixtures/compressed/hadoop.lz4"),
        ),
        (
            "a.snappy",
            include_bytes!("../../tests/fixtures/compressed/hadoop.snappy"),
        ),
        (
            "b.lz4",
            include_bytes!("../../tests/fixtures/compressed/frame.lz4"),
        ),
        (
            "c.lz4",
            include_bytes!("../../tests/fixtures/compressed/legacy.lz4"),
        ),
        (
            "a.zst",
            include_bytes!("../../tests/fixtures/compressed/frame.zst"),
        ),
    ];

    /// The files that say themselves where they end.
    const CLOSED: [&str; 5] = ["a.gz", "a.bz2", "a.deflate", "b.lz4", "a.zst"];

    fn text() -> String {
        let line = |i| format!("to be or not to be {} \u{e9}\n", i % 7);
        (0..400).map(line).collect()
    }

    fn read(name: &str, bytes: &[u8]) -> (Vec<u8>, io::Result<()>) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        fs::write(&path, bytes).unwrap();
        let mut read = Vec::new();
        let codec = Codec::of(&path).unwrap();
        let decoder = codec.decoder(File::open(path).unwrap());
        let ended = decoder.and_then(|mut decoder| decoder.read_to_end(&mut read));
        (read, ended.map(drop))
    }

    #[test]
    fn what_hadoop_wrote_is_read() {
        for (name, bytes) in FILES {
            let (read, ended) = read(name, bytes);
            ended.unwrap();
            assert_eq!(String::from_utf8(read).unwrap(), text(), "{name}");
        }
    }

    #[test]
    fn files_one_behind_the_other_are_one_file() {
        // Hadoop's zlib codec reads the first one alone.
        for (name, bytes) in FILES.iter().filter(|(name, _)| *name != "a.deflate") {
            let (read, ended) = read(name, &[*bytes, *bytes].concat());
            ended.unwrap();
            assert_eq!(read.len(), 2 * text().len(), "{name}");
        }
    }

    #[test]
    fn what_is_cut_is_an_error_behind_what_could_be_read() {
        let text = text().into_bytes();
        for (name, bytes) in FILES {
            for length in [bytes.len() / 2, bytes.len() - 1, 3, 1] {
                let (read, ended) = read(name, &bytes[..length]);
                assert!(ended.is_err(), "{name} of {length} bytes");
                assert!(text.starts_with(&read), "{name} of {length} bytes");
            }
        }
    }

    #[test]
    fn a_file_that_ends_too_soon_is_told_from_one_that_is_damaged() {
        for (name, bytes) in FILES.iter().filter(|(name, _)| CLOSED.contains(name)) {
            for length in 1..bytes.len() {
                let error = read(name, &bytes[..length]).1.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{name}: {length}");
                assert_eq!(error.to_string(), "the compressed file ends in the middle");
            }
        }
        for (name, _) in FILES {
            let error = read(name, &[b'x'; 4000]).1.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidData, "{name}");
            let what = "it is damaged, or not compressed as its name says";
            assert_eq!(error.to_string(), what, "{name}");
        }
    }

    #[test]
    fn frames_of_both_forms_of_lz4_follow_each_other() {
        let of = |name| FILES.iter().find(|(it, _)| *it == name).unwrap().1;
        let (frame, legacy) = (of("b.lz4"), of("c.lz4"));
        for parts in [[frame, legacy, frame], [legacy, legacy, frame]] {
            let (read, ended) = read("a.lz4", &parts.concat());
            ended.unwrap();
            assert_eq!(String::from_utf8(read).unwrap(), text().repeat(3));
        }
    }

    #[test]
    fn what_is_damaged_is_an_error_and_never_a_panic() {
        for (name, bytes) in FILES {
            for at in 0..bytes.len() {
                let mut damaged = bytes.to_vec();
                damaged[at] ^= 0x55;
                // Not every form has a sum of all its bytes.
                drop(read(name, &damaged));
            }
        }
        for (name, _) in FILES {
            assert!(
                read(name, b"this is no compressed file at all").1.is_err(),
                "{name}"
            );
        }
    }

    #[test]
    fn an_ending_is_all_behind_the_last_point() {
        for name in ["a.gz.txt", "gz", "a.GZ", "a"] {
            assert_eq!(Codec::of(Path::new(name)), None, "{name}");
        }
    }
}
