//! The live line of a run, for a terminal whose program writes its results elsewhere.
//!
//! Of batches that come faster than the line is drawn it shows the mean rate.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use millrace_stderr::{LiveLine, Part};
use millrace_types::EpochMillis;

use crate::event::{Batch, Event, Kept};
use crate::time_text::local_time;

/// The line is drawn so often at most: eyes are no faster, and terminals may be far away.
const BETWEEN: Duration = Duration::from_millis(100);

/// Draws the line after every batch, and when batches begin to wait.
#[derive(Debug)]
pub(crate) struct Progress {
    line: LiveLine,
    drawn: Option<Instant>,
    figures: Figures,
}

/// The figures that the line shows.
#[derive(Debug)]
struct Figures {
    /// Milliseconds.
    interval: i64,
    newest: Option<Batch>,
    /// Records of the batches that have completed since the line was drawn, and their number.
    records: u64,
    batches: u64,
    /// Batches that have been submitted and not begun.
    waiting: BTreeSet<EpochMillis>,
    /// Keys of the state; `None` of a program that has none.
    keys: Option<u64>,
}

impl Progress {
    /// `interval` is the batch interval in milliseconds.
    pub(crate) fn new(line: LiveLine, interval: i64) -> Progress {
        Progress {
            line,
            drawn: None,
            figures: Figures {
                interval: interval.max(1),
                newest: None,
                records: 0,
                batches: 0,
                waiting: BTreeSet::new(),
                keys: None,
            },
        }
    }

    /// Takes an event, and draws the line if it may look different from now on.
    pub(crate) fn take(&mut self, event: &Event) {
        if !self.note(event) {
            return;
        }
        let now = Instant::now();
        if self.drawn.is_some_and(|drawn| now - drawn < BETWEEN) {
            return;
        }
        self.drawn = Some(now);
        self.line.show(&self.figures.parts());
        self.figures.shown();
    }

    /// Takes an event, and gives whether the line should be drawn. A batch that waits is one that is
    /// about to begin; two are a backlog.
    pub(crate) fn note(&mut self, event: &Event) -> bool {
        self.figures.fold(event);
        match event {
            Event::StreamingStarted { .. } | Event::BatchCompleted(_) => true,
            Event::BatchSubmitted(_) => self.figures.waiting.len() > 1,
            _ => false,
        }
    }
}

impl Figures {
    fn fold(&mut self, event: &Event) {
        match event {
            Event::BatchSubmitted(batch) => drop(self.waiting.insert(batch.time)),
            Event::BatchStarted(batch) => self.began(batch.time),
            Event::BatchCompleted(batch) => {
                self.began(batch.time);
                self.records += batch.records();
                self.batches += 1;
                self.newest = Some(batch.clone());
            }
            Event::Kept(kept) => self.keys = keys_of(kept),
            _ => {}
        }
    }

    /// The line shows what came until now.
    fn shown(&mut self) {
        self.records = 0;
        self.batches = 0;
    }

    /// Batches begin in their order; the event of an earlier one may have been dropped.
    fn began(&mut self, time: EpochMillis) {
        self.waiting = self.waiting.split_off(&(time + 1));
    }

    fn parts(&self) -> Vec<Part> {
        let part = |text: String, alarming| Part { text, alarming };
        let waiting = self.waiting.len();
        let Some(batch) = &self.newest else {
            return vec![part("no batch has completed yet".to_owned(), waiting > 1)];
        };
        let delay = batch.total_delay().unwrap_or(0);
        let (records, batches) = match self.batches {
            0 => (batch.records(), 1),
            batches => (self.records, batches),
        };
        let rate = records as f64 * 1000.0 / (batches as f64 * self.interval as f64);
        let time = local_time(batch.time, self.interval % 1000 != 0);
        let mut parts = vec![
            part(format!("batch {time}"), false),
            part(format!("{} records/s", short(rate)), false),
            part(format!("delay {}", seconds(delay)), delay > self.interval),
        ];
        if let Some(keys) = self.keys {
            parts.push(part(format!("{} keys", short(keys as f64)), false));
        }
        let waits = match waiting {
            1 => "1 batch waits".to_owned(),
            count => format!("{count} batches wait"),
        };
        parts.push(part(waits, waiting > 1));
        parts
    }
}

