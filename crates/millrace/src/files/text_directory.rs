//! `save_as_text_file`: a dataset as a directory of text files, as Spark writes it.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use millrace_text::python;
use millrace_wal::failpoint;
use serde::Serialize;

use crate::error::Result;
use crate::rdd::Rdd;

use super::{located, replace, texts};

impl<T: Serialize + Send + 'static> Rdd<T> {
    /// Writes the directory `path` (Spark: `saveAsTextFile`): `part-00000` and so on, one a
    /// partition, empty ones too, and an empty `_SUCCESS`.
    ///
    /// A line is `str(record)` in Python. The directory appears when it is complete. One that
    /// an earlier save wrote is replaced, as in a batch of Spark; anything else is not.
    ///
    /// # Errors
    /// If the system refuses something, a record cannot be shown, something at `path` is no
    /// output, or `path` is not a location of this machine (a path, or `file:` and one).
    ///
    /// ```
    /// use millrace::testing::parallelize;
    /// let directory = std::env::temp_dir().join(format!("millrace-doc-{}", std::process::id()));
    /// let path = directory.join("out").display().to_string();
    /// parallelize(vec![("a", 1), ("b", 2)], 1).save_as_text_file(&path)?;
    /// assert_eq!(std::fs::read_to_string(format!("{path}/part-00000"))?, "('a', 1)\n('b', 2)\n");
    /// # std::fs::remove_dir_all(directory)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn save_as_text_file(&self, path: &str) -> Result<()> {
        let path = located("save_as_text_file: the path", path)?;
        replace::directory(&path, |directory| self.write_parts(directory))
    }

    fn write_parts(&self, directory: &Path) -> Result<()> {
        let mut texts = texts(self, python::write_str).peekable();
        for partition in 0..self.partitions() {
            let path = directory.join(format!("part-{partition:05}"));
            let refused = |error| replace::cannot_write(&path, error);
            let mut file = File::create(&path).map_err(refused)?;
            while let Some((_, text)) = texts.next_if(|(of, _)| *of == partition) {
                file.write_all(text?.as_bytes()).map_err(refused)?;
            }
            failpoint("output.parts.after-part");
        }
        let success = directory.join("_SUCCESS");
        File::create(&success).map_err(|error| replace::cannot_write(&success, error))?;
        failpoint("output.parts.after-success");
        Ok(())
    }
}
