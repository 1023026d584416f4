//! Bodies of fuzz targets whose subjects are private to the runtime. The tests here run them over
//! the corpora in `tests/fuzz/corpus`.

/// A pattern of directories, a line end, and a name.
pub fn globs(data: &[u8]) {
    crate::source::fuzz_globs(data);
}

/// A script of connections, reads, cuts and batches of a receiver of lines.
pub fn blocks(data: &[u8]) {
    crate::receiver::fuzz::blocks(data);
}

/// The bytes that a receiver of frames reads.
pub fn socket_frames(data: &[u8]) {
    crate::receiver::fuzz::socket_frames(data);
}

/// A file of lines, in pieces and as a stream.
pub fn files(data: &[u8]) {
    crate::source::fuzz_files(data);
}

/// A compressed file.
pub fn codecs(data: &[u8]) {
    crate::files::fuzz_codecs(data);
}

/// A key as somebody types it who looks for it.
pub fn keys(data: &[u8]) {
    crate::checkpoint::fuzz_keys(data);
}

/// The frames of a generation, from `meta` to the log.
pub fn checkpoint(data: &[u8]) {
    crate::checkpoint::fuzz_generation(data);
}

#[cfg(test)]
#[path = "../../../tests/fuzz/corpora.rs"]
mod corpora;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpora_are_read() {
        super::corpora::run(&[
            ("globs", globs),
            ("blocks", blocks),
            ("socket_frames", socket_frames),
            ("files", files),
            ("codecs", codecs),
            ("keys", keys),
            ("checkpoint", checkpoint),
        ]);
    }
}
