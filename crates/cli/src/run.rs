//! Runs a program: from its command line to its exit code.
//!
//! A program writes its streams only. Everything around them is the same for all: reading the
//! arguments, signals, the log, the summary, and what an error is to whoever started it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;

use millrace::panics::{panic_message, panics_in_one_line};
use millrace::{Conf, Duration, Error, ErrorKind, StreamingContext, keys};
use millrace_stderr::finish;
use millrace_ui::{RunInfo, Ui};

use millrace_types::{Host, Lock, TimeUnit, local_path, one_line, reason};

use crate::environment::Environment;
use crate::exit::Exit;
use crate::output::try_to_write;
use crate::port::parse_port;
use crate::program::{Invocation, Program, parse};
use crate::seconds::parse_seconds;
use crate::signals::{Signals, refuse_large_files};
use crate::summary::Summary;

/// A program that has been called: its settings and arguments.
#[derive(Debug)]
pub struct App {
    invocation: Invocation,
    summary: Option<Summary>,
    signals: Signals,
    /// The Streaming page of each context, served until the program ends.
    pages: Lock<Vec<Ui>>,
}

/// Reads the command line, runs `body`, and turns what comes of it into an exit code.
///
/// | what happened | code |
/// |---|---|
/// | the run ended by itself, was stopped by SIGTERM or SIGHUP, or its output was closed | 0 |
/// | SIGINT stopped it | 130 |
/// | a setting is wrong, the program's code panicked, the system refused something, a graceful stop was out of time | 1 |
/// | wrong number of arguments | 255 |
/// | a second signal ended it at once | 128 and the signal's number |
///
/// ```no_run
/// use millrace_cli::{Program, run};
///
/// const PROGRAM: Program = Program {
///     name: "echo",
///     arguments: "<hostname> <port>",
///     argument_count: 2,
///     app_name: "Echo",
/// };
///
/// fn main() -> std::process::ExitCode {
///     run(&PROGRAM, |app| {
///         let ssc = app.streaming_context(millrace::Duration::seconds(1))?;
///         ssc.socket_text_stream(app.argument(0), app.port(1)?).print();
///         ssc.start()?;
///         app.await_termination(&ssc)
///     })
/// }
/// ```
pub fn run(program: &Program, body: impl FnOnce(&App) -> Result<(), Exit>) -> ExitCode {
    let arguments = std::env::args_os().skip(1);
    let invocation = match parse(program, &Environment::of_process(), arguments) {
        Ok(invocation) => invocation,
        Err(exit) => return exit.report(),
    };
    if let Err(bad) = millrace_stderr::configure(&invocation.conf) {
        return Exit::error(bad.to_string()).report();
    }
    invocation.announce();
    if let Err(error) = refuse_large_files() {
        return Exit::error(format!("cannot watch for signals: {}", reason(&error))).report();
    }
    panics_in_one_line();
    let summary = match Summary::of(&invocation.conf) {
        Ok(summary) => summary,
        Err(exit) => return exit.report(),
    };
    let app = App {
        invocation,
        summary,
        signals: Signals::default(),
        pages: Lock::default(),
    };
    let ended = catch_unwind(AssertUnwindSafe(|| body(&app)));
    let ended = ended.unwrap_or_else(|payload| {
        let message = panic_message(&*payload);
        Err(Exit::error(format!("the program panicked: {message}")))
    });
    let code = match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => exit.report(),
    };
    finish();
    code
}

impl App {
    /// The settings that were typed, and what they resolve to.
    pub fn conf(&self) -> &Conf {
        &self.invocation.conf
    }

    /// Argument number `index`.
    ///
    /// # Panics
    /// If the program takes fewer arguments.
    pub fn argument(&self, index: usize) -> &str {
        &self.invocation.arguments[index]
    }

