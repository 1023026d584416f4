//! Programs, failpoints, and what came of every kill.

use std::collections::BTreeMap;
use std::thread;

use super::case::Case;
use super::kind::Kind;
use super::points;
use super::random::Random;

/// Kills of one directory; then another one is begun.
const KILLS_OF_A_CASE: u64 = 25;

/// A program, and how often it is killed.
pub(super) struct Matrix {
    pub(super) kind: Kind,
    pub(super) seed: u64,
    pub(super) kills: u64,
    pub(super) lanes: u64,
}

/// The results of the kills: kills and mismatches by the place where it was killed and the
/// program.
#[derive(Default)]
pub(super) struct Table {
    rows: BTreeMap<String, BTreeMap<Kind, (u64, u64)>>,
    failures: Vec<String>,
    given_up: u64,
}

impl Matrix {
    /// Runs it; the lanes side by side, since most of it is waiting.
    pub(super) fn run(&self) -> Table {
        let points = points::all();
        let points: Vec<String> = points
            .into_iter()
            .filter(|point| self.kind.may_pass(point))
            .collect();
        let lane = |lane: u64| {
            let mut random = Random::new(self.seed ^ (lane << 32) ^ ((self.kind as u64) << 48));
            let mut table = Table::default();
            let mut left = self.kills.div_ceil(self.lanes);
            while left > 0 {
                let kills = left.min(KILLS_OF_A_CASE);
                left -= kills;
                Case::new(self.kind, random.next(), &points).run(kills, &mut table);
            }
            table
        };
        let mut table = Table::default();
        thread::scope(|scope| {
            let lane = &lane;
            let lanes = (0..self.lanes).map(|number| scope.spawn(move || lane(number)));
            for done in lanes.collect::<Vec<_>>() {
                table.add(done.join().unwrap());
            }
        });
        table
    }
}

impl Table {
    pub(super) fn kill(&mut self, kind: Kind, place: &str) {
        self.row(kind, place).0 += 1;
    }

    pub(super) fn mismatch(&mut self, kind: Kind, place: &str, what: String) {
        self.row(kind, place).1 += 1;
        self.failures.push(what);
    }

    /// The machine was too slow for a directory to be judged further.
    pub(super) fn give_up(&mut self) {
        self.given_up += 1;
    }

    fn row(&mut self, kind: Kind, place: &str) -> &mut (u64, u64) {
        let row = self.rows.entry(place.to_owned()).or_default();
        row.entry(kind).or_default()
    }

    pub(super) fn add(&mut self, other: Table) {
        for (place, row) in other.rows {
            for (kind, (kills, mismatches)) in row {
                let own = self.row(kind, &place);
                *own = (own.0 + kills, own.1 + mismatches);
            }
        }
        self.failures.extend(other.failures);
        self.given_up += other.given_up;
    }

    /// Fails if there is a mismatch.
    pub(super) fn assert_none(&self, seed: u64) {
        let failures = self.failures.join("\n");
        let table = self.show(seed);
        assert!(
            failures.is_empty(),
            "with MILLRACE_KILL_SEED={seed}:\n{failures}\n{table}"
        );
    }

    /// A row per failpoint, a column per program.
    pub(super) fn show(&self, seed: u64) -> String {
        let mut kinds: Vec<Kind> = self
            .rows
            .values()
            .flat_map(|row| row.keys().copied())
            .collect();
        kinds.sort_unstable();
        kinds.dedup();
        let mut sums = BTreeMap::<Kind, (u64, u64)>::new();
        for (kind, (kills, mismatches)) in self.rows.values().flatten() {
            let sum = sums.entry(*kind).or_default();
            *sum = (sum.0 + kills, sum.1 + mismatches);
        }
        let line = |name: &str, cells: &mut dyn Iterator<Item = String>| {
            let cells: Vec<String> = cells.collect();
            format!("| {name} | {} |\n", cells.join(" | "))
        };
        let mut text = line(
            "killed at",
            &mut kinds.iter().map(|kind| kind.name().to_owned()),
        );
        text += &line("---", &mut kinds.iter().map(|_| "---".to_owned()));
        for (place, row) in &self.rows {
            let kills = |kind| row.get(kind).map_or(0, |cell| cell.0).to_string();
            text += &line(place, &mut kinds.iter().map(kills));
        }
        text += &line(
            "all",
            &mut kinds.iter().map(|kind| sums[kind].0.to_string()),
        );
        text += &line(
            "mismatches",
            &mut kinds.iter().map(|kind| sums[kind].1.to_string()),
        );
        let all: u64 = sums.values().map(|sum| sum.0).sum();
        let wrong: u64 = sums.values().map(|sum| sum.1).sum();
        text += &format!("\n{all} recoveries, {wrong} mismatches, seed {seed}");
        match self.given_up {
            0 => text + "\n",
            given_up => format!("{text}; {given_up} directories given up: a file came too late\n"),
        }
    }
}
