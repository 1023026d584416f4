//! Programs, failpoints, and what came of every kill.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::acceptance::harness::{Sender, Signal};

use super::life::Life;
use super::random::Random;
use super::view::{Printed, beginning, last_time, shown, state, word};

/// Which program is killed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Stateful,
    Stateless,
}

/// Kills of one directory; then another one is begun.
const KILLS_OF_A_CASE: u64 = 25;

pub(super) struct Matrix {
    kind: Kind,
    seed: u64,
    kills: u64,
    lanes: u64,
}

/// Kills and mismatches of a program by the place where it was killed.
pub(super) struct Table {
    kind: Kind,
    rows: BTreeMap<String, (u64, u64)>,
    failures: Vec<String>,
}

impl Matrix {
    pub(super) fn new(kind: Kind, seed: u64, kills: u64, lanes: u64) -> Matrix {
        Matrix {
            kind,
            seed,
            kills,
            lanes,
        }
    }

    /// Runs it; the lanes side by side, since most of it is waiting.
    pub(super) fn run(&self) -> Table {
        let points = failpoints();
        let mut table = Table::new(self.kind);
        let lane = |lane: u64| {
            let mut random = Random::new(self.seed ^ (lane << 32) ^ self.kind as u64);
            let mut table = Table::new(self.kind);
            let mut left = self.kills.div_ceil(self.lanes);
            while left > 0 {
                let kills = left.min(KILLS_OF_A_CASE);
                left -= kills;
                Case::new(self.kind, random.next(), &points).run(kills, &mut table);
            }
            table
        };
        thread::scope(|scope| {
            let lane = &lane;
            let lanes = (0..self.lanes).map(|number| scope.spawn(move || lane(number)));
            for done in lanes.collect::<Vec<_>>() {
                table.add(done.join().unwrap());
            }
        });
        let seed = self.seed;
        let failures = table.failures.join("\n");
        assert!(
            failures.is_empty(),
            "with MILLRACE_KILL_SEED={seed}:\n{failures}\n{table}"
        );
        table
    }
}

/// One directory and its lives.
struct Case<'a> {
    kind: Kind,
    seed: u64,
    random: Random,
    points: &'a [String],
    directory: tempfile::TempDir,
    sender: Sender,
    printed: Printed,
    /// So many lines have been seen to have arrived.
    floor: u64,
}

