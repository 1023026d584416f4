//! The options of a file stream.

use std::fmt;
use std::path::Path;

use super::listing::Filter;

/// Which files of a directory a `file stream` takes.
///
/// ```
/// use millrace::source::FileOptions;
/// let is_log = |path: &std::path::Path| path.extension().is_some_and(|ending| ending == "log");
/// let options = FileOptions::new().filter(is_log).new_files_only(false).recursive(true);
/// millrace::testing::run_context(0, |ssc| {
///     ssc.file_stream("/var/spool/in", options).print();
/// });
/// ```
#[must_use = "options have an effect only where they are given to an operator"]
pub struct FileOptions {
    pub(super) filter: Option<Box<Filter>>,
    pub(super) new_files_only: bool,
    /// True when files of directories below are taken too.
    pub recursive: bool,
}

impl FileOptions {
    /// All files that were changed after the stream was made.
    pub fn new() -> FileOptions {
        FileOptions {
            filter: None,
            new_files_only: true,
            recursive: false,
        }
    }

    /// Takes only files (and sub-directories) whose path `filter` accepts. Names that begin with
    /// `.` or `_` are never taken.
    pub fn filter(mut self, filter: impl Fn(&Path) -> bool + Send + Sync + 'static) -> FileOptions {
        self.filter = Some(Box::new(filter));
        self
    }

    /// With `false`, the first batches also take files that were there before, if they are not
    /// older than `spark.streaming.fileStream.minRememberDuration` (60 s). `true` by default.
    pub fn new_files_only(mut self, new_files_only: bool) -> FileOptions {
        self.new_files_only = new_files_only;
        self
    }

    /// With `true`, files in sub-directories are taken as those in the directory itself are, each
    /// by its own time, however deep; a filter is asked for files alone then, and a sub-directory
    /// is nothing that is taken. `false` by default: a sub-directory that is moved in is taken
    /// once, with the files directly in it (Spark 3.5).
    pub fn recursive(mut self, recursive: bool) -> FileOptions {
        self.recursive = recursive;
        self
    }
}

impl FileOptions {
    #[doc(hidden)]
    #[must_use]
    pub fn accepts(&self, path: &Path) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter(path))
    }
}

impl Default for FileOptions {
    fn default() -> FileOptions {
        FileOptions::new()
    }
}

impl fmt::Debug for FileOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileOptions")
            .field("has_filter", &self.filter.is_some())
            .field("new_files_only", &self.new_files_only)
            .field("recursive", &self.recursive)
            .finish()
    }
}
