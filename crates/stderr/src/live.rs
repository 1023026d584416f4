//! The line that shows how a run is doing, and is redrawn in its place.
//!
//! It is drawn by the listeners' thread, and only if the terminal takes it at once; so neither a
//! batch nor a listener waits for a terminal that was stopped.

use std::sync::atomic::{AtomicBool, Ordering};

use millrace_types::{Conf, keys};

use crate::out::{live, live_if_free};
use crate::terminal::{columns, is_ready, shows_by_itself, takes_colours};

/// True while there is a live line: everybody else need not ask for the lock.
static SHOWN: AtomicBool = AtomicBool::new(false);

/// A piece of the live line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// A few words without control characters.
    pub text: String,
    /// True if it has to be seen; it is drawn in yellow where there are colours.
    pub alarming: bool,
}

/// The live line of a run. It is gone when this value is.
#[derive(Debug)]
pub struct LiveLine {
    colours: bool,
}

impl LiveLine {
    /// The live line, if `millrace.progress` asks for one: `always`; or `auto`, its default, and
    /// standard error is a terminal and standard output is none.
    pub fn of(conf: &Conf) -> Option<LiveLine> {
        let wanted = match conf.get(keys::PROGRESS).map(str::trim) {
            Some("always") => true,
            Some("never") => false,
            _ => shows_by_itself(),
        };
        wanted.then(|| {
            SHOWN.store(true, Ordering::Relaxed);
            LiveLine {
                colours: takes_colours(),
            }
        })
    }

    /// Draws the line anew, cut to the width of the terminal; leaves it as it is if the terminal
    /// takes nothing at the moment.
    pub fn show(&self, parts: &[Part]) {
        if !is_ready() {
            return;
        }
        let text = cut(parts, columns(), self.colours);
        live().draw(text);
    }
}

impl Drop for LiveLine {
    fn drop(&mut self) {
        SHOWN.store(false, Ordering::Relaxed);
        live().end();
    }
}

/// True while there is a live line.
pub fn is_shown() -> bool {
    SHOWN.load(Ordering::Relaxed)
}

/// Clears the row of the live line, if there is one, because others are about to write on the same
/// screen. It comes back when it is drawn next.
pub fn step_aside() {
    if is_shown()
        && let Some(mut live) = live_if_free()
    {
        live.erase();
    }
}

/// Shows no live line any more in this process: it may end at any moment.
pub fn retire() {
    if is_shown() {
        live().retire();
    }
}

/// The parts side by side, in at most `columns` columns.
fn cut(parts: &[Part], columns: usize, colours: bool) -> String {
    const BETWEEN: &str = "  ";
    let mut line = String::new();
    let mut left = columns;
    for (number, part) in parts.iter().enumerate() {
        let between = if number == 0 { "" } else { BETWEEN };
        let text: String = between
            .chars()
            .chain(part.text.chars())
            .take(left)
            .collect();
        left -= text.chars().count();
        if part.alarming && colours {
            line.push_str(&format!("\x1b[33m{text}\x1b[0m"));
        } else {
            line.push_str(&text);
        }
        if left == 0 {
            break;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> [Part; 2] {
        let part = |text: &str, alarming| Part {
            text: text.to_owned(),
            alarming,
        };
        [part("batch 10:31:08", false), part("delay 3 s", true)]
    }

    #[test]
    fn a_line_is_cut_to_the_width_and_colours_take_none_of_it() {
        assert_eq!(cut(&parts(), 80, false), "batch 10:31:08  delay 3 s");
        assert_eq!(cut(&parts(), 19, false), "batch 10:31:08  del");
        assert_eq!(cut(&parts(), 5, true), "batch");
        assert_eq!(cut(&parts(), 0, true), "");
        let coloured = cut(&parts(), 19, true);
        assert_eq!(coloured, "batch 10:31:08\x1b[33m  del\x1b[0m");
    }
}
