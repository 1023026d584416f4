//! The same programs, said to three engines: what they are given, and what
//! they report.
//!
//! Every engine gets the same records, in the form that its programs take them
//! in, made before the clock runs. Batches run one at a time, on two workers.
//! The result of the timed batches is read in full, into one number
//! ([`Outcome::checksum`]) that has to be the same for all.

use std::process::ExitCode;
use std::time::Instant;

use millrace_benches::args::Args;
use millrace_benches::corpus::Kind;
use millrace_benches::keyed::{self, Pair};
use millrace_benches::usage;

/// Worker threads of every engine.
pub const WORKERS: usize = 2;
/// Batches in a window.
pub const WINDOW: usize = 60;
/// A batch of the window brings one key of so many, the next batch the next one of them.
const TURNS: u64 = 10;

/// The program that is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Counts the words of every batch of a text.
    WordCount,
    /// Joins two streams, in each of which every key comes once per batch.
    Join,
    /// Sums the values of every key over the last sixty batches; a batch brings a tenth of the
    /// keys. Some records are read of every window, and all of the last one.
    Window,
    /// The same, and every window is read in full.
    WindowRead,
    /// The same, by a reader that cannot see the order of records.
    WindowEach,
}

impl Program {
    const ALL: [(&str, Self); 5] = [
        ("wordcount", Self::WordCount),
        ("join", Self::Join),
        ("window", Self::Window),
        ("window-read", Self::WindowRead),
        ("window-each", Self::WindowEach),
    ];

    /// Batches that warm up (a window has to be full), and batches that are timed.
    #[must_use]
    pub fn batches(self) -> (usize, usize) {
        match self {
            Self::WordCount | Self::Join => (3, 6),
            Self::Window | Self::WindowRead | Self::WindowEach => (WINDOW + TURNS as usize, 20),
        }
    }
}

/// The sizes of a run.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Keys of the joined streams and of the window.
    pub keys: usize,
    /// Bytes of a batch of text.
    pub bytes: usize,
}

impl Size {
    /// The lines of a text, batch by batch, each with its line ends.
    #[must_use]
    pub fn texts(&self, batches: usize) -> Vec<String> {
        let text = Kind::Natural.generate(self.bytes * batches);
        let text = String::from_utf8(text).expect("the text is ASCII");
        let mut rest = text.as_str();
        let mut batch = |_| {
            let near = self.bytes.min(rest.len());
            let end = rest[near..]
                .find('\n')
                .map_or(rest.len(), |end| near + end + 1);
            let (batch, behind) = rest.split_at(end);
            rest = behind;
            batch.to_owned()
        };
        (0..batches).map(&mut batch).collect()
    }

    /// The input of one side of the join in a batch.
    #[must_use]
    pub fn side(&self, batch: usize, side: u64) -> Vec<Pair> {
        keyed::each(2 * batch as u64 + side, 0..self.keys as u64)
    }

    /// The input of the window in a batch.
    #[must_use]
    pub fn entering(&self, batch: usize) -> Vec<Pair> {
        let batch = batch as u64;
        keyed::turn(batch, 0..self.keys as u64, batch % TURNS, TURNS)
    }
}

/// The result of a run.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// Records of the timed batches: words, pairs of both sides, pairs.
    pub records: u64,
    /// Wall time of the timed batches.
    pub seconds: f64,
    /// Processor time of the timed batches, all threads.
    pub cpu_seconds: f64,
    /// The sum, wrapping, of the terms of all results.
    pub checksum: u64,
}

/// The term that a record of a result adds (wrapping) to the checksum.
#[must_use]
pub fn term(key: u64, left: i64, right: i64) -> u64 {
    const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
    let fold = |state: u64, part: u64| {
        let product = (state ^ part ^ MULTIPLIER).wrapping_mul(MULTIPLIER);
        product ^ (product >> 32)
    };
    fold(fold(fold(0, key), left as u64), right as u64)
}

/// Words of the timed batches.
#[must_use]
pub fn words(texts: &[String], warm: usize) -> u64 {
    let lines = texts[warm..].iter().flat_map(|text| text.lines());
    lines.map(|line| line.split(' ').count() as u64).sum()
}

/// The main function of an engine's program: `run` says nothing if the engine cannot say it.
pub fn main_of(engine: &str, run: fn(Program, Size) -> Option<Outcome>) -> ExitCode {
    match measured(run) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{engine}: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The clocks' readings at the end of a batch.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    wall: Instant,
    cpu_seconds: f64,
}

impl Mark {
    /// Now.
    #[must_use]
    pub fn now() -> Self {
        Self {
            wall: Instant::now(),
            cpu_seconds: usage::cpu_seconds(),
        }
    }

    /// Seconds and processor seconds from here to `end`.
    #[must_use]
    pub fn until(self, end: Self) -> (f64, f64) {
        let wall = end.wall.duration_since(self.wall);
        (wall.as_secs_f64(), end.cpu_seconds - self.cpu_seconds)
    }
}

/// One line: records, seconds, processor seconds, peak memory in bytes, checksum; or `-`.
fn measured(run: fn(Program, Size) -> Option<Outcome>) -> Result<String, String> {
    const USAGE: &str = "usage: ENGINE [--keys N] [--bytes N] wordcount|join|window|window-read|window-each";
    let args = Args::from_env(&["keys", "bytes"], USAGE)?;
    let size = Size {
        keys: args.option("keys")?.unwrap_or(1_000_000),
        bytes: args.option("bytes")?.unwrap_or(10_000_000),
    };
    let [name] = args.operands() else {
        return Err(args.wrong("one program is needed"));
    };
    let program = Program::ALL.iter().find(|(known, _)| known == name);
    let Some(&(_, program)) = program else {
        return Err(args.wrong("there is no such program"));
    };
    Ok(match run(program, size) {
        None => "-".to_owned(),
        Some(outcome) => format!(
            "{} {:.6} {:.6} {} {:016x}",
            outcome.records,
            outcome.seconds,
            outcome.cpu_seconds,
            usage::peak_rss_bytes(),
            outcome.checksum
        ),
    })
}
