//! The command line of `millrace-submit [options] <program> [arguments]`.
//!
//! Options before the program are spark-submit's, everything behind it is the
//! program's; a Python program is its interpreter's first argument. Mistakes
//! in the options are found here, before the program
//! starts; a Python program for a cluster is [`cluster`]'s. The program gets the resolved settings as
//! [`handoff`] says, and the process becomes the program, so
//! that signals and exit codes need nobody in between.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use millrace_types::{Conf, keys, reason};

use crate::cluster;
use crate::environment::Environment;
use crate::exit::Exit;
use crate::handoff::{self, SUBMIT_CONF};
use crate::lookup;
use crate::options::{FILES, PY_FILES};
use crate::py_files::{self, PyFiles};
use crate::python::{self, Job};
use crate::resolved::{Resolved, layered, resolve};
use crate::stderr::announce;
use crate::typed;
use crate::usage::usage;
use crate::verbose::describe;

const NAME: &str = "millrace-submit";

/// A program that is ready to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The program, as a path.
    pub program: PathBuf,
    /// The program's arguments, as they were typed.
    pub arguments: Vec<OsString>,
    /// The settings it is given; `None` if it is a `spark-submit`, which reads its arguments.
    pub conf: Option<Conf>,
    /// Variables of its environment, beside the settings.
    pub environment: Vec<(OsString, OsString)>,
    /// Notes for the user before the run, one line each, for stderr.
    pub notices: Vec<String>,
    /// The text of `--verbose`, for stderr; `None` when nobody asked.
    pub verbose: Option<String>,
}

/// Reads the command line of `millrace-submit`; `args` do not begin with its
/// name.
///
/// # Errors
///
/// An [`Exit`] with code 0 for `--help` and `--version`, 255 without any
/// argument, 1 for anything else that keeps the program from running.
pub fn submit(
    environment: &Environment,
    args: impl IntoIterator<Item = OsString>,
) -> Result<Launch, Exit> {
    let args: Vec<OsString> = args.into_iter().collect();
    let usage = usage(&format!("{NAME} [options] <program> [arguments]"));
    if args.is_empty() {
        return Err(Exit::wrong_call(usage));
    }
    let mut typed = typed::read(&args).map_err(|aside| Exit::aside(aside, &usage, NAME))?;
    let mut words = std::mem::take(&mut typed.rest).into_iter();
    let resource = words.next();
    let job = Job::of(typed.shell, resource.as_deref());
    if matches!(job, Some(Job::Program(_))) && !typed.explain {
        let conf = layered(&typed, environment)?.conf;
        if let Some(master) = cluster::master(&conf) {
            return for_cluster(&conf, master, environment, &args, words.len() + 1);
        }
    }
    let py_files = job
        .is_some()
        .then(|| typed.take_without_effect(PY_FILES).unwrap_or_default());
    let files = job.is_some().then(|| typed.take_without_effect(FILES));
    let Resolved {
        mut conf,
        mut notices,
        properties_file,
    } = resolve(&typed, environment)?;
    if resource.is_none() && job.is_none() {
        return Err(Exit::misuse(
            "no program is named: write its name or path behind the options",
            NAME,
        ));
    }
    let mut arguments: Vec<OsString> = words.collect();
    let mut variables = Vec::new();
    let program = match (job, resource) {
        (None, Some(_)) if typed.explain || typed.shell => {
            return Err(Exit::not_python(typed.shell, NAME));
        }
        (None, resource) => lookup::find(&resource.unwrap_or_default(), environment)?,
        (Some(job), _) => {
            let first = job.words().map_err(|error| Exit::no_script(&error))?;
            arguments.splice(0..0, first);
            if let Some(list) = files.flatten().filter(|list| !list.is_empty()) {
                conf.set(py_files::FILES_SETTING, list);
            }
            if let Some(script) = job.script() {
                conf.set_if_missing(keys::APP_NAME, python::name_of(script));
            }
            let interpreter = python::interpreter(&conf, environment)?;
            let packages = python::packages(&interpreter, environment)?;
            let listed = py_files.filter(|list| !list.is_empty());
            let listed = listed.as_deref().or_else(|| conf.get(py_files::SETTING));
            let mut py_files = PyFiles::of(listed.unwrap_or_default(), NAME)?;
            notices.append(&mut py_files.notices);
            variables = packages.variables(py_files, environment);
            if typed.explain {
                variables.push((python::EXPLAIN.into(), "1".into()));
            }
            interpreter
        }
    };
    let verbose = typed.verbose.then(|| {
        let shown: Vec<String> = arguments
            .iter()
            .map(|argument| argument.to_string_lossy().into_owned())
            .collect();
        describe(
            &conf,
            properties_file.as_deref(),
            &program.display().to_string(),
            &shown,
        )
    });
    Ok(Launch {
        program,
        arguments,
        conf: Some(conf),
        environment: variables,
        notices,
        verbose,
    })
}

