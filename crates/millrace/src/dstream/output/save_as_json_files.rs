//! `save_as_json_files`: every batch as a file of JSON lines.

use std::panic::Location;

use millrace_engine::pipeline::Pipeline;
use millrace_runtime::files::SaveRdd;
use serde::Serialize;

use super::super::{DStream, named};

impl<T: Serialize + Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// Writes every batch into a file of its own, a JSON value per line (what
    /// `rdd.toDF().write.json` is for in Spark): `<prefix>-<time in ms>.<suffix>`, by the rules
    /// of [`save_as_text_files`](DStream::save_as_text_files).
    ///
    /// A record is what serde makes of it: a struct an object, a tuple an array. The file
    /// appears when it is complete, and a batch that runs again replaces it. An empty batch has
    /// an empty file.
    ///
    /// A failed write fails the batch; the error names the path. A prefix that is not a location
    /// of this machine (a path, or `file:` and one), or whose directory cannot be written to, is
    /// an error that `start` reports.
    ///
    /// ```
    /// let directory = std::env::temp_dir().join(format!("millrace-json-{}", std::process::id()));
    /// let prefix = directory.join("counts").display().to_string();
    /// millrace::testing::run_outputs(&["to be to\n"], |lines| {
    ///     lines.flat_map(|line| line.split(" ")).count_by_value().save_as_json_files(&prefix, "jsonl");
    /// });
    /// let written = std::fs::read_to_string(format!("{prefix}-1000.jsonl"))?;
    /// assert_eq!(written, "[\"to\",2]\n[\"be\",1]\n");
    /// # std::fs::remove_dir_all(directory)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn save_as_json_files(&self, prefix: &str, suffix: &str) {
        let name = named("save_as_json_files", Location::caller());
        self.save_as(name, prefix, suffix, |rdd, path| {
            rdd.save_as_json_file(path)
        });
    }
}
