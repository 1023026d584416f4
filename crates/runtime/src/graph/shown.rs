//! The last lines that an output has printed, for those who watch the run.
//!
//! A watcher sees them without reading what the program writes. However much a batch prints, this
//! is a few lines of bounded length.

use millrace_types::{BatchTime, Lock};

/// Lines that are kept.
const LINES: usize = 20;

/// Characters of a line that are kept.
const CHARACTERS: usize = 200;

/// The first lines of the newest batch that was printed.
#[derive(Debug, Default)]
pub struct Shown(Lock<Option<(BatchTime, Vec<String>)>>);

impl Shown {
    /// Keeps the first of `lines` in the place of those before.
    pub fn keep<'a>(&self, time: BatchTime, lines: impl Iterator<Item = &'a str>) {
        let cut = |line: &str| match line.char_indices().nth(CHARACTERS) {
            Some((end, _)) => format!("{}...", &line[..end]),
            None => line.to_owned(),
        };
        let kept = lines.take(LINES).map(cut).collect();
        *self.0.lock() = Some((time, kept));
    }

    /// The batch and its lines, if one was printed.
    pub fn last(&self) -> Option<(BatchTime, Vec<String>)> {
        self.0.lock().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded() {
        let shown = Shown::default();
        assert_eq!(shown.last(), None);
        let long = "\u{e4}".repeat(CHARACTERS + 1);
        let lines: Vec<&str> = std::iter::repeat_n(long.as_str(), LINES + 1).collect();
        shown.keep(BatchTime::from_millis(1), lines.into_iter());
        let (time, kept) = shown.last().unwrap();
        assert_eq!((time, kept.len()), (BatchTime::from_millis(1), LINES));
        assert_eq!(kept[0], format!("{}...", "\u{e4}".repeat(CHARACTERS)));
        shown.keep(BatchTime::from_millis(2), ["b"].into_iter());
        assert_eq!(shown.last().unwrap().1, ["b"]);
    }
}
