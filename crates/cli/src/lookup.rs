//! Finding the program that `millrace-submit` is to become.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use millrace_types::local_path;

use crate::environment::Environment;
use crate::error::{CommandError, NotRun};
use crate::suggestion::nearest_program;

/// Resources that Spark runs and millrace does not, by their ends.
const FOREIGN: [(&str, &str); 2] = [(".jar", "a JVM"), (".R", "an R")];

/// The program that `resource` names: a location when it holds a `/`, else a name
/// found beside the running program, then on `PATH`.
///
/// # Errors
///
/// One line that names the resource, and for a script or jar also the native
/// program of the same stem, if there is one.
pub(crate) fn find(resource: &OsStr, environment: &Environment) -> Result<PathBuf, CommandError> {
    let shown = resource.to_string_lossy();
    if let Some((end, kind)) = FOREIGN.iter().find(|(end, _)| shown.ends_with(end)) {
        let file = Path::new(resource)
            .file_name()
            .unwrap_or(resource)
            .to_string_lossy();
        let stem = file.strip_suffix(end).unwrap_or(&file);
        return Err(CommandError::Foreign {
            is_there: named(OsStr::new(stem), environment).is_some(),
            native: stem.to_owned(),
            program: shown.into_owned(),
            platform: kind,
        });
    }
    if resource.as_encoded_bytes().contains(&b'/') {
        return located(resource).map_err(|why| CommandError::NotRun {
            program: shown.into_owned(),
            why,
        });
    }
    named(resource, environment).ok_or_else(|| CommandError::NotFound {
        meant: meant(&shown, environment),
        program: shown.into_owned(),
    })
}

/// The program beside the running one whose name is nearest.
fn meant(typed: &str, environment: &Environment) -> Option<String> {
    let files = environment.program_directory()?.read_dir().ok()?;
    let programs = files.flatten().filter(|file| is_program(&file.path()));
    let names: Vec<String> = programs
        .filter_map(|file| file.file_name().into_string().ok())
        .collect();
    nearest_program(typed, &names).map(str::to_owned)
}

/// The path of a file that is there.
pub(crate) fn located(resource: &OsStr) -> Result<PathBuf, NotRun> {
    let path = local_path(resource).map_err(NotRun::Location)?;
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => Err(NotRun::Directory),
        Ok(_) => Ok(path),
        Err(error) => Err(NotRun::Io(error)),
    }
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
        assert_eq!(found("both").unwrap(), beside.path().join("both"));
        assert_eq!(found("data").unwrap(), second.path().join("data"));
        assert!(found("none").unwrap_err().to_string().contains("'none'"));
        assert!(found("").unwrap_err().to_string().contains("''"));
    }

    #[test]
    fn a_path_is_taken_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        put(directory.path(), "prog", 0o755);
        let environment = Environment::empty();
        let path = directory.path().join("prog");
        let address = format!("file://{}", path.display());
        assert_eq!(find(OsStr::new(&address), &environment).unwrap(), path);
        assert_eq!(find(path.as_os_str(), &environment).unwrap(), path);
        let foreign = find(OsStr::new("hdfs://nn/prog"), &environment)
            .unwrap_err()
            .to_string();
        assert!(foreign.contains("no hdfs: locations"), "{foreign}");
        let missing = find(OsStr::new("./no/such"), &environment)
            .unwrap_err()
            .to_string();
        assert!(
            missing.starts_with("Cannot run program './no/such': "),
            "{missing}"
        );
        let message = find(directory.path().join("").as_os_str(), &environment)
            .unwrap_err()
            .to_string();
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
            let message = find(OsStr::new(resource), &environment)
                .unwrap_err()
                .to_string();
            assert!(
                message.starts_with(resource) && message.contains(expected),
                "{message}"
            );
            assert_eq!(message.lines().count(), 1);
        }
    }
}
