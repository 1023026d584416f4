//! `save_as_text_files`: every batch as a directory of text files.

use std::panic::Location;

use millrace_engine::pipeline::Pipeline;
use millrace_runtime::files::SaveRdd;
use serde::Serialize;

use super::super::{DStream, named};

impl<T: Serialize + Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// Writes every batch into a directory of its own (Spark: `saveAsTextFiles`):
    /// `<prefix>-<time in ms>`, and `.<suffix>` behind it unless the suffix is empty; with an
    /// empty prefix just the time.
    ///
    /// The directory is what [`Rdd::save_as_text_file`](crate::Rdd::save_as_text_file) writes: a
    /// file a partition, empty ones too, a line per record, and `_SUCCESS`. It appears when it is
    /// complete, and a batch that runs again replaces what it wrote before. A batch without
    /// partitions, such as that of an idle socket, has `_SUCCESS` alone.
    ///
    /// A failed write fails the batch; the error names the path. A prefix that is not a location
    /// of this machine (a path, or `file:` and one), or whose directory cannot be written to, is
    /// an error that `start` reports.
    ///
    /// ```
    /// let directory = std::env::temp_dir().join(format!("millrace-saved-{}", std::process::id()));
    /// let prefix = directory.join("words").display().to_string();
    /// millrace::testing::run_outputs(&["to be\n"], |lines| {
    ///     lines.flat_map(|line| line.split(" ")).save_as_text_files(&prefix, "txt");
    /// });
    /// assert_eq!(std::fs::read_to_string(format!("{prefix}-1000.txt/part-00000"))?, "to\nbe\n");
    /// # std::fs::remove_dir_all(directory)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn save_as_text_files(&self, prefix: &str, suffix: &str) {
        let name = named("save_as_text_files", Location::caller());
        self.save_as(name, prefix, suffix, |rdd, path| {
            rdd.save_as_text_file(path)
        });
    }
}
