//! Compressed files, by the endings and in the forms that Hadoop's codecs have.
//!
//! `.lz4` and `.snappy` are Hadoop's own: blocks with their lengths in front of them. What the
//! command lines of the same names write begins with a mark of its own and is read as well, which
//! Hadoop does not do. A file is decompressed while it is read, so that it takes no more memory
//! than a block of it, whatever it claims to hold.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::{MultiGzDecoder, ZlibDecoder};
use lz4_flex::frame::FrameDecoder;

use super::hadoop_blocks::HadoopBlocks;
use super::zstd_frames::ZstdFrames;

/// The first bytes of a file of the `lz4` command line.
const LZ4_FRAME: &[u8] = b"\x04\x22\x4d\x18";

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
    /// If it cannot be read, or its beginning is not of this codec. What is damaged or missing
    /// later is an error of the reader.
    pub(crate) fn decoder(self, file: impl Read + 'static) -> io::Result<Box<dyn Read>> {
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
            Codec::Lz4 if begins_with(&mut file, LZ4_FRAME)? => {
                Box::new(Lz4Frames(FrameDecoder::new(file)))
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

/// All frames of a file; the decoder stops behind each.
struct Lz4Frames<R: Read>(FrameDecoder<R>);

impl<R: BufRead> Read for Lz4Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.0.read(buffer)?;
            if count > 0 || buffer.is_empty() || self.0.get_mut().fill_buf()?.is_empty() {
                return Ok(count);
            }
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
            "a.zst",
            include_bytes!("../../tests/fixtures/compressed/frame.zst"),
        ),
    ];

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
