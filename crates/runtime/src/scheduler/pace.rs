//! Ticks and a clock that is not what it was: how far it has jumped, and how many ticks were
//! missed. Each is said in one line; what happens again and again, at growing intervals.

use std::fmt;

use millrace_types::{BatchTime, Duration};

use crate::clock::Reading;
use crate::zone;

/// A clock that differs by less from the time that has passed was not set: it is only slewed, or
/// its reader was slow.
const JUMP: i64 = 1000;

/// Ticks that come later than this, in milliseconds, are said although the clock was not set: the
/// process stood still.
const LATE: i64 = 10_000;

/// A line about a clock.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// The event, and about how far the clock went, to a power of two of seconds: a jump that is
    /// much longer than the one before is news, however soon it comes.
    pub(super) kind: String,
    pub(super) line: String,
}

impl Said {
    fn new(what: &str, millis: i64, line: String) -> Said {
        let seconds = (millis / 1000).max(1);
        Said {
            kind: format!("{what} {}", seconds.ilog2()),
            line,
        }
    }
}

/// The clock as it was when somebody looked last.
pub(super) struct Pace {
    last: Reading,
    /// The milliseconds that the clock has jumped forward since the last tick.
    forward: i64,
    /// Set once there was a tick.
    ticked: bool,
}

impl Pace {
    pub(super) fn new(now: Reading) -> Pace {
        Pace {
            last: now,
            forward: 0,
            ticked: false,
        }
    }

    /// Looks at the clock; gives what is to be said if it was set back. The next batch is that of
    /// `next`.
    pub(super) fn look(&mut self, now: Reading, next: BatchTime) -> Option<Said> {
        let jump = (now.wall - self.last.wall) - (now.steady - self.last.steady);
        self.last = now;
        if jump >= JUMP {
            self.forward += jump;
        }
        let back = || {
            let why = format!("the clock was set back by {}", Span(-jump));
            Said::new("back", -jump, waits(&why, now.wall, next))
        };
        (jump <= -JUMP && now.wall < next.as_millis()).then(back)
    }

    /// `missed` ticks are made up, the first one at `time`; gives what is to be said of it.
    pub(super) fn ticked(&mut self, time: BatchTime, missed: u64, last: BatchTime) -> Option<Said> {
        let forward = std::mem::take(&mut self.forward);
        let ran = std::mem::replace(&mut self.ticked, true);
        let late = self.last.wall - time.as_millis();
        let (what, length) = match (forward, late) {
            (JUMP.., _) => ("the clock went forward by", forward),
            (_, LATE..) if ran => ("the program stood still for", late),
            (_, LATE..) => ("the program was down for", late),
            _ => return None,
        };
        let last = zone::shown(last, self.last.wall);
        let batches = match missed {
            1 => "1 batch is".to_owned(),
            missed => format!("{missed} batches are"),
        };
        let why = format!("{what} {}", Span(length));
        let line = || format!("{why}: {batches} made up, the last one is that of {last}");
        (missed > 0).then(|| Said::new(what, length, line()))
    }
}

/// The line to be said when a run begins whose first batch is not due within an interval, because
/// the one before it is of a time that the clock has not come to.
pub(super) fn ahead(now: i64, first: BatchTime, interval: Duration) -> Option<String> {
    let left = first.as_millis().saturating_sub(now);
    let line = || {
        let last = zone::shown(first - interval, now);
        let why = format!("the batch before this run is that of {last}, ahead of the clock");
        waits(&why, now, first)
    };
    (left > interval.as_millis().max(JUMP)).then(line)
}

fn waits(why: &str, now: i64, next: BatchTime) -> String {
    let left = Span(next.as_millis().saturating_sub(now));
    let next = zone::shown(next, now);
    format!("{why}: the next batch is due at {next}, in {left}")
}

