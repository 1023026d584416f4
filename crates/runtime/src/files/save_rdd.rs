//! A dataset that is saved: a trait, because datasets are of the crate that knows no files.

use millrace_engine::error::Result;
use millrace_engine::rdd::Rdd;
use serde::Serialize;

use super::{json_file, text_directory};

/// Saves datasets as files: `use millrace::SaveRdd;` gives every [`Rdd`] these methods.
pub trait SaveRdd {
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
    /// use millrace::SaveRdd;
    /// use millrace::testing::parallelize;
    /// let directory = std::env::temp_dir().join(format!("millrace-doc-{}", std::process::id()));
    /// let path = directory.join("out").display().to_string();
    /// parallelize(vec![("a", 1), ("b", 2)], 1).save_as_text_file(&path)?;
    /// assert_eq!(std::fs::read_to_string(format!("{path}/part-00000"))?, "('a', 1)\n('b', 2)\n");
    /// # std::fs::remove_dir_all(directory)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn save_as_text_file(&self, path: &str) -> Result<()>;

    /// Writes the file `path`: a line per record, each a JSON value, partition after partition.
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
    /// use millrace::SaveRdd;
    /// use millrace::testing::parallelize;
    /// let path = std::env::temp_dir().join(format!("millrace-doc-{}.jsonl", std::process::id()));
    /// let name = path.display().to_string();
    /// parallelize(vec![("a", 1), ("b", 2)], 2).save_as_json_file(&name)?;
    /// assert_eq!(std::fs::read_to_string(&path)?, "[\"a\",1]\n[\"b\",2]\n");
    /// # std::fs::remove_file(path)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    fn save_as_json_file(&self, path: &str) -> Result<()>;
}

impl<T: Serialize + Send + 'static> SaveRdd for Rdd<T> {
    fn save_as_text_file(&self, path: &str) -> Result<()> {
        text_directory::save(self, path)
    }

    fn save_as_json_file(&self, path: &str) -> Result<()> {
        json_file::save(self, path)
    }
}
