//! Shows runs of programs from their event logs, finished or running.
//!
//! ```text
//! millrace-history /tmp/spark-events
//! millrace-history --summary /tmp/spark-events
//! ```

use std::process::ExitCode;

fn main() -> ExitCode {
    millrace_cli::millrace_history(std::env::args_os().skip(1))
}
