//! Python programs: which interpreter runs one, and where it finds `pyspark`.
//!
//! The program is the interpreter's, as it would be under spark-submit; what is ours is the
//! directory that comes first on its path, in which `pyspark` is the package of this project. The
//! package is one for all interpreters, so it is looked for around `millrace-submit` before an
//! interpreter is asked.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use millrace_types::Conf;

use crate::environment::Environment;
use crate::error::{CommandError, NotRun};
use crate::lookup::{located, named};
use crate::py_files::PyFiles;

/// Asks the package to say where functions run instead of running the program.
pub(crate) const EXPLAIN: &str = "MILLRACE_EXPLAIN";

/// The extension module as `cargo build` leaves it, beside `millrace-submit`.
const BUILT: &str = "libmillrace_python.so";
/// The place of the package in a checkout, seen from the directory of a built program.
const IN_CHECKOUT: &str = "../../crates/python/python";
/// The directory inside the package in which it is called `pyspark`.
const AS_PYSPARK: &str = "millrace/_as_pyspark";

/// True if a resource is a Python program.
pub(crate) fn is_python(resource: &OsStr) -> bool {
    resource.as_encoded_bytes().ends_with(b".py")
}

/// The module that is the shell, and Spark's name for a shell in the place of a program.
const SHELL: &str = "millrace.shell";
const SHELL_OF_SPARK: &str = "pyspark-shell";

/// The work of an interpreter.
pub(crate) enum Job {
    /// A program, by its file.
    Program(OsString),
    /// The shell, and the file of a program that runs in it.
    Shell(Option<OsString>),
}

impl Job {
    /// The work that a command line asks for; `None` if that is not Python's.
    pub(crate) fn of(shell: bool, resource: Option<&OsStr>) -> Option<Job> {
        match resource {
            Some(resource) if is_python(resource) => Some(match shell {
                true => Job::Shell(Some(resource.to_owned())),
                false => Job::Program(resource.to_owned()),
            }),
            Some(resource) if resource == SHELL_OF_SPARK => Some(Job::Shell(None)),
            None if shell => Some(Job::Shell(None)),
            _ => None,
        }
    }

    /// The file of the program.
    pub(crate) fn script(&self) -> Option<&OsStr> {
        match self {
            Job::Program(script) => Some(script),
            Job::Shell(script) => script.as_deref(),
        }
    }

    /// The words for the interpreter, before those of the program.
    ///
    /// # Errors
    ///
    /// One line, if the program is not there or not to be read.
    pub(crate) fn words(&self) -> Result<Vec<OsString>, CommandError> {
        let script = self.script().map(readable).transpose()?;
        let script = script.map(PathBuf::into_os_string);
        Ok(match self {
            Job::Program(_) => script.into_iter().collect(),
            Job::Shell(_) => {
                let words = ["-m", SHELL].map(OsString::from).into_iter();
                // Its own options would be the shell's otherwise.
                let end = script.is_some().then(|| "--".into());
                words.chain(end).chain(script).collect()
            }
        })
    }
}

/// The path of a program that can be read.
fn readable(script: &OsStr) -> Result<PathBuf, CommandError> {
    let path = located(script).and_then(|path| match fs::File::open(&path) {
        Ok(_) => Ok(path),
        Err(error) => Err(NotRun::Io(error)),
    });
    path.map_err(|why| CommandError::NotRun {
        program: script.to_string_lossy().into_owned(),
        why,
    })
}

/// The name of a program that nobody named: its file's (Spark 3.5).
pub(crate) fn name_of(resource: &OsStr) -> String {
    let file = Path::new(resource).file_name().unwrap_or(resource);
    file.to_string_lossy().into_owned()
}

/// The interpreter by Spark's rules, as a path.
///
/// # Errors
///
/// One line, if it is not there.
pub(crate) fn interpreter(conf: &Conf, environment: &Environment) -> Result<PathBuf, CommandError> {
    let of_conf = |key| conf.get(key).map(OsString::from);
    let of_environment = |name| environment.get(name).map(OsStr::to_owned);
    let asked = of_conf("spark.pyspark.driver.python")
        .or_else(|| of_conf("spark.pyspark.python"))
        .or_else(|| of_environment("PYSPARK_DRIVER_PYTHON"))
        .or_else(|| of_environment("PYSPARK_PYTHON"))
        .unwrap_or_else(|| "python3".into());
    let found = match asked.as_encoded_bytes().contains(&b'/') {
        true => Some(PathBuf::from(&asked)).filter(|path| path.is_file()),
        false => named(&asked, environment),
    };
    found.ok_or_else(|| CommandError::NoInterpreter(asked.to_string_lossy().into_owned()))
}

/// The directories of the package.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Packages {
    /// The directory that has `millrace` in it.
    root: PathBuf,
    /// The extension module, if it is not in the package itself.
    engine: Option<PathBuf>,
}

/// Finds the package: of a built checkout, installed around `millrace-submit`, or what the
/// interpreter says.
///
/// # Errors
///
/// One line on how to get it.
pub(crate) fn packages(
    interpreter: &Path,
    environment: &Environment,
) -> Result<Packages, CommandError> {
    let beside = environment.program_directory();
    (beside.and_then(in_checkout))
        .or_else(|| beside.and_then(installed_around))
        .or_else(|| asked_of(interpreter))
        .ok_or_else(|| CommandError::NoPackage(interpreter.to_owned()))
}

fn in_checkout(beside: &Path) -> Option<Packages> {
    let engine = beside.join(BUILT);
    let root = beside.join(IN_CHECKOUT).canonicalize().ok()?;
    engine.is_file().then_some(Packages {
        root,
        engine: Some(engine),
    })
}

