//! The tests of the Python package, run by an interpreter with the extension built here.
//!
//! They are pytest's, in the files beside this one. Where there is no Python, or no pytest in it,
//! this says so and passes, unless `CI` is set: there it fails.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The extension module that was built for this test.
fn extension() -> PathBuf {
    let test = env::current_exe().expect("a test is a file");
    let built = test.parent().expect("a file has a directory");
    let name = "libmillrace_engine.so";
    [built.join(name), built.join("..").join(name)]
        .into_iter()
        .find(|path| path.is_file())
        .expect("Cargo builds the library of the package before its tests")
}

/// The interpreter that the tests are run by, if it has pytest.
fn interpreter() -> Option<PathBuf> {
    let named = env::var_os("MILLRACE_TEST_PYTHON").map(PathBuf::from);
    let interpreter = named.unwrap_or_else(|| "python3".into());
    let asked = Command::new(&interpreter)
        .args(["-c", "import pytest"])
        .output();
    asked
        .is_ok_and(|output| output.status.success())
        .then_some(interpreter)
}

#[test]
fn the_package_passes_its_tests() {
    let Some(interpreter) = interpreter() else {
        assert!(
            env::var_os("CI").is_none(),
            "python3 with pytest is needed here; name another interpreter by MILLRACE_TEST_PYTHON"
        );
        eprintln!("skipped: there is no python3 with pytest; see MILLRACE_TEST_PYTHON");
        return;
    };
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = [
        package.join("python/millrace/_as_pyspark"),
        package.join("python"),
    ];
    let status = Command::new(interpreter)
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(package.join("tests"))
        .env(
            "PYTHONPATH",
            env::join_paths(path).expect("paths without a colon"),
        )
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("MILLRACE_ENGINE", extension())
        .env("TZ", "UTC")
        .status();
    assert!(status.expect("the interpreter has run before").success());
}
