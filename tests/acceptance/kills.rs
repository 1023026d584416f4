//! Killed at any moment, a program goes on where it was (law 5).
//!
//! The matrix is programs times failpoints: real binaries, those that read a socket with the
//! write-ahead log on, killed with SIGKILL, recovered, perhaps killed while they recover, and
//! judged after every kill and every recovery: what has arrived is a beginning of what was sent,
//! each line once, and never less than what was seen before. Lines that the program had not written
//! down when it died belong to the sender, which goes on behind what has arrived. Files belong to
//! nobody but the directory: all of them are counted, each in the batch of its own time. A topic is
//! kept by its brokers, which are never killed. A batch that is run again shows the same again, and
//! saved files are whole whenever somebody looks.
//!
//! A short slice runs with the other tests. `scripts/kill_matrix.sh` runs the whole, and shows
//! that it can fail. The seed of a run that failed is in its message; `MILLRACE_KILL_SEED` runs it
//! again.

mod case;
mod damage;
mod each;
mod inbox;
mod kind;
mod letters;
mod life;
mod matrix;
mod place;
mod points;
mod programs;
mod random;
mod refusals;
mod saved;
mod topic;
mod view;
mod windowed;

use kind::Kind;
use matrix::{Matrix, Table};

/// The number of recoveries of each program in the slice.
const SLICE: u64 = 12;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn seed() -> u64 {
    number("MILLRACE_KILL_SEED").unwrap_or(0x5EED)
}

fn run(kind: Kind) {
    run_often(kind, SLICE);
}

fn run_often(kind: Kind, kills: u64) {
    let matrix = Matrix {
        kind,
        seed: seed(),
        kills,
        lanes: 2,
    };
    matrix.run().assert_none(seed());
}

#[test]
fn a_stateless_program_prints_each_line_in_one_batch_however_often_it_is_killed() {
    run(Kind::Stateless);
}

#[test]
fn a_stateful_program_counts_each_line_once_however_often_it_is_killed() {
    run(Kind::Stateful);
}

#[test]
fn each_file_is_in_its_batch_however_often_the_program_is_killed() {
    run(Kind::Files);
}

#[cfg(feature = "kafka")]
#[test]
fn each_record_of_a_topic_is_counted_once_however_often_the_program_is_killed() {
    run(Kind::Kafka);
}

#[test]
fn a_stateful_program_counts_each_file_once_however_often_it_is_killed() {
    run(Kind::StatefulFiles);
}

#[test]
fn outputs_are_whole_and_saved_once_however_often_the_program_is_killed() {
    run(Kind::Saving);
}

#[test]
fn each_line_is_in_the_windows_that_cover_it_however_often_the_program_is_killed() {
    // They are whole seconds long.
    run_often(Kind::Windowed, SLICE / 4);
}

#[test]
fn windows_are_the_sums_of_their_batches_however_often_the_program_is_killed() {
    run(Kind::Windows);
}

#[test]
fn each_poison_record_has_one_letter_however_often_the_program_is_killed() {
    run(Kind::Poison);
}

/// The whole matrix: `scripts/kill_matrix.sh`.
///
/// `MILLRACE_KILL_RECOVERIES` of all programs together, `MILLRACE_KILL_PROGRAMS` the names of
/// those that are run, with commas between them, and `MILLRACE_KILL_LANES` how many of each at a
/// time.
#[test]
#[ignore = "takes minutes"]
fn the_whole_matrix() {
    let wanted = std::env::var("MILLRACE_KILL_PROGRAMS").unwrap_or_default();
    let is_wanted =
        |kind: &Kind| wanted.is_empty() || wanted.split(',').any(|it| it == kind.name());
    let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(is_wanted).collect();
    let all = number("MILLRACE_KILL_RECOVERIES").unwrap_or(3_000);
    let lanes = number("MILLRACE_KILL_LANES").unwrap_or(2);
    let kills = all.div_ceil(kinds.len() as u64);
    let mut table = Table::default();
    std::thread::scope(|scope| {
        let run = |kind| {
            let seed = seed();
            move || {
                Matrix {
                    kind,
                    seed,
                    kills,
                    lanes,
                }
                .run()
            }
        };
        let running = kinds.iter().map(|&kind| scope.spawn(run(kind)));
        for done in running.collect::<Vec<_>>() {
            table.add(done.join().unwrap());
        }
    });
    table.assert_none(seed());
    // Results of the script, which sends both to where its user looks.
    eprint!("{}", table.show(seed()));
}
