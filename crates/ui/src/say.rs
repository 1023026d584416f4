//! One line on stderr. Nobody has to read it, so a closed stderr is no error.

use std::io::Write;

pub(crate) fn say(message: &str) {
    // There is no other place to say that stderr is closed.
    let _ = writeln!(std::io::stderr(), "millrace: {message}");
}
