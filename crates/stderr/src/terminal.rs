//! The terminal that standard error may be: whether the live line is shown there, how wide it is,
//! and whether it takes colours.

use std::env;
use std::io::{self, IsTerminal};
use std::os::fd::AsFd;
use std::time::Duration;

use crate::sink;

/// The width where nobody says one.
const WIDTH: usize = 80;

/// True if the live line is shown although nobody has asked for it: it would be in the way of
/// results on the same screen, and in a file.
pub(crate) fn shows_by_itself() -> bool {
    let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stderr().is_terminal() && !io::stdout().is_terminal() && !dumb
}

/// True unless `NO_COLOR` is set to anything (<https://no-color.org>).
pub(crate) fn takes_colours() -> bool {
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    io::stderr().is_terminal() && !refused
}

/// The columns of a row. The last one is left free: a terminal goes to the next row behind it.
pub(crate) fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stderr());
    let width = size.map_or(0, |size| usize::from(size.ws_col));
    if width == 0 { WIDTH - 1 } else { width - 1 }
}

/// True if a short write does not wait. A terminal that was stopped (Ctrl-S) takes nothing.
pub(crate) fn is_ready() -> bool {
    sink::is_ready(io::stderr().as_fd(), Duration::ZERO)
}
