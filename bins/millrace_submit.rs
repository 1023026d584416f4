//! `millrace-submit [options] <program> [arguments]`: spark-submit's shape for Python and native programs.

use std::process::ExitCode;

use millrace_cli::{Environment, submit};

fn main() -> ExitCode {
    let arguments = std::env::args_os().skip(1);
    match submit(&Environment::of_process(), arguments) {
        // Comes back only if the program could not be started.
        Ok(launch) => launch.run(),
        Err(exit) => exit,
    }
    .report()
}