/// `<prefix>/lib/python3.*/site-packages` for a `millrace-submit` in `<prefix>/bin`.
fn installed_around(beside: &Path) -> Option<Packages> {
    let versions = fs::read_dir(beside.parent()?.join("lib")).ok()?;
    let mut roots: Vec<PathBuf> = versions
        .filter_map(|entry| Some(entry.ok()?.path()))
        .flat_map(|version| ["site-packages", "dist-packages"].map(|name| version.join(name)))
        .filter(|root| root.join(AS_PYSPARK).is_dir())
        .collect();
    roots.sort();
    let root = roots.pop()?;
    Some(Packages { root, engine: None })
}

fn asked_of(interpreter: &Path) -> Option<Packages> {
    let question = "import millrace, os; print(os.path.dirname(millrace.__path__[0]))";
    let answer = Command::new(interpreter)
        .args(["-c", question])
        .stderr(std::process::Stdio::null())
        .output()
        .ok()?;
    let root = String::from_utf8(answer.stdout).ok()?;
    let root = PathBuf::from(root.trim_end());
    (answer.status.success() && root.join(AS_PYSPARK).is_dir())
        .then_some(Packages { root, engine: None })
}

impl Packages {
    /// The variables that the interpreter is started with.
    pub(crate) fn variables(
        &self,
        py_files: PyFiles,
        environment: &Environment,
    ) -> Vec<(OsString, OsString)> {
        // The package itself is found through the first of them: the directory that it is
        // installed in has much else, which must not come before the standard library.
        let mut path = vec![self.root.join(AS_PYSPARK)];
        path.extend(py_files.path);
        if let Some(given) = environment.get("PYTHONPATH") {
            path.extend(env::split_paths(given));
        }
        // A path with a colon in it cannot be on the path; Python would not find it either.
        let own = self.root.join(AS_PYSPARK).into_os_string();
        let path = env::join_paths(path).unwrap_or(own);
        let mut variables: Vec<(OsString, OsString)> = vec![
            ("PYTHONPATH".into(), path),
            // As spark-submit sets them.
            ("PYTHONHASHSEED".into(), "0".into()),
            ("PYTHONUNBUFFERED".into(), "YES".into()),
        ];
        if let Some(engine) = &self.engine {
            variables.push(("MILLRACE_ENGINE".into(), engine.into()));
        }
        variables
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn put(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn the_interpreter_is_chosen_as_spark_chooses_it() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["python3", "a", "b", "c", "d"] {
            put(&directory.path().join(name));
        }
        let mut environment = Environment::empty().with("PATH", directory.path());
        let mut conf = Conf::new();
        let chosen = |conf: &Conf, environment: &Environment| {
            let path = interpreter(conf, environment).unwrap();
            path.file_name().unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(chosen(&conf, &environment), "python3");
        environment = environment.with("PYSPARK_PYTHON", "a");
        assert_eq!(chosen(&conf, &environment), "a");
        environment = environment.with("PYSPARK_DRIVER_PYTHON", "b");
        assert_eq!(chosen(&conf, &environment), "b");
        conf.set("spark.pyspark.python", "c");
        assert_eq!(chosen(&conf, &environment), "c");
        conf.set("spark.pyspark.driver.python", "d");
        assert_eq!(chosen(&conf, &environment), "d");
        conf.set("spark.pyspark.driver.python", "/no/such");
        let message = interpreter(&conf, &environment).unwrap_err().to_string();
        assert!(message.contains("'/no/such'") && message.contains("PYSPARK_PYTHON"));
    }

    #[test]
    fn the_shell_runs_alone_or_with_a_program() {
        let directory = tempfile::tempdir().unwrap();
        let script = directory.path().join("prog.py");
        put(&script);
        let words = |shell, resource: Option<&OsStr>| {
            let words = Job::of(shell, resource)?.words().unwrap().into_iter();
            Some(words.collect::<Vec<OsString>>())
        };
        let path = Some(script.as_os_str());
        let shell = ["-m", "millrace.shell"].map(OsString::from).to_vec();
        let program = vec![script.clone().into_os_string()];
        let both = [&shell[..], &["--".into()], &program[..]].concat();
        assert_eq!(words(false, path), Some(program));
        assert_eq!(words(true, path), Some(both));
        assert_eq!(words(true, None), Some(shell.clone()));
        assert_eq!(words(false, Some("pyspark-shell".as_ref())), Some(shell));
        assert_eq!(words(true, Some("prog".as_ref())), None);
    }

    #[test]
    fn the_package_is_found_around_the_program() {
        let directory = tempfile::tempdir().unwrap();
        let bin = directory.path().join("bin");
        put(&bin.join("millrace-submit"));
        let environment = Environment::empty().beside(&bin);
        let missing = packages(Path::new("/no/python"), &environment)
            .unwrap_err()
            .to_string();
        assert!(missing.contains("pip install ."), "{missing}");

        let root = directory.path().join("lib/python3.9/site-packages");
        put(&root.join(AS_PYSPARK).join("findspark.py"));
        let found = packages(Path::new("/no/python"), &environment).unwrap();
        assert_eq!(
            found,
            Packages {
                root: root.clone(),
                engine: None
            }
        );
        // Another directory of the user's comes behind those of the program, as ever.
        let environment = environment.with("PYTHONPATH", "/own");
        let files = PyFiles::of("a.zip, lib/b.py,", "submit").unwrap();
        let variables = found.variables(files, &environment);
        let here = env::current_dir().unwrap();
        let expected = [
            root.join(AS_PYSPARK),
            here.join("a.zip"),
            here.join("lib"),
            "/own".into(),
        ];
        assert_eq!(
            variables[0],
            ("PYTHONPATH".into(), env::join_paths(expected).unwrap())
        );
    }
}
