//! The tests of the Python package, run by an interpreter with the extension built here.
//!
//! They are pytest's, in the files beside this one. Where there is no Python, or no pytest in it,
//! this says so and passes, unless `CI` is set: there it fails. Further interpreters, which
//! `MILLRACE_TEST_PYTHONS` names, run those files whose outcome a version of Python could change.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The files that further interpreters run.
const OF_EACH_VERSION: [&str; 16] = [
    "test_bad_input.py",
    "test_callbacks.py",
    "test_compiled.py",
    "test_documented.py",
    "test_explain.py",
    "test_failing_streams.py",
    "test_lower.py",
    "test_map_with_state.py",
    "test_programs.py",
    "test_rdd.py",
    "test_receiver.py",
    "test_spark_cases.py",
    "test_surprises.py",
    "test_table.py",
    "test_testing.py",
    "test_windows_of_values.py",
];

/// The extension module that was built for this test.
fn extension() -> PathBuf {
    let test = env::current_exe().expect("a test is a file");
    let built = test.parent().expect("a file has a directory");
    let name = "libmillrace_python.so";
    [built.join(name), built.join("..").join(name)]
        .into_iter()
        .find(|path| path.is_file())
        .expect("Cargo builds the library of the package before its tests")
}

/// The version of an interpreter that has pytest; `None` if it cannot run tests.
fn version(interpreter: &Path) -> Option<String> {
    let question = "import pytest, platform; print(platform.python_version())";
    let asked = Command::new(interpreter).args(["-c", question]).output();
    let answer = asked.ok().filter(|output| output.status.success())?;
    let version = String::from_utf8(answer.stdout).ok()?;
    Some(version.trim_end().to_owned())
}

/// True if the tests in these files, or in all, pass.
fn passes(interpreter: &Path, files: &[&str]) -> bool {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = [
        package.join("python/millrace/_as_pyspark"),
        package.join("python"),
    ];
    let tests = package.join("tests");
    let files: Vec<PathBuf> = match files {
        [] => vec![tests],
        files => files.iter().map(|file| tests.join(file)).collect(),
    };
    let status = Command::new(interpreter)
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .args(files)
        .env(
            "PYTHONPATH",
            env::join_paths(path).expect("paths without a colon"),
        )
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("MILLRACE_ENGINE", extension())
        .env("TZ", "UTC")
        .status();
    status.expect("the interpreter has run before").success()
}

#[test]
fn the_package_passes_its_tests() {
    let named = env::var_os("MILLRACE_TEST_PYTHON").map(PathBuf::from);
    let interpreter = named.unwrap_or_else(|| "python3".into());
    if version(&interpreter).is_none() {
        assert!(
            env::var_os("CI").is_none(),
            "python3 with pytest is needed here; name another interpreter by MILLRACE_TEST_PYTHON"
        );
        eprintln!("skipped: there is no python3 with pytest; see MILLRACE_TEST_PYTHON");
        return;
    }
    assert!(passes(&interpreter, &[]));
}

#[test]
fn further_interpreters_pass_what_depends_on_the_version() {
    let named = env::var_os("MILLRACE_TEST_PYTHONS").unwrap_or_default();
    let further: Vec<PathBuf> = env::split_paths(&named)
        .filter(|path| !path.as_os_str().is_empty())
        .collect();
    for interpreter in &further {
        let version = version(interpreter);
        let version = version.unwrap_or_else(|| panic!("no pytest in {}", interpreter.display()));
        eprintln!("Python {version}: {}", interpreter.display());
        assert!(passes(interpreter, &OF_EACH_VERSION), "Python {version}");
    }
    if further.is_empty() {
        eprintln!("no further interpreter is named by MILLRACE_TEST_PYTHONS");
    }
}
