//! What a program names a file by: a path, or Spark's `file:` address of one.

use std::path::PathBuf;

use crate::error::{Error, Result};

/// The path that `name` stands for.
///
/// # Errors
/// If it is the address of another file system, `hdfs://` for instance.
pub(crate) fn local(name: &str) -> Result<PathBuf> {
    let Some((scheme, rest)) = name.split_once(':') else {
        return Ok(PathBuf::from(name));
    };
    let is_scheme = scheme.len() > 1
        && rest.starts_with('/')
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte));
    if !is_scheme {
        return Ok(PathBuf::from(name));
    }
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if scheme == "file" && path.starts_with('/') {
        return Ok(PathBuf::from(path));
    }
    Err(Error::illegal(format!(
        "{name}: only files of this machine can be read and written; name a path, or file:///path"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_path_and_file_names_one() {
        for (name, path) in [
            ("out/counts", "out/counts"),
            ("/tmp/a:b/c", "/tmp/a:b/c"),
            ("12:30/x", "12:30/x"),
            ("file:/tmp/out", "/tmp/out"),
            ("file:///tmp/out", "/tmp/out"),
            ("", ""),
        ] {
            assert_eq!(local(name).unwrap(), PathBuf::from(path), "{name}");
        }
    }

    #[test]
    fn other_file_systems_are_refused_by_name() {
        for name in ["hdfs://host/out", "s3a://bucket/out", "file://host/out"] {
            let error = local(name).unwrap_err();
            assert!(error.to_string().starts_with(name), "{error}");
        }
    }
}
