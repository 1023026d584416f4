//! The one rule for what a user names a file or directory by: a path, or Spark's `file:` address
//! of one.
//!
//! A name that begins with a scheme (`hdfs:`, `s3a:`) is never taken for a path: that would make
//! a directory called `hdfs:` where nobody looks for it, and the data would seem to be elsewhere.

use std::error::Error;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A name that is not the location of a file or directory of this machine.
///
/// As text it is the end of a sentence whose subject is the option or argument that was given:
/// `--checkpoint-dir` `is empty`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LocationError {
    /// There is no name.
    Empty,
    /// The name has nothing that can be seen.
    Blank,
    /// The name begins with a `~` that no shell has put a home directory in the place of.
    Home {
        /// The name as it was given.
        name: String,
    },
    /// The name has a scheme that is not `file`.
    Scheme {
        /// The name as it was given.
        name: String,
        /// The scheme, without the colon behind it.
        scheme: String,
    },
    /// A `file:` address of another machine.
    Host {
        /// The name as it was given.
        name: String,
        /// The machine that it names.
        host: String,
    },
    /// A `file:` address without a path that begins at the root.
    Relative {
        /// The name as it was given.
        name: String,
    },
}

impl fmt::Display for LocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LocationError::Empty => write!(f, "is empty"),
            LocationError::Blank => write!(f, "is nothing but blanks"),
            LocationError::Home { name } => write!(
                f,
                "is {name}, and no shell has put a home directory in the place of ~: name the whole \
                 path (./{name} for a directory that is called ~)"
            ),
            LocationError::Scheme { name, scheme } => write!(
                f,
                "is {name}, and there are no {scheme}: locations here, only files of this machine: \
                 name a path (./{name} for a file that is called so)"
            ),
            LocationError::Host { name, host } => write!(
                f,
                "is {name}, a file of the machine {host}, and only files of this one can be used: \
                 name file:///path"
            ),
            LocationError::Relative { name } => write!(
                f,
                "is {name}, and behind file: a path from the root is needed: name file:///path, or \
                 a path without file:"
            ),
        }
    }
}

impl Error for LocationError {}

/// The path that a location stands for.
///
/// A location is a path, relative to the working directory or from the root, or the address of
/// one: `file:/x`, `file:///x` and `file://localhost/x` all stand for `/x`. As in Hadoop's
/// `Path`, a scheme is what stands before the first colon if no slash comes first, and nothing is
/// escaped: `%20` is three characters of a name, and so are `?` and `#`. Unlike there, the scheme
/// and `localhost` are read in any case, and a name whose colon follows something that no scheme
/// is (`12:30`, `a_b:c`) is a path. One letter is a scheme, so that `C:/x` and `C:\x` are refused
/// instead of making a directory called `C:`. So is `~/x`, which a shell leaves as it is behind
/// `--option=`: a directory called `~` is not what anybody means, and is dangerous to remove.
///
/// # Errors
///
/// If the name is empty or blank, is `~` or begins with `~/`, has another scheme, names another
/// machine, or is `file:` with a path that does not begin with a slash.
///
/// ```
/// use std::path::Path;
/// use millrace_types::local_path;
///
/// assert_eq!(local_path("file:///tmp/out")?, Path::new("/tmp/out"));
/// assert_eq!(local_path("out")?, Path::new("out"));
/// let refused = local_path("hdfs://nn/out").unwrap_err();
/// assert!(refused.to_string().starts_with("is hdfs://nn/out, and there are no hdfs: locations"));
/// # Ok::<(), millrace_types::LocationError>(())
/// ```
pub fn local_path(name: impl AsRef<Path>) -> Result<PathBuf, LocationError> {
    let name = name.as_ref();
    let bytes = name.as_os_str().as_bytes();
    if bytes.is_empty() {
        return Err(LocationError::Empty);
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(LocationError::Blank);
    }
    if bytes == b"~" || bytes.starts_with(b"~/") {
        let name = name.display().to_string();
        return Err(LocationError::Home { name });
    }
    let Some((scheme, rest)) = with_scheme(bytes) else {
        return Ok(name.to_owned());
    };
    let shown = || name.display().to_string();
    if !scheme.eq_ignore_ascii_case("file") {
        let (name, scheme) = (shown(), scheme.to_owned());
        return Err(LocationError::Scheme { name, scheme });
    }
    let (host, path) = match rest.strip_prefix(b"//") {
        Some(rest) => rest.split_at(rest.iter().position(|b| *b == b'/').unwrap_or(rest.len())),
        None => (&[][..], rest),
    };
    if !host.is_empty() && !host.eq_ignore_ascii_case(b"localhost") {
        let (name, host) = (shown(), String::from_utf8_lossy(host).into_owned());
        return Err(LocationError::Host { name, host });
    }
    if !path.starts_with(b"/") {
        return Err(LocationError::Relative { name: shown() });
    }
    Ok(PathBuf::from(OsStr::from_bytes(path)))
}

