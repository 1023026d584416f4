//! Lines that can come again and again, and are said at growing intervals.
//!
//! The first of a kind is said at once. After it the kind has a pause of ten seconds, then of
//! twenty, and so on up to an hour. A notice that comes within a pause is counted, and the next line of
//! the kind says how many there were. A kind that was quiet for twice its pause begins anew.
//!
//! It stands here since every floor says something again and again: the engine, the pages of
//! finished runs, the clients of other systems.

use std::collections::HashMap;
use std::fmt;

/// The first pause, in milliseconds.
const SHORTEST: i64 = 10_000;
/// The longest pause, in milliseconds.
const LONGEST: i64 = 3_600_000;
/// Kinds that have a pause of their own; the others share one.
const MOST_KINDS: usize = 16;
/// The kind of all lines that have no pause of their own.
const OTHERS: &str = "";

/// The number of times that something happened since it was said last; shown as
/// `3 times within 12s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeated {
    /// The number of times, this one included.
    pub times: u64,
    /// The milliseconds within which they came.
    pub within: i64,
}

impl Repeated {
    /// `line` with the number of times behind it, if it stands for more than one.
    #[must_use]
    pub fn with(&self, line: impl fmt::Display) -> String {
        match self.times {
            1 => line.to_string(),
            _ => format!("{line} ({self})"),
        }
    }
}

impl fmt::Display for Repeated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Repeated { times, within } = self;
        let seconds = ((within + 999) / 1000).max(1);
        let plural = if *times == 1 { "" } else { "s" };
        write!(f, "{times} time{plural} within ")?;
        match seconds {
            ..=119 => write!(f, "{seconds}s"),
            120..=7199 => write!(f, "{}min", seconds / 60),
            _ => write!(f, "{}h", seconds / 3600),
        }
    }
}

/// When a line of each kind may be said again, by a clock of its owner's.
///
/// ```
/// use millrace_types::Pauses;
///
/// let mut pauses = Pauses::default();
/// let mut say = |now| pauses.pass(now, "broken").map(|said| said.with("it broke"));
/// assert_eq!(say(0).as_deref(), Some("it broke"));
/// assert_eq!(say(4_000), None, "it has just been said");
/// assert_eq!(say(12_000).as_deref(), Some("it broke (2 times within 12s)"));
/// ```
#[derive(Debug, Default)]
pub struct Pauses {
    kinds: HashMap<String, Pause>,
}

#[derive(Debug)]
struct Pause {
    /// When a line of the kind was said last.
    said: i64,
    /// When one was due last.
    due: i64,
    /// The milliseconds that the others wait.
    length: i64,
    /// The number of lines that have not been said since.
    left_out: u64,
}

impl Pause {
    /// True if the trouble is over: nothing is due that was due for so long.
    fn is_over(&self, now: i64) -> bool {
        now - self.due >= 2 * self.length
    }

    /// Goes on from here, if the clock was set back.
    fn set_back(&mut self, now: i64) {
        self.said = self.said.min(now);
        self.due = self.due.min(now);
    }

    fn pass(&mut self, now: i64) -> Option<Repeated> {
        self.set_back(now);
        let is_over = self.is_over(now);
        self.due = now;
        if now - self.said < self.length {
            self.left_out += 1;
            return None;
        }
        let repeated = Repeated {
            times: std::mem::take(&mut self.left_out) + 1,
            within: now - self.said,
        };
        self.said = now;
        self.length = if is_over {
            SHORTEST
        } else {
            (2 * self.length).min(LONGEST)
        };
        Some(repeated)
    }
}

impl Pauses {
    /// Decides if a line of this kind is to be said at `now`, in milliseconds, and for how many it
    /// stands; `None` if it is only counted. The lines of a kind may differ in their numbers.
    pub fn pass(&mut self, now: i64, kind: &str) -> Option<Repeated> {
        let kind = if self.has_room(now, kind) {
            kind
        } else {
            OTHERS
        };
        if let Some(pause) = self.kinds.get_mut(kind) {
            return pause.pass(now);
        }
        let pause = Pause {
            said: now,
            due: now,
            length: SHORTEST,
            left_out: 0,
        };
        self.kinds.insert(kind.to_owned(), pause);
        Some(Repeated {
            times: 1,
            within: 0,
        })
    }