    /// Argument number `index` as the name or address of a machine to connect to.
    ///
    /// # Errors
    /// An [`Exit`] that names the argument, if it can never be one.
    ///
    /// # Panics
    /// If the program takes fewer arguments.
    pub fn host(&self, index: usize) -> Result<Host, Exit> {
        Host::parse(self.argument(index)).map_err(|error| Exit::error(error.to_string()))
    }

    /// Argument number `index` as a TCP port.
    ///
    /// # Errors
    /// An [`Exit`] that names the argument, if it is not 1 to 65535.
    ///
    /// # Panics
    /// If the program takes fewer arguments.
    pub fn port(&self, index: usize) -> Result<u16, Exit> {
        Ok(parse_port(self.argument(index))?)
    }

    /// Argument number `index` as a length of time in whole seconds, which `what` names.
    ///
    /// # Errors
    /// An [`Exit`] that names the argument, if it is not a number above zero.
    ///
    /// # Panics
    /// If the program takes fewer arguments.
    pub fn seconds(&self, index: usize, what: &str) -> Result<Duration, Exit> {
        Ok(parse_seconds(what, self.argument(index))?)
    }

    /// Argument number `index` as a file that the run will write, which `what` names: a path, or
    /// `file:` and one. A file that is there stays as it is.
    ///
    /// # Errors
    /// An [`Exit`] that names the argument, if it is no location of this machine or cannot be
    /// written.
    ///
    /// # Panics
    /// If the program takes fewer arguments.
    pub fn output_file(&self, index: usize, what: &str) -> Result<PathBuf, Exit> {
        let path = local_path(self.argument(index))
            .map_err(|error| Exit::error(format!("the {what} {error}")))?;
        let absolute = std::path::absolute(path).and_then(|path| {
            try_to_write(&path)?;
            Ok(path)
        });
        absolute.map_err(|error| {
            let (name, why) = (self.argument(index), reason(&error));
            Exit::error(format!("cannot write the {what} {name}: {why}"))
        })
    }

    /// Warns whoever runs the program, by one line on stderr.
    pub fn warn(&self, line: &str) {
        millrace_stderr::warn(&one_line(line));
    }

    /// `spark.streaming.stopGracefullyOnShutdown`.
    fn stops_gracefully(&self) -> Result<bool, Exit> {
        let graceful = self.conf().boolean(keys::STOP_GRACEFULLY_ON_SHUTDOWN);
        Ok(graceful
            .map_err(|bad| Exit::error(bad.to_string()))?
            .unwrap_or(true))
    }

    /// A context with the program's settings. From here on a signal does not end the process but
    /// the run; see [`await_termination`](App::await_termination).
    ///
    /// # Errors
    /// As [`StreamingContext::new`].
    pub fn streaming_context(&self, batch_duration: Duration) -> Result<StreamingContext, Exit> {
        self.signals
            .watch(self.stops_gracefully()?)
            .map_err(|error| {
                Exit::error(format!("cannot watch for signals: {}", reason(&error)))
            })?;
        let ssc = StreamingContext::new(self.conf(), batch_duration)?;
        if let Some(summary) = &self.summary {
            summary.listen(&ssc);
        }
        self.watch(&ssc, batch_duration)?;
        Ok(ssc)
    }

    /// Serves the Streaming page, and begins the event log and the live line, as far as the settings
    /// ask for them. When the run starts, the address of the page is said on stderr.
    ///
    /// No port for the page is no reason not to run; Spark's context fails then.
    fn watch(&self, ssc: &StreamingContext, batch_duration: Duration) -> Result<(), Exit> {
        let conf = self.conf();
        let interval = conf.duration(keys::BATCH_INTERVAL, TimeUnit::Milliseconds);
        let interval = interval.map_err(|bad| Exit::error(bad.to_string()))?;
        let setting = |key| conf.get(key).unwrap_or_default();
        let name = setting(keys::APP_NAME);
        let interval = interval.unwrap_or(batch_duration);
        let info = RunInfo::new(name, setting(keys::MASTER), interval);
        let ui = Ui::start(conf, info).map_err(|error| Exit::error(error.to_string()))?;
        ui.ask(ssc.probe());
        ssc.add_streaming_listener(ui.listener());
        let mut pages = self.pages.lock();
        pages.push(ui);
        Ok(())
    }