impl<'a> Case<'a> {
    fn new(kind: Kind, seed: u64, points: &'a [String]) -> Case<'a> {
        Case {
            kind,
            seed,
            random: Random::new(seed),
            points,
            directory: tempfile::tempdir().unwrap(),
            sender: Sender::new(),
            printed: Printed::default(),
            floor: 0,
        }
    }

    /// Kills it so often, and lets it end in peace then.
    fn run(mut self, kills: u64, table: &mut Table) {
        let mut place = "(nothing)".to_owned();
        for kill in 0..=kills {
            let (row, outcome) = self.live(kill < kills);
            if let Some(row) = row {
                table.rows.entry(row.clone()).or_default().0 += 1;
                place = row;
            }
            if let Err(what) = outcome {
                table.rows.entry(place.clone()).or_default().1 += 1;
                let (kind, seed) = (self.kind, self.seed);
                table.failures.push(format!(
                    "{kind:?}, case {seed:#x}, kill {kill}, last killed at {place}: {what}"
                ));
                // What comes after would be judged by what is wrong already.
                if std::env::var_os("MILLRACE_KILL_KEEP").is_some() {
                    eprintln!("kept: {}", self.directory.keep().display());
                }
                return;
            }
        }
    }

    /// One life; gives where it was killed, and what is wrong.
    fn live(&mut self, mortal: bool) -> (Option<String>, Result<(), String>) {
        let failpoint = (mortal && self.random.below(5) > 0).then(|| self.draw());
        let argument = failpoint
            .as_ref()
            .map(|(name, passing)| format!("{name}:{passing}"));
        let mut life = Life::begin(self.kind, self.path(), &self.sender, argument.as_deref());
        let arrived = match self.recovered(&mut life) {
            Ok(arrived) => arrived,
            Err(what) => return (None, Err(what)),
        };
        let sent = arrived.map(|arrived| self.send(&mut life, arrived));
        if !mortal {
            let Some(sent) = sent else {
                let ended = life.program.finish();
                return (None, Err(format!("it does not start: {}", ended.stderr)));
            };
            return (None, self.end(life, sent));
        }
        let by_itself = life.dies_soon(if failpoint.is_some() { 60 } else { 0 });
        life.program.kill();
        drop(life.connection.take());
        let ended = life.program.finish();
        if let Some(code) = ended.code {
            return (None, Err(format!("it ended with {code}: {}", ended.stderr)));
        }
        let row = match failpoint {
            Some((name, _)) if by_itself => name,
            _ => "(any moment)".to_owned(),
        };
        let outcome = self
            .printed
            .take(&ended.batches_begun())
            .and_then(|()| self.judge());
        (Some(row), outcome.map(drop))
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn draw(&mut self) -> (String, u64) {
        let name = self.points[self.random.below(self.points.len() as u64) as usize].clone();
        let reach = [1, 3, 12][self.random.below(3) as usize];
        (name, 1 + self.random.below(reach))
    }

    /// Waits until everything that was recovered has been run, and judges it; `None` if the
    /// program is dead before.
    fn recovered(&mut self, life: &mut Life) -> Result<Option<u64>, String> {
        if life.connection.is_none() {
            return Ok(None);
        }
        let (path, printed) = (self.directory.path(), &mut self.printed);
        let kind = self.kind;
        let run = life.until("the first new batch", |life| {
            let time = last_time(path).filter(|time| *time >= life.since)?;
            if let Kind::Stateful = kind {
                return Some(Ok(()));
            }
            if let Err(what) = printed.take(&life.program.batches_begun()) {
                return Some(Err(what));
            }
            printed.has(&shown(time)).then_some(Ok(()))
        });
        match run {
            None => Ok(None),
            Some(run) => run.and_then(|()| self.judge()).map(Some),
        }
    }

    /// What has arrived must be a beginning, and no less than before.
    fn judge(&mut self) -> Result<u64, String> {
        let counts = match self.kind {
            Kind::Stateful => state(self.path())?,
            Kind::Stateless => self.printed.counts(),
        };
        let arrived = beginning(&counts)?;
        if arrived < self.floor {
            return Err(format!("{arrived} lines are there, {} were", self.floor));
        }
        self.floor = arrived;
        Ok(arrived)
    }

    /// Sends from line number `next` on; gives the first that was not sent.
    fn send(&mut self, life: &mut Life, mut next: u64) -> u64 {
        let Some(connection) = &mut life.connection else {
            return next;
        };
        let end = next + 1 + self.random.below(60);
        while next < end {
            let behind = (next + 1 + self.random.below(5)).min(end);
            let lines: String = (next..behind).map(|line| word(line) + "\n").collect();
            if !connection.try_send(lines.as_bytes()) || life.program.has_ended() {
                break;
            }
            next = behind;
            // Spreads the lines over blocks and batches; nothing depends on how.
            thread::sleep(Duration::from_millis(self.random.below(12)));
        }
        next
    }

    /// Waits for all that was sent, and stops it as a user does.
    fn end(&mut self, mut life: Life, sent: u64) -> Result<(), String> {
        let settled = life
            .connection
            .as_ref()
            .is_none_or(|connection| connection.settle());
        assert!(settled, "this system does not say what a socket holds");
        life.program.signal(Signal::Terminate);
        drop(life.connection.take());
        let ended = life.program.finish();
        if ended.code.is_none_or(|code| code != 0 && code != 143) {
            return Err(format!("it ended with {:?}: {}", ended.code, ended.stderr));
        }
        self.printed.take(&ended.batches_begun())?;
        let arrived = self.judge()?;
        (arrived == sent)
            .then_some(())
            .ok_or_else(|| format!("{sent} lines were sent, {arrived} have arrived"))
    }
}

/// Every failpoint there is in the sources: one that is added is in the matrix.
fn failpoints() -> Vec<String> {
    let mut names = BTreeSet::new();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut rooms: Vec<PathBuf> = ["wal/src", "millrace/src"]
        .map(|room| crates.join(room))
        .into();
    while let Some(path) = rooms.pop() {
        if path.is_dir() {
            rooms.extend(
                fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let call = "failpoint(\"";
        for (at, _) in source.match_indices(call) {
            let name = source[at + call.len()..].split('"').next().unwrap();
            names.insert(name.to_owned());
        }
    }
    assert!(
        names.len() > 40,
        "the failpoints are elsewhere now: {names:?}"
    );
    names.into_iter().collect()
}

impl Table {
    fn new(kind: Kind) -> Table {
        Table {
            kind,
            rows: BTreeMap::new(),
            failures: Vec::new(),
        }
    }

    fn add(&mut self, other: Table) {
        for (place, (kills, mismatches)) in other.rows {
            let row = self.rows.entry(place).or_default();
            *row = (row.0 + kills, row.1 + mismatches);
        }
        self.failures.extend(other.failures);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let program = match self.kind {
            Kind::Stateful => "stateful_network_wordcount",
            Kind::Stateless => "network_wordcount",
        };
        let mut all = (0, 0);
        for (place, (kills, mismatches)) in &self.rows {
            writeln!(f, "| {program} | {place} | {kills} | {mismatches} |")?;
            all = (all.0 + kills, all.1 + mismatches);
        }
        writeln!(f, "| {program} | all | {} | {} |", all.0, all.1)
    }
}
