//! Reads the state that a program keeps in its checkpoint directory.
//!
//! ```text
//! millrace-state ls checkpoint
//! millrace-state get checkpoint hello
//! millrace-state export --format csv checkpoint
//! ```

use std::process::ExitCode;

fn main() -> ExitCode {
    millrace_cli::millrace_state(std::env::args_os().skip(1))
}