/// The scheme of an address (RFC 3986, 3.1), and what stands behind its colon.
fn with_scheme(name: &[u8]) -> Option<(&str, &[u8])> {
    let colon = name.iter().position(|byte| *byte == b':')?;
    let scheme = str::from_utf8(&name[..colon]).ok()?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte));
    is_scheme.then_some((scheme, &name[colon + 1..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_is_a_path_and_file_names_one() {
        for (name, path) in [
            ("out/counts", "out/counts"),
            ("/tmp/a:b/c", "/tmp/a:b/c"),
            ("./hdfs://nn/x", "./hdfs://nn/x"),
            ("a/b:c", "a/b:c"),
            ("12:30/x", "12:30/x"),
            ("a_b:c", "a_b:c"),
            (":x", ":x"),
            (".", "."),
            ("file", "file"),
            ("file:/tmp/out", "/tmp/out"),
            ("file:///tmp/out", "/tmp/out"),
            ("file://localhost/tmp/out", "/tmp/out"),
            ("FILE://LocalHost/tmp", "/tmp"),
            ("file:///", "/"),
            ("file:////x", "//x"),
            ("file:///a%20b", "/a%20b"),
            ("file:///a?b#c", "/a?b#c"),
            ("file:///a:b", "/a:b"),
            ("./~/x", "./~/x"),
            ("~backup", "~backup"),
            ("a/~/x", "a/~/x"),
        ] {
            assert_eq!(local_path(name), Ok(PathBuf::from(path)), "{name}");
        }
    }

    #[test]
    fn everything_else_is_refused_and_named() {
        for (name, expected) in [
            ("hdfs://nn/ck", "there are no hdfs: locations"),
            ("s3a://bucket/out", "there are no s3a: locations"),
            ("hdfs:x", "there are no hdfs: locations"),
            ("C:/x", "there are no C: locations"),
            ("C:\\x", "there are no C: locations"),
            ("file://host/out", "the machine host"),
            ("file:x", "a path from the root"),
            ("file:", "a path from the root"),
            ("file://", "a path from the root"),
            ("file://localhost", "a path from the root"),
            ("~/x", "no shell has put a home directory in the place of ~"),
            ("~", "./~ for a directory"),
        ] {
            let message = local_path(name).unwrap_err().to_string();
            assert!(message.starts_with(&format!("is {name}, ")), "{message}");
            assert!(message.contains(expected), "{message}");
        }
        assert_eq!(local_path("").unwrap_err().to_string(), "is empty");
        assert_eq!(local_path(" \t"), Err(LocationError::Blank));
    }

    proptest! {
        /// A name that is no text is what its bytes say, with and without `file:`.
        #[test]
        fn bytes_are_kept(bytes in prop::collection::vec(1_u8.., 0..20)) {
            let path = [b"/", &bytes[..]].concat();
            let address = [b"file://", &path[..]].concat();
            let path = PathBuf::from(OsStr::from_bytes(&path));
            prop_assert_eq!(local_path(&path), Ok(path.clone()));
            prop_assert_eq!(local_path(OsStr::from_bytes(&address)), Ok(path));
        }
    }
}