/// A length of time in milliseconds, in the two largest units that it has.
pub(crate) struct Span(pub(crate) i64);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(i64, &str); 5] = [
            (86_400_000, "d"),
            (3_600_000, "h"),
            (60_000, "min"),
            (1000, "s"),
            (1, "ms"),
        ];
        let first = UNITS.iter().position(|(unit, _)| self.0 >= *unit);
        let first = first.unwrap_or(UNITS.len() - 1);
        let (unit, name) = UNITS[first];
        write!(f, "{} {name}", self.0 / unit)?;
        match UNITS.get(first + 1) {
            Some((part, name)) if self.0 % unit >= *part => {
                write!(f, " {} {name}", self.0 % unit / part)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(wall: i64, steady: i64) -> Reading {
        Reading { wall, steady }
    }

    fn time(millis: i64) -> BatchTime {
        BatchTime::from_millis(millis)
    }

    fn line_of(said: Option<Said>) -> Option<String> {
        said.map(|said| said.line)
    }

    #[test]
    fn a_clock_that_was_set_back_says_when_the_next_batch_is_due() {
        let mut pace = Pace::new(at(7_200_000, 0));
        assert_eq!(pace.look(at(7_201_000, 1000), time(7_202_000)), None);
        // What a daemon slews is no jump.
        assert_eq!(pace.look(at(7_201_100, 2000), time(7_202_000)), None);
        let said = line_of(pace.look(at(3_601_100, 2000), time(7_202_000)));
        let due = zone::shown(time(7_202_000), 3_601_100);
        let line = format!("the clock was set back by 1 h: the next batch is due at {due}, in 1 h");
        assert_eq!(said, Some(line));
        assert_eq!(
            pace.look(at(3_602_100, 3000), time(7_202_000)),
            None,
            "once"
        );
        assert_eq!(pace.ticked(time(3_602_000), 5, time(3_607_000)), None);
    }

    #[test]
    fn ticks_that_are_made_up_are_said_with_their_number() {
        let mut pace = Pace::new(at(0, 0));
        assert_eq!(pace.look(at(3_600_000, 500), time(1000)), None);
        let said = line_of(pace.ticked(time(2000), 3599, time(3_600_000)));
        let last = zone::shown(time(3_600_000), 3_600_000);
        let line = format!(
            "the clock went forward by 59 min 59 s: 3599 batches are made up, the last one is \
             that of {last}"
        );
        assert_eq!(said, Some(line));
        // A jump within an interval is none to anybody.
        assert_eq!(pace.look(at(3_604_000, 1000), time(3_610_000)), None);
        assert_eq!(pace.ticked(time(3_620_000), 0, time(3_620_000)), None);
        // Without a jump, ticks that are a little late are not worth a line.
        assert_eq!(pace.look(at(3_624_000, 21_000), time(3_610_000)), None);
        assert_eq!(pace.ticked(time(3_622_000), 3, time(3_624_000)), None);
        assert_eq!(pace.look(at(3_684_000, 81_000), time(3_625_000)), None);
        let said = line_of(pace.ticked(time(3_626_000), 59, time(3_684_000))).unwrap();
        assert!(
            said.starts_with("the program stood still for 58 s: 59 batches"),
            "{said}"
        );
        let mut begins = Pace::new(at(864_000_000, 0));
        let said = begins.ticked(time(2000), 863_999, time(864_000_000));
        let said = line_of(said).unwrap();
        let begin = "the program was down for 9 d 23 h: 863999 batches are made up";
        assert!(said.starts_with(begin), "{said}");
    }

    /// Jumps that a daemon makes every few seconds are one kind; one of an hour is news beside them.
    #[test]
    fn jumps_of_about_one_length_are_one_kind() {
        let kind = |seconds: i64| {
            let mut pace = Pace::new(at(864_000_000, 0));
            let back = at(864_000_000 - 1000 * seconds, 0);
            pace.look(back, time(864_000_000)).unwrap().kind
        };
        assert_eq!(kind(5), kind(7));
        assert_ne!(kind(5), kind(3600));
    }

    #[test]
    fn a_run_whose_last_batch_is_in_the_future_says_how_long_it_waits() {
        let interval = Duration::seconds(1);
        assert_eq!(ahead(1_500, time(2_000), interval), None);
        let said = ahead(1_500, time(61_000), interval);
        let (last, next) = (zone::shown(time(60_000), 0), zone::shown(time(61_000), 0));
        let line = format!(
            "the batch before this run is that of {last}, ahead of the clock: the next batch is \
             due at {next}, in 59 s 500 ms"
        );
        assert_eq!(said, Some(line));
    }

    #[test]
    fn lengths_are_shown_in_two_units() {
        for (millis, shown) in [
            (0, "0 ms"),
            (999, "999 ms"),
            (1500, "1 s 500 ms"),
            (60_000, "1 min"),
            (3_599_999, "59 min 59 s"),
            (3_600_999, "1 h"),
            (864_000_000 + 7_200_000, "10 d 2 h"),
        ] {
            assert_eq!(Span(millis).to_string(), shown);
        }
    }
}
