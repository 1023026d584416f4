//! Finding the program that `millrace-submit` is to become.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use millrace_types::local_path;

use crate::environment::Environment;

/// Resources that Spark runs and millrace does not, by their ends.
const FOREIGN: [(&str, &str); 2] = [(".jar", "a JVM"), (".R", "an R")];

/// The program that `resource` names: a location when it holds a `/`, else a name
/// found beside the running program, then on `PATH`.
///
/// # Errors
///
/// One line that names the resource, and for a script or jar also the native
/// program of the same stem, if there is one.
pub(crate) fn find(resource: &OsStr, environment: &Environment) -> Result<PathBuf, String> {
    let shown = resource.to_string_lossy();
    if let Some((end, kind)) = FOREIGN.iter().find(|(end, _)| shown.ends_with(end)) {
        let file = Path::new(resource)
            .file_name()
            .unwrap_or(resource)
            .to_string_lossy();
        let stem = file.strip_suffix(end).unwrap_or(&file);
        let instead = match named(OsStr::new(stem), environment) {
            Some(_) => format!("run {stem} instead"),
            None => format!("there is no {stem} beside millrace-submit or on PATH"),
        };
        return Err(format!(
            "{shown} is {kind} program, and millrace runs Python and native ones: {instead}"
        ));
    }
    if resource.as_encoded_bytes().contains(&b'/') {
        let path = local_path(resource)
            .map_err(|error| format!("Cannot run program '{shown}': its name {error}"))?;
        return match path.metadata() {
            Ok(metadata) if metadata.is_dir() => {
                Err(format!("Cannot run program '{shown}': it is a directory"))
            }
            Ok(_) => Ok(path),
            Err(error) => Err(format!("Cannot run program '{shown}': {error}")),
        };
    }
    named(resource, environment)
        .ok_or_else(|| format!("Cannot find program '{shown}' beside millrace-submit or on PATH"))
}

pub(crate) fn named(name: &OsStr, environment: &Environment) -> Option<PathBuf> {
    if name.is_empty() {
        return None;
    }
    let beside = environment.program_directory().map(Path::to_owned);
    let path = environment
        .get("PATH")
        .map(|path| env::split_paths(path).collect::<Vec<_>>());
    let directories = beside.into_iter().chain(path.into_iter().flatten());
    directories
        .map(|directory| directory.join(name))
        .find(|path| is_program(path))
}

#[cfg(unix)]
pub(crate) fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;

    let metadata = path.metadata();
    metadata.is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
pub(crate) fn is_program(path: &Path) -> bool {
    path.is_file()
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn put(directory: &Path, name: &str, mode: u32) {
        let path = directory.join(name);
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn names_are_found_beside_first_and_then_on_the_path() {
        let (beside, first, second) = (
            tempfile::tempdir().unwrap(),
            tempfile::tempdir().unwrap(),
            tempfile::tempdir().unwrap(),
        );
        put(beside.path(), "both", 0o755);
        put(first.path(), "both", 0o755);
        put(first.path(), "data", 0o644);
        put(second.path(), "data", 0o755);
        let path = env::join_paths([first.path(), second.path()]).unwrap();
        let environment = Environment::empty()
            .beside(beside.path())
            .with("PATH", path);
        let found = |name: &str| find(OsStr::new(name), &environment);
        assert_eq!(found("both"), Ok(beside.path().join("both")));
        assert_eq!(found("data"), Ok(second.path().join("data")));
        assert!(found("none").unwrap_err().contains("'none'"));
        assert!(found("").unwrap_err().contains("''"));
    }

    #[test]
    fn a_path_is_taken_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        put(directory.path(), "prog", 0o755);
        let environment = Environment::empty();
        let path = directory.path().join("prog");
        let address = format!("file://{}", path.display());
        assert_eq!(find(OsStr::new(&address), &environment), Ok(path.clone()));
        assert_eq!(find(path.as_os_str(), &environment), Ok(path));
        let foreign = find(OsStr::new("hdfs://nn/prog"), &environment).unwrap_err();
        assert!(foreign.contains("no hdfs: locations"), "{foreign}");
        let missing = find(OsStr::new("./no/such"), &environment).unwrap_err();
        assert!(
            missing.starts_with("Cannot run program './no/such': "),
            "{missing}"
        );
        let message = find(directory.path().join("").as_os_str(), &environment).unwrap_err();
        assert!(message.ends_with("it is a directory"), "{message}");
    }

    #[test]
    fn scripts_and_jars_are_refused_with_what_runs_instead() {
        let directory = tempfile::tempdir().unwrap();
        put(directory.path(), "network_wordcount", 0o755);
        let environment = Environment::empty().beside(directory.path());
        let cases = [
            ("foo/network_wordcount.jar", "run network_wordcount instead"),
            ("network_wordcount.jar", "run network_wordcount instead"),
            ("./network_wordcount.R", "run network_wordcount instead"),
            ("other.jar", "there is no other beside"),
            (".jar", "there is no  beside"),
        ];
        for (resource, expected) in cases {
            let message = find(OsStr::new(resource), &environment).unwrap_err();
            assert!(
                message.starts_with(resource) && message.contains(expected),
                "{message}"
            );
            assert_eq!(message.lines().count(), 1);
        }
    }
}
