//! The start of a program.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use tempfile::TempDir;

use super::program::{Finished, Program, Read, Stderr};
use super::sender::Sender;

/// A batch interval of a hundred years: all that a test sends is in the first
/// batch, which is run when the sender closes, and its time is known.
pub(crate) const ENDLESS: &str = "36500d";

/// The settings of every run: no Streaming page, whose ports all tests of a machine share.
const CONF: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/acceptance/conf");

/// The first multiple of [`ENDLESS`] after now.
pub(crate) const ENDLESS_TIME: &str = "2069-12-07 00:00:00";

/// A run to be.
///
/// Every run has an empty directory of its own and an environment with nothing
/// in it but `TZ=UTC` and [`CONF`], so that neither the user's settings nor
/// another test can be seen in the outcome.
pub(crate) struct Launch {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    directory: TempDir,
    /// The user it runs as, if not the test's own.
    user: Option<u32>,
    stderr: Stderr,
}

impl Launch {
    /// The stateless program.
    pub(crate) fn network_wordcount() -> Launch {
        Launch::of(env!("CARGO_BIN_EXE_network_wordcount"))
    }

    /// The stateful program.
    pub(crate) fn stateful() -> Launch {
        Launch::of(env!("CARGO_BIN_EXE_stateful_network_wordcount"))
    }

    /// spark-submit's twin.
    pub(crate) fn submit() -> Launch {
        Launch::of(env!("CARGO_BIN_EXE_millrace-submit"))
    }

    /// A program by its path.
    pub(crate) fn of(program: &str) -> Launch {
        Launch {
            program: program.into(),
            arguments: Vec::new(),
            environment: vec![
                ("TZ".into(), "UTC".into()),
                ("SPARK_CONF_DIR".into(), CONF.into()),
            ],
            directory: tempfile::tempdir().unwrap(),
            user: None,
            stderr: Stderr::Read,
        }
    }

    /// The same with an argument more.
    pub(crate) fn arg(mut self, word: impl AsRef<OsStr>) -> Launch {
        self.arguments.push(word.as_ref().to_owned());
        self
    }

    /// The same with these arguments more.
    pub(crate) fn args<I: AsRef<OsStr>>(self, words: impl IntoIterator<Item = I>) -> Launch {
        words.into_iter().fold(self, Launch::arg)
    }

    /// The same with `--master local[threads]`.
    pub(crate) fn threads(self, threads: usize) -> Launch {
        self.arg(format!("--master=local[{threads}]"))
    }

    /// The same with `--conf key=value`.
    pub(crate) fn conf(self, key: &str, value: impl std::fmt::Display) -> Launch {
        self.arg("--conf").arg(format!("{key}={value}"))
    }

    /// The same with another batch interval.
    pub(crate) fn every(self, interval: &str) -> Launch {
        self.conf("millrace.batchInterval", interval)
    }

    /// The same, to end when the sender closes.
    pub(crate) fn until_eof(self) -> Launch {
        self.conf("millrace.stopAtEof", "true")
    }

    /// The same with one batch that holds everything until the sender closes.
    pub(crate) fn in_one_batch(self) -> Launch {
        self.every(ENDLESS).until_eof()
    }

    /// The same with an environment variable more.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Launch {
        self.environment
            .push((name.into(), value.as_ref().to_owned()));
        self
    }

    /// The same with a limit on the length of the files it writes; a write beyond it fails, as on
    /// a disk that is full.
    pub(crate) fn limited_files(self, bytes: u64) -> Launch {
        self.behind(&format!("ulimit -f {}", bytes / 1024))
    }

    /// The same, started by a shell that has run `commands` first.
    pub(crate) fn behind(mut self, commands: &str) -> Launch {
        let script = format!("{commands}; exec \"$0\" \"$@\"");
        let program = std::mem::replace(&mut self.program, "/bin/bash".into());
        let shell: [OsString; 3] = ["-c".into(), script.into(), program.into()];
        self.arguments.splice(0..0, shell);
        self
    }

    /// The same by a user who may not read what only its owner may: by `nobody`, if the test's
    /// own user may read everything.
    pub(crate) fn unprivileged(mut self) -> Launch {
        if rustix::process::geteuid().is_root() {
            const NOBODY: u32 = 65_534;
            // Where it was built, nobody may look. It is not copied by this process: what another
            // test starts meanwhile would have the copy open for writing until it is a program of
            // its own, and such a file cannot be run.
            let program = self.directory().join(".program");
            let copied = Command::new("cp").arg(&self.program).arg(&program).status();
            assert!(copied.unwrap().success());
            self.program = program;
            chown(self.directory(), Some(NOBODY), Some(NOBODY)).unwrap();
            self.user = Some(NOBODY);
        }
        self
    }

    /// The same with a terminal so wide as standard error.
    pub(crate) fn on_terminal(mut self, columns: u16) -> Launch {
        let stopped = false;
        self.stderr = Stderr::Terminal { columns, stopped };
        self
    }

    /// The same with a terminal as standard error that takes nothing.
    pub(crate) fn on_stopped_terminal(mut self) -> Launch {
        let (columns, stopped) = (80, true);
        self.stderr = Stderr::Terminal { columns, stopped };
        self
    }

    /// The same with a full pipe as standard error, which nobody reads.
    pub(crate) fn with_full_stderr(mut self) -> Launch {
        self.stderr = Stderr::FullPipe;
        self
    }

    /// The directory the program will run in.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Puts a file into that directory, or below it.
    pub(crate) fn file(self, name: &str, text: &str) -> Launch {
        let path = self.directory().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// The same in the directory in which another run has ended.
    pub(crate) fn after(mut self, finished: Finished) -> Launch {
        self.directory = finished.into_directory();
        self
    }

    /// Starts it as a client of `sender`.
    pub(crate) fn start_at(self, sender: &Sender) -> Program {
        self.start_at_read(sender, Read::All)
    }

    /// The same with a stdout that is read only so far.
    pub(crate) fn start_at_read(self, sender: &Sender, read: Read) -> Program {
        self.args([sender.host(), sender.port().to_string()])
            .start_read(read)
    }

    /// Starts it.
    pub(crate) fn start(self) -> Program {
        self.start_read(Read::All)
    }

    fn start_read(self, read: Read) -> Program {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(self.environment)
            .current_dir(&self.directory)
            .stdin(Stdio::null());
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        // Where a run counts what the tests reach, it must be able to say so.
        if let Some(profile) = env::var_os("LLVM_PROFILE_FILE") {
            command.env("LLVM_PROFILE_FILE", profile);
        }
        Program::start(command, self.directory, read, self.stderr)
    }
}
