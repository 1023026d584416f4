//! `save_as_json_file`: a dataset as one file of JSON lines.

use std::io::Write;

use serde::Serialize;

use crate::error::Result;
use crate::json::json_of;
use crate::rdd::Rdd;

use super::{located, replace, texts};

impl<T: Serialize + Send + 'static> Rdd<T> {
    /// Writes the file `path`: a line a record, each a JSON value, partition after partition.
    ///
    /// A record is what serde makes of it: a struct an object, a tuple or a `Vec` an array, an
    /// `Option` the value or `null`. The file appears when it is complete, and replaces one
    /// that is there.
    ///
    /// # Errors
    /// If the system refuses something, a record is none that JSON has (a map whose keys are no
    /// strings), or `path` is not a location of this machine (a path, or `file:` and one).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let path = std::env::temp_dir().join(format!("millrace-doc-{}.jsonl", std::process::id()));
    /// let name = path.display().to_string();
    /// parallelize(vec![("a", 1), ("b", 2)], 2).save_as_json_file(&name)?;
    /// assert_eq!(std::fs::read_to_string(&path)?, "[\"a\",1]\n[\"b\",2]\n");
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save_as_json_file(&self, path: &str) -> Result<()> {
        let path = located("save_as_json_file: the path", path)?;
        replace::file(&path, |mut file| {
            let encode =
                |text: &mut String, record: &T| json_of(record).map(|line| text.push_str(&line));
            for (_, text) in texts(self, encode) {
                file.write_all(text?.as_bytes())
                    .map_err(|error| replace::cannot_write(&path, error))?;
            }
            Ok(())
        })
    }
}
