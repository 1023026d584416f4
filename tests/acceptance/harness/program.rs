//! A program that runs, and what is left of it.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Instant;

use rustix::process::{self, Pid};
use tempfile::TempDir;

use super::capture::Capture;
use super::terminal;
use super::transcript::{self, Batch};
use super::{GLANCE, PATIENCE};

/// A signal from a user or a service manager.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Signal {
    Interrupt,
    Terminate,
    /// The signal of a terminal that is closed.
    Hangup,
    /// Which no program hears.
    Kill,
}

/// The part of a program's stdout that is read before it is closed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Read {
    All,
    First(u64),
    /// Nothing is read, and nothing closed: the pipe fills.
    Nothing,
    /// Standard output is a device that takes nothing.
    Full,
}

/// The device of a disk without space; Linux has it.
pub(crate) const FULL: &str = "/dev/full";

/// A running program; killed when the test gives it up.
pub(crate) struct Program {
    child: Child,
    stdout: Option<Capture>,
    stderr: Option<Capture>,
    directory: Option<TempDir>,
    /// Held open, for a program whose output nobody reads.
    unread: Option<ChildStdout>,
    /// Held open, for a standard error that nobody reads.
    screen: Option<File>,
}

/// The standard error of a program.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stderr {
    /// A pipe that is read to its end.
    Read,
    /// A terminal; `stopped` if it takes nothing.
    Terminal { columns: u16, stopped: bool },
    /// A pipe that is full before the program starts.
    FullPipe,
}

/// A program that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The exit code; `None` when a signal killed it.
    pub(crate) code: Option<i32>,
    /// The part of stdout that was read.
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    directory: TempDir,
}

impl Program {
    /// Starts it.
    pub(super) fn start(
        mut command: Command,
        directory: TempDir,
        read: Read,
        stderr: Stderr,
    ) -> Program {
        command.stdout(match read {
            Read::Full => OpenOptions::new().write(true).open(FULL).unwrap().into(),
            _ => Stdio::piped(),
        });
        let is_read = !matches!(
            stderr,
            Stderr::Terminal { stopped: true, .. } | Stderr::FullPipe
        );
        let opened = match stderr {
            Stderr::Read => None,
            Stderr::Terminal { columns, stopped } if stopped => {
                Some(terminal::open_stopped(columns).unwrap())
            }
            Stderr::Terminal { columns, .. } => Some(terminal::open(columns).unwrap()),
            Stderr::FullPipe => Some(terminal::full_pipe().unwrap()),
        };
        let screen = opened.map(|(reads, writes)| {
            command.stderr(writes);
            reads
        });
        if screen.is_none() {
            command.stderr(Stdio::piped());
        }
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let pipe = child.stdout.take();
        let (stdout, unread) = match read {
            Read::All => (pipe.map(Capture::of), None),
            Read::First(bytes) => (pipe.map(|pipe| Capture::of_first(pipe, bytes)), None),
            Read::Nothing | Read::Full => (None, pipe),
        };
        // Its end of the terminal is the program's alone: its end is the end of what is read.
        drop(command);
        let (stderr, screen) = match screen {
            Some(screen) if !is_read => (None, Some(screen)),
            Some(screen) => (Some(Capture::of(screen)), None),
            None => (Some(Capture::of(child.stderr.take().unwrap())), None),
        };
        Program {
            child,
            stdout,
            stderr,
            directory: Some(directory),
            unread,
            screen,
        }
    }

    /// Reads a standard error that nobody has read from now on.
    pub(crate) fn read_stderr(&mut self) {
        self.stderr = self.screen.take().map(Capture::of);
    }

    /// Waits until the batches printed so far satisfy `find`; `what` says what
    /// the test waits for.
    pub(crate) fn wait_for_batches<T>(
        &self,
        what: &str,
        mut find: impl FnMut(&[Batch]) -> Option<T>,
    ) -> T {
        let stdout = self.stdout.as_ref().expect("a stdout that is read");
        self.wait(what, stdout, |text| find(&transcript::beginning(text)))
    }

    /// Waits until `count` batches more have been printed than there are now.
    pub(crate) fn wait_for_more_batches(&self, count: usize) {
        let before = self.wait_for_batches("nothing", |batches| Some(batches.len()));
        self.wait_for_batches("more batches", |batches| {
            (batches.len() >= before + count).then_some(())
        });
    }