fn keys_of(kept: &Kept) -> Option<u64> {
    let states = kept.stores.iter().filter(|store| store.name == "state");
    let keys = states.map(|store| store.keys);
    keys.reduce(|all, keys| all + keys)
}

/// A number of at most six characters: `950`, `12.3k`, `4.56M`.
fn short(number: f64) -> String {
    for (unit, name) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] {
        // What would be rounded up to the unit is written in it.
        if number >= unit * 0.9995 {
            let number = number / unit;
            let decimals = match number {
                ..9.995 => 2,
                ..99.95 => 1,
                _ => 0,
            };
            return format!("{number:.decimals$}{name}");
        }
    }
    format!("{number:.0}")
}

/// Milliseconds as seconds.
fn seconds(millis: i64) -> String {
    let seconds = millis as f64 / 1000.0;
    let decimals = if millis < 10_000 { 2 } else { 0 };
    format!("{seconds:.decimals$} s")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Input, StoreKept};

    fn batch(time: EpochMillis, records: u64, ended: EpochMillis) -> Batch {
        Batch {
            time,
            submitted: time,
            started: Some(time),
            ended: Some(ended),
            inputs: vec![Input {
                stream: 0,
                records,
                bytes: 0,
                description: None,
            }],
            outputs: Vec::new(),
        }
    }

    fn figures() -> Figures {
        Figures {
            interval: 1000,
            newest: None,
            records: 0,
            batches: 0,
            waiting: BTreeSet::new(),
            keys: None,
        }
    }

    fn line(figures: &Figures) -> String {
        let parts = figures.parts();
        let marked = parts.iter().map(|part| {
            let mark = if part.alarming { "!" } else { "" };
            format!("{mark}{}", part.text)
        });
        let marked: Vec<String> = marked.collect();
        marked.join("|")
    }

    #[test]
    fn the_line_has_what_the_newest_batch_shows() {
        let mut figures = figures();
        assert_eq!(line(&figures), "no batch has completed yet");
        figures.fold(&Event::BatchCompleted(batch(4000, 0, 4120)));
        figures.fold(&Event::BatchCompleted(batch(5000, 24_690, 5120)));
        let time = local_time(5000, false);
        let expected = format!("batch {time}|12.3k records/s|delay 0.12 s|0 batches wait");
        assert_eq!(line(&figures), expected);
        figures.shown();
        assert!(line(&figures).contains("|24.7k records/s|"));
        let store = StoreKept {
            operator: String::new(),
            name: "state".to_owned(),
            keys: 4_560_000,
            bytes: 0,
        };
        figures.keys = keys_of(&Kept {
            batch: 0,
            time: 0,
            stores: vec![store],
            in_flight: 0,
            in_flight_limit: 0,
            waited_ms: 0,
            lines_cut: 0,
            unfinished_dropped: 0,
            records_skipped: 0,
            resident: 0,
        });
        assert!(
            line(&figures).contains("|4.56M keys|"),
            "{}",
            line(&figures)
        );
    }

    #[test]
    fn a_backlog_and_a_long_delay_alarm() {
        let mut figures = figures();
        for time in [6000, 7000, 8000, 9000] {
            figures.fold(&Event::BatchSubmitted(batch(time, 0, time)));
        }
        assert_eq!(line(&figures), "!no batch has completed yet");
        figures.fold(&Event::BatchStarted(batch(7000, 0, 0)));
        figures.fold(&Event::BatchCompleted(batch(7000, 0, 9500)));
        let line = line(&figures);
        assert!(line.ends_with("|!delay 2.50 s|!2 batches wait"), "{line}");
    }

    #[test]
    fn numbers_are_short() {
        let cases = [
            (0.0, "0"),
            (999.0, "999"),
            (999.9, "1.00k"),
            (9_994.0, "9.99k"),
            (12_345.0, "12.3k"),
            (123_456.0, "123k"),
            (999_900.0, "1.00M"),
            (2.5e9, "2.50G"),
        ];
        for (number, text) in cases {
            assert_eq!(short(number), text);
        }
        assert_eq!(
            (seconds(120), seconds(75_000)),
            ("0.12 s".into(), "75 s".into())
        );
    }
}
