//! Local files: read as a dataset, or written by a batch.
//!
//! One law: what is written appears whole or not at all, under its name, and a batch that runs
//! again replaces what it wrote before. A reader never meets half of an output, whatever became
//! of the process that wrote it.

mod codec;
mod dead_letters;
mod hadoop_blocks;
mod json_file;
mod location;
mod lz4_frames;
mod pieces;
mod replace;
mod save_rdd;
mod text_directory;
mod text_file;
mod zstd_frames;

use std::fmt;

use millrace_engine::error::{Error, ErrorKind, Result};
use millrace_engine::rdd::Rdd;
use millrace_types::BatchTime;

pub(crate) use codec::Codec;
#[cfg(any(test, fuzzing))]
pub(crate) use codec::fuzz as fuzz_codecs;
pub use dead_letters::DeadLetterFiles;
pub use location::{check_batch_outputs, located};
pub use save_rdd::SaveRdd;
pub use text_file::{Wanted, read};

/// The name that a batch's output has (Spark 3.5: `rddToFileName`): the prefix and the time in
/// milliseconds with `-` between them, then the suffix behind a point. Either may be empty.
#[must_use]
pub fn batch_name(prefix: &str, suffix: &str, time: BatchTime) -> String {
    let mut name = time.as_millis().to_string();
    if !prefix.is_empty() {
        name = format!("{prefix}-{name}");
    }
    if !suffix.is_empty() {
        name = format!("{name}.{suffix}");
    }
    name
}

/// The text of every piece of a dataset, in order: the records one by one, each with the end of
/// its line. A few pieces at a time are formatted on the workers, so that no more than those are
/// in memory as text.
fn texts<'a, T, E>(
    rdd: &'a Rdd<T>,
    encode: impl Fn(&mut String, &T) -> Result<(), E> + Sync + 'a,
) -> impl Iterator<Item = (usize, Result<String>)> + 'a
where
    T: Send + 'static,
    E: fmt::Display,
{
    let pieces = rdd.pieces();
    let at_once = 2 * rdd.executor().workers();
    let windows: Vec<Vec<(usize, usize)>> = pieces.chunks(at_once).map(<[_]>::to_vec).collect();
    windows.into_iter().flat_map(move |window| {
        let text = |partition, piece| {
            let (mut text, mut refused) = (String::new(), None);
            rdd.visit(partition, piece, &mut |record| {
                if refused.is_none() {
                    refused = encode(&mut text, &record).err();
                    text.push('\n');
                }
            });
            match refused {
                None => (partition, Ok(text)),
                Some(error) => (
                    partition,
                    Err(Error::new(ErrorKind::Task, error.to_string())),
                ),
            }
        };
        rdd.on_pieces(window, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sparks() {
        let time = BatchTime::from_millis(1_500);
        for (prefix, suffix, name) in [
            ("out/counts", "txt", "out/counts-1500.txt"),
            ("out/counts", "", "out/counts-1500"),
            ("", "txt", "1500.txt"),
            ("", "", "1500"),
        ] {
            assert_eq!(batch_name(prefix, suffix, time), name);
        }
    }
}
