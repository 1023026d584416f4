//! Killed at any moment, a program goes on where it was (law 5).
//!
//! The matrix is programs times failpoints: real binaries with the write-ahead log on, killed
//! with SIGKILL, recovered, perhaps killed while they recover, and judged after every recovery:
//! what has arrived is a beginning of what was sent, each line once, and never less than what was
//! seen before. What the program had not written down when it died belongs to the sender, which
//! goes on behind what has arrived.
//!
//! A short slice runs with the other tests. `scripts/kill_matrix.sh` runs the whole. The seed of a
//! run that failed is in its message; `MILLRACE_KILL_SEED` runs it again.

mod damage;
mod life;
mod matrix;
mod random;
mod refusals;
mod view;

use matrix::{Kind, Matrix};

/// How many recoveries of each program the slice makes.
const SLICE: u64 = 20;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn run(kind: Kind) {
    let seed = number("MILLRACE_KILL_SEED").unwrap_or(0x5EED);
    // Half of what is asked for: there are two programs.
    let recoveries = number("MILLRACE_KILL_RECOVERIES").map_or(SLICE, |all| all.div_ceil(2));
    let lanes = number("MILLRACE_KILL_LANES").unwrap_or(2);
    let table = Matrix::new(kind, seed, recoveries, lanes).run();
    // The table of the whole matrix is made of these lines.
    eprint!("{table}");
}

#[test]
fn a_stateful_program_counts_each_line_once_however_often_it_is_killed() {
    run(Kind::Stateful);
}

#[test]
fn a_stateless_program_prints_each_line_in_one_batch_however_often_it_is_killed() {
    run(Kind::Stateless);
}
