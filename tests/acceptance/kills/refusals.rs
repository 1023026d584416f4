//! What a program says when it cannot keep its promise, and that it says so.

use std::process::Command;

use crate::acceptance::harness::{Launch, Sender};

use super::kind::{Kind, Means};
use super::life::Life;
use super::place::Place;
use super::view::{beginning, state, word};

fn launch(kind: Kind, place: &Place) -> Launch {
    kind.launch(place, Means::default())
}

/// Runs a program that has to refuse; gives what it said.
fn refused(launch: Launch) -> String {
    let sender = Sender::new();
    launch.start_at(&sender).finish().with_code(1).stderr
}

#[test]
fn two_programs_on_one_directory_are_one_too_many() {
    let place = Place::new();
    let sender = Sender::new();
    let life = Life::begin(Kind::Stateful, &place, &sender, Means::default());
    let pid = life.program.id();
    let said = refused(launch(Kind::Stateful, &place));
    assert!(said.contains(&format!("pid {pid}")), "{said}");
}

#[test]
fn the_checkpoint_of_another_program_is_refused() {
    let place = Place::new();
    let sender = Sender::new();
    let mut life = Life::begin(Kind::Stateful, &place, &sender, Means::default());
    life.program.kill();
    drop(life.program.finish());
    let said = refused(launch(Kind::Stateless, &place));
    assert!(said.contains("another program"), "{said}");
}

#[test]
fn other_partitions_are_refused_until_they_are_made() {
    let place = Place::new();
    let sender = Sender::new();
    let mut life = Life::begin(Kind::Stateful, &place, &sender, Means::default());
    let connection = life.connection.as_mut().unwrap();
    connection.send(format!("{}\n{}\n", word(0), word(1)).as_bytes());
    let arrived = || state(&place.state()).is_ok_and(|counts| counts.len() == 2);
    life.until("two lines", |_| arrived().then_some(()))
        .expect("it lives");
    life.program.kill();
    drop(life.program.finish());
    let other = || launch(Kind::Stateful, &place).conf("spark.default.parallelism", 3);
    let said = refused(other());
    assert!(said.contains("millrace-state repartition"), "{said}");

    let tool = Command::new(env!("CARGO_BIN_EXE_millrace-state"))
        .arg("repartition")
        .arg(place.state())
        .arg("3")
        .output()
        .unwrap();
    assert!(
        tool.status.success(),
        "{}",
        String::from_utf8_lossy(&tool.stderr)
    );
    let sender = Sender::new();
    let program = other().start_at(&sender);
    let mut connection = sender.accept();
    connection.send((word(2) + "\n").as_bytes());
    let mut life = Life {
        program,
        connection: Some(connection),
        since: 0,
    };
    let arrived = || state(&place.state()).is_ok_and(|counts| counts.len() == 3);
    life.until("three lines", |_| arrived().then_some(()))
        .expect("it goes on");
    assert_eq!(beginning(&state(&place.state()).unwrap()), Ok(3));
}

/// A limit on the length of files stands for a disk that is full: a write of the run fails.
#[test]
fn a_run_whose_disk_takes_no_more_ends_with_an_error_behind_the_last_durable_batch() {
    let place = Place::new();
    let sender = Sender::new();
    // No snapshot and no new segment, so that the files grow until the limit.
    let launch = launch(Kind::Stateful, &place)
        .conf("millrace.checkpoint.logBytes", "32m")
        .limited_files(16 << 10);
    let program = launch.start_at(&sender);
    let mut connection = sender.accept();
    let mut life = Life {
        program,
        connection: None,
        since: 0,
    };
    let mut line = 0;
    life.until("the end", |_| -> Option<()> {
        for _ in 0..20 {
            line += u64::from(connection.try_send((word(line) + "\n").as_bytes()));
        }
        None
    });
    let ended = life.program.finish().with_code(1);
    assert!(
        ended.stderr.contains("generation-000001"),
        "{}",
        ended.stderr
    );
    let kept = beginning(&state(&place.state()).unwrap()).unwrap();
    assert!(kept > 0 && kept <= line, "{kept} of {line}");
}