/// Hands a Python program, which is the last `of_program` words of `args` with its arguments, to
/// Spark.
fn for_cluster(
    conf: &Conf,
    master: &str,
    environment: &Environment,
    args: &[OsString],
    of_program: usize,
) -> Result<Launch, Exit> {
    let program = cluster::spark_submit(conf, environment)?;
    let notice = format!(
        "millrace: master '{master}' is a cluster's: the program goes to {}",
        program.display()
    );
    Ok(Launch {
        program,
        arguments: cluster::words(args, args.len() - of_program),
        conf: None,
        environment: Vec::new(),
        notices: vec![notice],
        verbose: None,
    })
}

impl Launch {
    /// Says the notices, and what `--verbose` asked for, on stderr, and becomes
    /// the program; returns only when that fails. Where a process cannot become
    /// another one, the program runs as a child and its exit code is returned.
    pub fn run(&self) -> Exit {
        // Settings that were checked.
        let _ = self.conf.as_ref().map(millrace_stderr::configure);
        announce(&self.notices, self.verbose.as_deref());
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        match &self.conf {
            Some(conf) => command.env(SUBMIT_CONF, handoff::encode(conf)),
            None => cluster::without_millrace(&mut command),
        };
        let error = match become_program(&mut command) {
            Ok(exit) => return exit,
            Err(error) => error,
        };
        Exit::error(format!(
            "Cannot run program '{}': {}",
            self.program.display(),
            reason(&error)
        ))
    }
}

