//! The lines before a run.

use millrace_stderr::{answer, warn};
use millrace_types::one_line;

/// Says what the user should know before a run, and what `--verbose` shows.
pub(crate) fn announce(notices: &[String], verbose: Option<&str>) {
    let notices = notices.iter().map(String::as_str);
    notices.map(one_line).for_each(|notice| warn(&notice));
    verbose.into_iter().for_each(answer);
}