    /// The context that `create` makes, to go on from what it has left in `directory`, if it has
    /// run before; see [`StreamingContext::get_or_create`].
    ///
    /// # Errors
    /// Any error that `create` gives, and if the directory cannot be created.
    pub fn get_or_create(
        &self,
        directory: &str,
        create: impl FnOnce() -> Result<StreamingContext, Exit>,
    ) -> Result<StreamingContext, Exit> {
        let ssc = create()?;
        Ok(StreamingContext::get_or_create(directory, || Ok(ssc))?)
    }

    /// Waits until the context has stopped. A first SIGINT, SIGTERM or SIGHUP stops it after it has run
    /// what was received (`spark.streaming.stopGracefullyOnShutdown=false`: without); a second
    /// one ends the process at once. Then writes the summary, if there is to be one.
    ///
    /// # Errors
    /// An [`Exit`] for whatever ended the run other than its own end, SIGTERM or SIGHUP.
    pub fn await_termination(&self, ssc: &StreamingContext) -> Result<(), Exit> {
        self.signals
            .ask_of(ssc.stop_handle(), self.stops_gracefully()?);
        let ended = ssc.await_termination();
        let interrupted = self.signals.interrupted();
        if let Some(summary) = &self.summary {
            summary.end(ssc)?;
        }
        ended?;
        if interrupted {
            Err(Exit::silent(130))
        } else {
            Ok(())
        }
    }
}

impl From<Error> for Exit {
    /// Nobody reads the output any more: that is no failure, and nothing to be said.
    fn from(error: Error) -> Exit {
        match error.kind() {
            ErrorKind::OutputClosed => Exit::silent(0),
            _ => Exit::error(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::process::Command;

    use super::*;
    use crate::handoff::{SUBMIT_CONF, encode};

    /// The arguments are those of the test's own process, which are the program's: it is
    /// submitted.
    const PANICS: Program = Program {
        name: "panics",
        arguments: "<the> <tester's> <words>",
        argument_count: 3,
        app_name: "Panics",
    };

    /// The line of a panic on stderr is seen from outside only, so the test runs itself again.
    #[test]
    fn a_panic_of_user_code_is_one_line_with_its_place() {
        const CHILD: &str = "MILLRACE_TEST_PANICS";
        if env::var_os(CHILD).is_some() {
            let code = run(&PANICS, |app| {
                let ssc = app.streaming_context(Duration::milliseconds(10))?;
                let queue = millrace::source::RddQueue::new();
                queue.push(vec![1, 2]);
                let numbers = ssc.queue_stream(queue);
                let odd = numbers.map(|number| assert_eq!(number, 1, "not\none"));
                odd.foreach_rdd(|rdd| drop(rdd.collect()));
                ssc.start()?;
                app.await_termination(&ssc)
            });
            let failed = code == ExitCode::FAILURE;
            std::process::exit(if failed { 7 } else { 8 });
        }
        let name = "run::tests::a_panic_of_user_code_is_one_line_with_its_place";
        let conf = Conf::from_iter([(keys::MASTER, "local[2]"), ("spark.ui.enabled", "false")]);
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", "--nocapture", name])
            .env(CHILD, "1")
            .env(SUBMIT_CONF, encode(&conf))
            .output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(7), "{said}");
        let lines: Vec<_> = said.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines.len(), 1, "{said}");
        assert!(lines[0].starts_with("Error: batch "), "{said}");
        let message = "assertion `left == right` failed: not; one; left: 2; right: 1 (";
        assert!(lines[0].contains(message), "{said}");
        assert!(lines[0].contains("run.rs:"), "{said}");
    }
}