#[cfg(unix)]
fn become_program(command: &mut Command) -> std::io::Result<Exit> {
    use std::os::unix::process::CommandExt;

    Err(command.exec())
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> std::io::Result<Exit> {
    let code = command.status()?.code();
    let code = code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Ok(Exit {
        code,
        message: String::new(),
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::{env, fs};

    use super::*;

    fn put_program(directory: &Path, text: &str) -> PathBuf {
        let path = directory.join("prog");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn words(args: &[&str]) -> Vec<OsString> {
        args.iter().map(OsString::from).collect()
    }

    #[test]
    fn options_before_the_program_are_ours_and_the_rest_is_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let program = put_program(directory.path(), "");
        let environment = Environment::empty().beside(directory.path());
        let args = [
            "--master=local[2]",
            "--queue=q",
            "-v",
            "prog",
            "--master",
            "x",
            "",
            "--help",
        ];
        let launch = submit(&environment, words(&args)).unwrap();
        assert_eq!(launch.program, program);
        assert_eq!(launch.arguments, words(&["--master", "x", "", "--help"]));
        let conf = launch.conf.unwrap();
        assert_eq!(conf, Conf::from_iter([("spark.master", "local[2]")]));
        assert_eq!(
            launch.notices,
            ["Warning: No effect on one machine: --queue"]
        );
        let verbose = launch.verbose.unwrap();
        assert!(
            verbose.ends_with("Arguments:\n  --master\n  x\n  \n  --help"),
            "{verbose}"
        );
    }

    #[test]
    fn files_of_a_python_program_become_its_setting() {
        let directory = tempfile::tempdir().unwrap();
        let bin = directory.path().join("bin");
        let package = "lib/python3.9/site-packages/millrace/_as_pyspark";
        fs::create_dir_all(directory.path().join(package)).unwrap();
        fs::create_dir(&bin).unwrap();
        fs::rename(put_program(directory.path(), ""), bin.join("python3")).unwrap();
        let script = directory.path().join("real.py");
        fs::write(&script, "").unwrap();
        let environment = Environment::empty().with("PATH", &bin).beside(&bin);
        let script = script.to_str().unwrap();
        let launch = |args: &[&str]| submit(&environment, words(args)).unwrap();
        let given = launch(&["--files", "a.csv,b.csv", "-c", "spark.files=c.csv", script]);
        assert_eq!(given.conf.unwrap().get("spark.files"), Some("a.csv,b.csv"));
        assert_eq!(given.notices, [""; 0]);
        let set = launch(&["-c", "spark.files=c.csv", script]);
        assert_eq!(set.conf.unwrap().get("spark.files"), Some("c.csv"));
        // A native program has no use for them.
        put_program(&bin, "");
        let native = launch(&["--files", "a.csv", "prog"]);
        assert_eq!(native.conf.unwrap().get("spark.files"), None);
        assert_eq!(
            native.notices,
            ["Warning: No effect on one machine: --files"]
        );
    }

    #[test]
    fn every_other_end_has_its_code_and_first_line() {
        let directory = tempfile::tempdir().unwrap();
        put_program(directory.path(), "");
        let environment = Environment::empty().beside(directory.path());
        let [script, folder] = ["real.py", "folder.py"].map(|name| directory.path().join(name));
        fs::write(&script, "").unwrap();
        fs::create_dir(&folder).unwrap();
        let [script, folder] = [&script, &folder].map(|path| path.to_str().unwrap());
        let usage = "Usage: millrace-submit [options] <program> [arguments]";
        let cases = [
            (&[][..], 255, usage),
            (&["--help"], 0, usage),
            (&["--version"], 0, "millrace "),
            (
                &["--verbose"],
                1,
                "Error: no program is named: write its name or path behind the options (see millrace-submit",
            ),
            (
                &["--master", "locl"],
                1,
                "Error: no such master: 'locl'; use",
            ),
            (&["--kill", "driver"], 1, "Error: "),
            (
                &["--explain", "prog"],
                1,
                "Error: --explain shows the functions of a Python program, and this is none",
            ),
            (
                &["--nosuch", "prog"],
                1,
                "Error: Unrecognized option: --nosuch",
            ),
            (
                &["--name"],
                1,
                "Error: Missing argument for option '--name' (see",
            ),
            (
                &["--master", "locl", "prog"],
                1,
                "Error: no such master: 'locl'; use",
            ),
            (
                &["-c", "millrace.print.num=x", "prog"],
                1,
                "Error: millrace.print.num should be",
            ),
            (
                &["--properties-file", "no", "prog"],
                1,
                "Error: Invalid properties file 'no': ",
            ),
            (&["nosuch"], 1, "Error: Cannot find program 'nosuch'"),
            (&["./nosuch"], 1, "Error: Cannot run program './nosuch': "),
            (
                &["x/prog.jar", "a"],
                1,
                "Error: x/prog.jar is a JVM program, and millrace runs",
            ),
            (
                &["--master", "yarn", "x/prog.py"],
                1,
                "Error: master 'yarn' is a cluster's, and there is no spark-submit to hand",
            ),
            (
                &["--master", "yarn", "prog"],
                1,
                "Error: master 'yarn' is a cluster's, and millrace runs on one machine",
            ),
            (
                &["x/prog.py", "a"],
                2,
                "Error: Cannot run program 'x/prog.py': No such file",
            ),
            (
                &[script, "a"],
                1,
                "Error: Cannot find the Python interpreter 'python3'",
            ),
            (&[folder], 1, "Error: Cannot run program '"),
            (
                &["--shell"],
                1,
                "Error: Cannot find the Python interpreter 'python3'",
            ),
            (
                &["--shell", "prog"],
                1,
                "Error: --shell starts Python, or runs a Python program, and this is none",
            ),
        ];
        for (args, code, expected) in cases {
            let exit = submit(&environment, words(args)).unwrap_err();
            let first = exit.message.lines().next().unwrap();
            assert_eq!(exit.code, code, "{args:?}: {first}");
            assert!(first.starts_with(expected), "{args:?}: {first}");
        }
    }

    /// The process of this test becomes the program, so the test runs itself
    /// again as a child that may.
    #[test]
    fn the_process_becomes_the_program() {
        const PROGRAM: &str = "MILLRACE_TEST_PROGRAM";
        if let Some(program) = env::var_os(PROGRAM) {
            let args = [
                "--conf=spark.k=a b\n\u{e9}".into(),
                program,
                "--master".into(),
                "".into(),
            ];
            let exit = submit(&Environment::empty(), args).unwrap().run();
            panic!("still here: {exit:?}");
        }
        let directory = tempfile::tempdir().unwrap();
        let script = "#!/bin/sh\nprintf '<%s>' \"$@\" \"$MILLRACE_SUBMIT_CONF\"; exit 42\n";
        let program = put_program(directory.path(), script);
        let output = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                "--nocapture",
                "submit::tests::the_process_becomes_the_program",
            ])
            .env(PROGRAM, program)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(42));
        let printed = String::from_utf8(output.stdout).unwrap();
        let conf = "spark.k=a\\u0020b\\u000a\\u00e9\nspark.master=local[*]\n";
        let expected = format!("<--master><><# settings of millrace-submit\n{conf}>");
        assert!(printed.ends_with(&expected), "{printed}");
    }

    /// As above; the program is a `spark-submit` that says what it was given.
    #[test]
    fn a_python_program_for_a_cluster_goes_to_spark_as_typed() {
        const HOME: &str = "MILLRACE_TEST_SPARK_HOME";
        const TYPED: &str = "--conf=millrace.maxBatches=1|--recover|--deploy-mode|cluster|--conf|\
                             spark.a=b c|--master|spark://h:7077|--supervise|no such/prog.py|\
                             --recover||millrace.x=1";
        if let Some(home) = env::var_os(HOME) {
            let environment = Environment::empty().with("SPARK_HOME", home);
            let args = TYPED.split('|').map(OsString::from);
            let exit = submit(&environment, args).unwrap().run();
            panic!("still here: {exit:?}");
        }
        let home = tempfile::tempdir().unwrap();
        let bin = home.path().join("bin");
        fs::create_dir(&bin).unwrap();
        let script = "#!/bin/sh\nprintf '<%s>' \"$@\" \"$MILLRACE_SUBMIT_CONF\"; exit 7\n";
        let spark = bin.join("spark-submit");
        fs::rename(put_program(home.path(), script), &spark).unwrap();
        let name = "submit::tests::a_python_program_for_a_cluster_goes_to_spark_as_typed";
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", "--nocapture", name])
            .env(HOME, home.path())
            .env(SUBMIT_CONF, "spark.master=local")
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(7), "{said}");
        let notice = format!(
            "millrace: master 'spark://h:7077' is a cluster's: the program goes to {}\n",
            spark.display()
        );
        assert!(said.ends_with(&notice), "{said}");
        let printed = String::from_utf8(output.stdout).unwrap();
        let expected = "<--deploy-mode><cluster><--conf><spark.a=b c><--master><spark://h:7077>\
                        <--supervise><no such/prog.py><--recover><><millrace.x=1><>";
        assert!(printed.ends_with(expected), "{printed}");
    }

    #[test]
    fn a_program_that_cannot_start_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("prog");
        fs::write(&program, "").unwrap();
        let args = [program.clone().into_os_string()];
        let exit = submit(&Environment::empty(), args).unwrap().run();
        assert_eq!(exit.code, 1);
        let start = format!("Error: Cannot run program '{}': ", program.display());
        assert!(exit.message.starts_with(&start), "{}", exit.message);
    }
}
