//! Standard error, under one lock: whole lines, and the live line below them.

use std::io;
use std::os::fd::AsFd;
use std::sync::MutexGuard;
use std::time::Duration;

use millrace_types::Lock;
use tracing::Level;

use crate::format::{Format, json_line};
use crate::say::MESSAGES;
use crate::sink::{PATIENCE, Sink};
use crate::terminal::is_ready;

/// The time that a line waits which says why the program ends: it is the one to have.
const PATIENCE_OF_LAST: Duration = Duration::from_secs(1);

/// Goes to the beginning of the row and clears it.
const ERASE: &str = "\r\x1b[K";

/// The live line as it was drawn last, whether it stands on the screen, and the way there.
#[derive(Debug)]
pub(crate) struct Live {
    sink: Sink,
    /// The text with its colours, cut to the width; `None` where there is no live line.
    text: Option<String>,
    drawn: bool,
    /// True once there is to be none in this process any more.
    retired: bool,
}

static LIVE: Lock<Live> = Lock::new(Live::new());

pub(crate) fn live() -> MutexGuard<'static, Live> {
    LIVE.lock()
}

/// The live line, unless somebody is writing at this moment.
pub(crate) fn live_if_free() -> Option<MutexGuard<'static, Live>> {
    LIVE.try_lock()
}

/// Writes a line, unless nobody reads: then it is counted. The live line makes room for it and
/// stands below it afterwards.
pub(crate) fn write_line(line: &str) {
    live().write_line(line, PATIENCE);
}

/// The same for a line that says why the program ends, which waits longer.
pub(crate) fn write_last(line: &str) {
    live().write_line(line, PATIENCE_OF_LAST);
}

/// Says how many lines were left out because nobody read them, if any were: the program is about
/// to end.
pub fn finish() {
    let mut live = live();
    let Some(said) = live.said_of_left_out() else {
        return;
    };
    let line = live.around(&said);
    live.sink
        .write_line(io::stderr().as_fd(), line.as_bytes(), PATIENCE);
}

impl Live {
    const fn new() -> Live {
        Live {
            sink: Sink::new(),
            text: None,
            drawn: false,
            retired: false,
        }
    }

    fn write_line(&mut self, line: &str, patience: Duration) {
        // Whoever did not read the line before this one may never read.
        let waits = self.sink.left_out() == 0 || patience > PATIENCE;
        let patience = if waits { patience } else { Duration::ZERO };
        let bytes = match self.said_of_left_out() {
            None => self.around(line),
            Some(said) => self.around(&format!("{said}\n{line}")),
        };
        self.sink
            .write_line(io::stderr().as_fd(), bytes.as_bytes(), patience);
    }

    /// Says how many lines are missing in this place.
    fn said_of_left_out(&self) -> Option<String> {
        let lines = match self.sink.left_out() {
            0 => return None,
            1 => "1 line was".to_owned(),
            number => format!("{number} lines were"),
        };
        let said = format!("millrace: {lines} left out here: nobody read standard error");
        Some(match Format::chosen() {
            Format::Text => said,
            Format::Json => json_line(&Level::WARN, MESSAGES, &said, &[]),
        })
    }

    /// Writes what belongs to the live line, or leaves it: it comes again.
    fn write(&mut self, bytes: &str) {
        let stderr = io::stderr();
        self.sink
            .write(stderr.as_fd(), bytes.as_bytes(), Duration::ZERO);
    }

    /// A line with its end, behind what erases the live line and before what draws it again.
    fn around(&mut self, line: &str) -> String {
        let erase = if self.drawn { ERASE } else { "" };
        let again = self.text.as_deref().filter(|_| self.drawn);
        let again = again.map(drawn).unwrap_or_default();
        format!("{erase}{line}\n{again}")
    }

    /// Draws `text` in the place of what stood there.
    pub(crate) fn draw(&mut self, text: String) {
        if self.retired {
            return;
        }
        self.write(&drawn(&text));
        self.text = Some(text);
        self.drawn = true;
    }

    /// Clears the row until the line is drawn again. A terminal that was stopped keeps it: nothing
    /// waits for one on account of this line.
    pub(crate) fn erase(&mut self) {
        if std::mem::take(&mut self.drawn) && is_ready() {
            self.write(ERASE);
        }
    }

    /// Clears the row, for as long as nobody begins a new line.
    pub(crate) fn end(&mut self) {
        self.erase();
        self.text = None;
    }

    pub(crate) fn retire(&mut self) {
        self.end();
        self.retired = true;
    }
}

/// The cursor is left at the beginning of the row: what others write there is whole.
fn drawn(text: &str) -> String {
    format!("\r{text}\x1b[K\r")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stands_alone_and_the_live_line_below_it() {
        let mut live = Live::new();
        assert_eq!(live.around("a"), "a\n");
        live.text = Some("batch".to_owned());
        assert_eq!(live.around("a"), "a\n", "it is not on the screen");
        live.drawn = true;
        assert_eq!(live.around("a"), "\r\x1b[Ka\n\rbatch\x1b[K\r");
    }
}
