//! `--py-files`: the modules and archives that a Python program brings along.
//!
//! Their places are read by the one rule that holds wherever a file is named, so that
//! `hdfs://nn/a.zip` does not become a name that Python silently finds nothing at.

use std::env;
use std::fs::File;
use std::path::{Path, PathBuf};

use millrace_types::{local_path, reason};

use crate::exit::Exit;

/// The setting that stands for the option.
pub(crate) const SETTING: &str = "spark.submit.pyFiles";
/// The setting that stands for `--files`; the package copies what it lists.
pub(crate) const FILES_SETTING: &str = "spark.files";

/// The files of `--py-files`, as Python finds them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PyFiles {
    /// Entries for Python's path: an archive itself, a module's directory.
    pub(crate) path: Vec<PathBuf>,
    /// Warnings of files that are not there; a program that does not import them runs, as in Spark.
    pub(crate) notices: Vec<String>,
}

impl PyFiles {
    /// The files of a list with commas.
    ///
    /// # Errors
    ///
    /// If a file has a place that is not on this machine; `program` is who was called.
    pub(crate) fn of(list: &str, program: &str) -> Result<PyFiles, Exit> {
        let mut made = PyFiles::default();
        let names = list.split(',').map(str::trim);
        for name in names.filter(|name| !name.is_empty()) {
            let file = local_path(name);
            let file =
                file.map_err(|error| Exit::misuse(format!("--py-files {error}"), program))?;
            made.add(&file);
        }
        Ok(made)
    }

    fn add(&mut self, file: &Path) {
        if let Err(error) = File::open(file) {
            let (file, why) = (file.display(), reason(&error));
            let notice = format!("Warning: --py-files: cannot read {file}: {why}");
            self.notices.push(notice);
        }
        let file = env::current_dir().map_or_else(|_| file.to_owned(), |here| here.join(file));
        let is_module = file.extension().is_some_and(|end| end == "py");
        let entry = file.parent().filter(|_| is_module).unwrap_or(&file);
        self.path.push(entry.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn archives_and_the_directories_of_modules_are_on_the_path() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for name in ["a.zip", "b.py", "c.egg"] {
            fs::write(at(name), "").unwrap();
        }
        let shown = |name: &str| at(name).display().to_string();
        let list = format!(
            "{}, file://{},,{}",
            shown("a.zip"),
            shown("b.py"),
            shown("c.egg")
        );
        let expected = PyFiles {
            path: vec![at("a.zip"), directory.path().to_owned(), at("c.egg")],
            notices: Vec::new(),
        };
        assert_eq!(PyFiles::of(&list, "submit").unwrap(), expected);
    }

    #[test]
    fn a_file_that_is_not_there_is_told() {
        let files = PyFiles::of("no/such.zip", "submit").unwrap();
        let notice = "Warning: --py-files: cannot read no/such.zip: No such file or directory";
        assert_eq!(files.notices, [notice]);
        assert_eq!(files.path.len(), 1);
    }

    #[test]
    fn a_file_of_another_machine_is_refused() {
        let refused = PyFiles::of("a.zip,hdfs://nn/b.zip", "submit").unwrap_err();
        let said = "--py-files is hdfs://nn/b.zip, and there are no hdfs: locations here";
        assert!(refused.message.contains(said), "{}", refused.message);
    }
}