    /// True if this kind has a pause of its own, or can have one.
    fn has_room(&mut self, now: i64, kind: &str) -> bool {
        if self.kinds.len() < MOST_KINDS || self.kinds.contains_key(kind) {
            return true;
        }
        // What is over and has nothing left to tell needs no pause.
        self.kinds
            .retain(|_, pause| pause.left_out > 0 || !pause.is_over(now));
        self.kinds.len() < MOST_KINDS
    }

    /// All that was counted and not said, if anything was; nothing is left after that.
    pub fn end(&mut self, now: i64) -> Option<Repeated> {
        let left = self.kinds.drain().map(|(_, pause)| pause);
        let left: Vec<Pause> = left.filter(|pause| pause.left_out > 0).collect();
        let since = left.iter().map(|pause| pause.said.min(now)).min()?;
        Some(Repeated {
            times: left.iter().map(|pause| pause.left_out).sum(),
            within: now - since,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The most lines of one kind within `length` milliseconds, if it comes without end: one at
    /// once, one after each pause that grows, and one in each of the longest ones.
    fn most_lines(length: i64) -> i64 {
        let doublings = i64::from((LONGEST / SHORTEST).ilog2()) + 1;
        2 + doublings + length / LONGEST
    }

    proptest! {
        /// Every line is said or counted, whatever its kind and the clock, and no more kinds
        /// are known than there is room for.
        #[test]
        fn nothing_is_left_out_without_a_count(
            steps in prop::collection::vec((0_usize..40, -100_000_i64..200_000), 0..200),
        ) {
            let (mut pauses, mut now, mut told) = (Pauses::default(), 0, 0);
            let due = steps.len() as u64;
            for (kind, passed) in steps {
                now += passed;
                told += pauses.pass(now, &kind.to_string()).map_or(0, |said| said.times);
                prop_assert!(pauses.kinds.len() <= MOST_KINDS + 1);
            }
            told += pauses.end(now).map_or(0, |left| left.times);
            prop_assert_eq!(told, due);
            prop_assert_eq!(pauses.end(now), None, "it was told");
        }

        /// A trouble that lasts is said at once, and then ever more seldom.
        #[test]
        fn what_lasts_is_said_ever_more_seldom(gap in 1_i64..5_000, hours in 1_i64..48) {
            let (mut pauses, mut lines) = (Pauses::default(), Vec::new());
            let end = hours * LONGEST;
            for now in (0..end).step_by(gap.max(200) as usize) {
                if pauses.pass(now, "trouble").is_some() {
                    lines.push(now);
                }
            }
            prop_assert_eq!(lines[0], 0);
            prop_assert!(lines.len() as i64 <= most_lines(end), "{} lines", lines.len());
            let pauses: Vec<i64> = lines.windows(2).map(|two| two[1] - two[0]).collect();
            prop_assert!(pauses.iter().all(|pause| *pause >= SHORTEST));
            prop_assert!(pauses.iter().all(|pause| *pause < LONGEST + 5_000), "a line an hour");
        }

        /// A trouble that was quiet for twice its pause is said at once, and begins anew.
        #[test]
        fn what_comes_back_is_news(rounds in 1_i64..2_000, quiet in 0_i64..10_000) {
            let mut pauses = Pauses::default();
            let mut now = 0;
            for _ in 0..rounds {
                pauses.pass(now, "trouble");
                now += 1_000;
            }
            let length = pauses.kinds["trouble"].length;
            now += 2 * length + quiet;
            prop_assert!(pauses.pass(now, "trouble").is_some());
            prop_assert_eq!(pauses.pass(now + SHORTEST - 1, "trouble"), None);
            let again = pauses.pass(now + SHORTEST, "trouble");
            prop_assert_eq!(again, Some(Repeated { times: 2, within: SHORTEST }));
        }
    }

    #[test]
    fn a_clock_that_is_set_back_silences_nobody() {
        let mut pauses = Pauses::default();
        assert!(pauses.pass(1 << 40, "trouble").is_some());
        assert_eq!(pauses.pass(0, "trouble"), None);
        assert!(pauses.pass(SHORTEST, "trouble").is_some());
    }

    #[test]
    fn how_often_is_said_in_a_unit_that_fits() {
        for (times, within, said) in [
            (2, 1, "2 times within 1s"),
            (1, 119_000, "1 time within 119s"),
            (30, 180_000, "30 times within 3min"),
            (9, 7_200_000, "9 times within 2h"),
        ] {
            assert_eq!(Repeated { times, within }.to_string(), said);
        }
    }
}
