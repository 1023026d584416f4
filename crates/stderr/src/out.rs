//! Standard error, under one lock: whole lines, and the live line below them.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::terminal::is_ready;

/// Goes to the beginning of the row and clears it.
const ERASE: &str = "\r\x1b[K";

/// The live line as it was drawn last, and whether it stands on the screen.
#[derive(Debug, Default)]
pub(crate) struct Live {
    /// The text with its colours, cut to the width; `None` where there is no live line.
    text: Option<String>,
    drawn: bool,
    /// True once there is to be none in this process any more.
    retired: bool,
}

static LIVE: Mutex<Live> = Mutex::new(Live {
    text: None,
    drawn: false,
    retired: false,
});

pub(crate) fn live() -> MutexGuard<'static, Live> {
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The live line, unless somebody is writing at this moment.
pub(crate) fn live_if_free() -> Option<MutexGuard<'static, Live>> {
    LIVE.try_lock().ok()
}

/// Writes a line. The live line makes room for it and stands below it afterwards.
pub(crate) fn write_line(line: &str) {
    let mut live = live();
    let bytes = live.around(line);
    write(&bytes);
}

/// By one write. A standard error that is closed is not worth a failure: nobody is left who could
/// be told.
fn write(bytes: &str) {
    drop(io::stderr().lock().write_all(bytes.as_bytes()));
}

impl Live {
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
        write(&drawn(&text));
        self.text = Some(text);
        self.drawn = true;
    }

    /// Clears the row until the line is drawn again. A terminal that was stopped keeps it: nothing
    /// waits for one on account of this line.
    pub(crate) fn erase(&mut self) {
        if std::mem::take(&mut self.drawn) && is_ready() {
            write(ERASE);
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
        let mut live = Live::default();
        assert_eq!(live.around("a"), "a\n");
        live.text = Some("batch".to_owned());
        assert_eq!(live.around("a"), "a\n", "it is not on the screen");
        live.drawn = true;
        assert_eq!(live.around("a"), "\r\x1b[Ka\n\rbatch\x1b[K\r");
    }
}