    /// Waits until stdout satisfies `find`, for a program that does not print batches.
    pub(crate) fn wait_for_stdout<T>(&self, what: &str, find: impl FnMut(&str) -> Option<T>) -> T {
        self.wait(what, self.stdout.as_ref().unwrap(), find)
    }

    /// Waits until stderr satisfies `find`.
    pub(crate) fn wait_for_stderr<T>(&self, what: &str, find: impl FnMut(&str) -> Option<T>) -> T {
        self.wait(what, self.stderr.as_ref().unwrap(), find)
    }

    fn wait<T>(&self, what: &str, pipe: &Capture, find: impl FnMut(&str) -> Option<T>) -> T {
        let found = pipe.wait(Instant::now() + PATIENCE, find);
        found.unwrap_or_else(|| panic!("waited in vain for {what}; {}", self.so_far()))
    }

    fn so_far(&self) -> String {
        let said = |pipe: &Option<Capture>| pipe.as_ref().map(Capture::so_far).unwrap_or_default();
        let (stdout, stderr) = (transcript::digest(&said(&self.stdout)), said(&self.stderr));
        format!(
            "stdout so far:\n{}\nstderr so far:\n{}",
            shortened(&stdout),
            shortened(&stderr)
        )
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let signal = match signal {
            Signal::Interrupt => process::Signal::INT,
            Signal::Terminate => process::Signal::TERM,
            Signal::Hangup => process::Signal::HUP,
            Signal::Kill => process::Signal::KILL,
        };
        // A child that has not been waited for can be sent one, ended or not.
        process::kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The process's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, if it lives.
    pub(crate) fn kill(&mut self) {
        // It fails when it has ended, and then there is nothing to do.
        let _ = self.child.kill();
    }

    /// The batches that have been printed so far.
    pub(crate) fn batches_begun(&self) -> Vec<Batch> {
        let stdout = self.stdout.as_ref().map(Capture::so_far);
        transcript::beginning(&stdout.unwrap_or_default())
    }

    /// The directory it runs in.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.as_ref().unwrap().path()
    }

    /// True if the process has ended by now.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// The most memory it has had resident so far, in bytes; `None` where the
    /// system does not say.
    pub(crate) fn peak_resident_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kib * 1024)
    }

    /// Waits for its end.
    pub(crate) fn finish(mut self) -> Finished {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(
                Instant::now() < deadline,
                "it does not end; {}",
                self.so_far()
            );
            thread::sleep(GLANCE);
        };
        self.unread = None;
        self.screen = None;
        let stdout = self.stdout.take().map(Capture::whole).unwrap_or_default();
        let stderr = self.stderr.take().map(Capture::whole).unwrap_or_default();
        // The promises that cover every run there is.
        assert!(!stderr.contains("panicked"), "a panic was shown:\n{stderr}");
        assert!(
            !stderr.contains("(os error"),
            "the number of an error was shown:\n{stderr}"
        );
        let directory = self.directory.take().unwrap();
        Finished {
            code: status.code(),
            stdout,
            stderr,
            directory,
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail when it has ended, and then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Finished {
    /// The same, after checking the exit code.
    pub(crate) fn with_code(self, code: i32) -> Finished {
        let Finished { stdout, stderr, .. } = &self;
        let stdout = shortened(&transcript::digest(stdout));
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{stdout}\nstderr:\n{stderr}"
        );
        self
    }

    /// The batches it printed, which have to be all that it printed.
    pub(crate) fn batches(&self) -> Vec<Batch> {
        transcript::whole(&self.stdout)
    }

    /// The batches it had finished printing when it was killed.
    pub(crate) fn batches_begun(&self) -> Vec<Batch> {
        transcript::beginning(&self.stdout)
    }

    /// The bodies of the batches in which something was printed.
    pub(crate) fn bodies(&self) -> Vec<String> {
        let bodies = self.batches().into_iter().map(|batch| batch.body);
        bodies.filter(|body| !body.is_empty()).collect()
    }

    /// The directory it ran in, for another run.
    pub(super) fn into_directory(self) -> TempDir {
        self.directory
    }

    /// A file in the directory it ran in.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// The two ends of a text too long to be read.
fn shortened(text: &str) -> String {
    const KEPT: usize = 1_500;
    if text.len() <= 2 * KEPT {
        return text.to_owned();
    }
    let (head, tail) = (
        text.floor_char_boundary(KEPT),
        text.ceil_char_boundary(text.len() - KEPT),
    );
    format!(
        "{}\n[... {} bytes ...]\n{}",
        &text[..head],
        tail - head,
        &text[tail..]
    )
}
