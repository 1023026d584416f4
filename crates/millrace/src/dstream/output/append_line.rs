//! `append_line`: a line of the program's own in a file.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use millrace_engine::error::Error;
use millrace_engine::panics::fail;
use millrace_types::reason;

/// Appends a line to a file, for a function of
/// [`foreach_rdd`](crate::DStream::foreach_rdd). The file is made if it is not there.
///
/// A file that the system refuses fails the batch and ends the run with an error that names it, of
/// the kind [`Io`](crate::ErrorKind::Io) or [`DiskFull`](crate::ErrorKind::DiskFull); a panic
/// would blame the program's code. It does so by unwinding to the batch that runs, so it belongs
/// into functions of batches. A line of which the disk took a part is taken back. A batch that
/// runs again after a crash may append its line a second time.
///
/// ```
/// let file = std::env::temp_dir().join(format!("millrace-sizes-{}", std::process::id()));
/// let sizes = file.clone();
/// millrace::testing::run_outputs(&["a\nb\n", ""], move |lines| {
///     lines.foreach_rdd(move |rdd| millrace::dstream::append_line(&sizes, rdd.count()));
/// });
/// assert_eq!(std::fs::read_to_string(&file)?, "2\n0\n");
/// # std::fs::remove_file(file)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn append_line(path: impl AsRef<Path>, text: impl fmt::Display) {
    let path = path.as_ref();
    if let Err(error) = append(path, &format!("{text}\n")) {
        let why = format!("{}{}", reason(&error), what_to_do(error.kind()));
        let error = io::Error::new(error.kind(), why);
        fail(Error::io(
            format!("cannot append to {}", path.display()),
            error,
        ));
    }
}

fn append(path: &Path, line: &str) -> io::Result<()> {
    let mut file = File::options().create(true).append(true).open(path)?;
    let before = file.metadata()?;
    file.write_all(line.as_bytes()).inspect_err(|_| {
        if before.is_file() {
            // If not even that is possible, the error of the write is the one to tell.
            drop(file.set_len(before.len()));
        }
    })
}

fn what_to_do(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "; make room on the disk and start again"
        }
        ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::IsADirectory
        | ErrorKind::NotADirectory
        | ErrorKind::NotFound => "; choose a file that this program may write",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::panic::catch_unwind;

    use super::*;

    fn refused(path: &Path) -> Error {
        let refused = catch_unwind(|| append_line(path, "a line")).unwrap_err();
        *refused.downcast::<Error>().unwrap()
    }

    #[test]
    fn a_file_that_is_refused_is_named_with_what_to_do() {
        let top = tempfile::tempdir().unwrap();
        let file = top.path().join("lines");
        append_line(&file, "one");
        append_line(&file, "two");
        assert_eq!(fs::read_to_string(&file).unwrap(), "one\ntwo\n");
        for bad in [top.path(), &file.join("below"), &top.path().join("no/file")] {
            let error = refused(bad);
            assert_eq!(error.kind(), crate::ErrorKind::Io);
            let message = error.to_string();
            let beginning = format!("cannot append to {}: ", bad.display());
            assert!(message.starts_with(&beginning), "{message}");
            let end = "; choose a file that this program may write";
            assert!(message.ends_with(end), "{message}");
        }
        if Path::new("/dev/full").exists() {
            let error = refused(Path::new("/dev/full"));
            assert_eq!(error.kind(), crate::ErrorKind::DiskFull);
            assert!(
                error
                    .to_string()
                    .ends_with("; make room on the disk and start again")
            );
        }
    }
}
