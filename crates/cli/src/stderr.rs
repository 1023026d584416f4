//! The one way to stderr, which is where everything is said that is neither the
//! output of a batch nor an answer that was asked for.

use std::io::{self, Write};

use millrace_types::one_line;

/// Writes a line. A closed stderr is no reason to fail: nobody is left who
/// could be told.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Says what the user should know before a run, and what `--verbose` shows.
pub(crate) fn announce(notices: &[String], verbose: Option<&str>) {
    let notices = notices.iter().map(String::as_str);
    notices.map(one_line).for_each(|notice| say(&notice));
    verbose.into_iter().for_each(say);
}
