//! The message of a program that cannot keep its promise, and that it gives one.

use std::process::Command;

use crate::acceptance::harness::{Launch, Sender, Signal};

use super::kind::{Kind, Means};
use super::life::Life;
use super::place::Place;
use super::view::{beginning, later, state, word};

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
    // No snapshot and no new segment, so that the files grow until the limit.
    let launch = launch(Kind::Stateful, &place)
        .conf("millrace.checkpoint.logBytes", "32m")
        .limited_files(16 << 10);
    let (_, said) = fed_until_its_end(&place, launch);
    assert!(said.contains("generation-000001"), "{said}");
}

/// Blocks that were received and not run would be numbered over by a run that has no log.
#[test]
fn a_run_without_the_log_is_refused_while_there_are_blocks_not_run() {
    let place = Place::new();
    let sender = Sender::new();
    // Every line is in the log before its batch is.
    let means = Means {
        failpoint: Some("wal.cut.after-sync:4"),
        ..Means::default()
    };
    let mut life = Life::begin(Kind::Stateful, &place, &sender, means);
    let mut line = 0;
    while !life.program.has_ended() {
        let connection = life.connection.as_mut().unwrap();
        line += u64::from(connection.try_send((word(line) + "\n").as_bytes()));
        std::thread::yield_now();
    }
    drop(life.program.finish());
    let kept = beginning(&state(&place.state()).unwrap()).unwrap();
    let log = "spark.streaming.receiver.writeAheadLog.enable";
    let said = refused(launch(Kind::Stateful, &place).conf(log, "false"));
    assert!(said.contains("received and not run"), "{said}");
    assert!(said.contains(&format!("--conf {log}=true")), "{said}");
    assert_eq!(beginning(&state(&place.state()).unwrap()), Ok(kept));
    // Once with it, and then without.
    let mut life = Life::begin(Kind::Stateful, &place, &sender, Means::default());
    let since = life.since;
    life.until("a batch", |_| later(&place.state(), since))
        .expect("it lives")
        .unwrap();
    life.program.signal(Signal::Terminate);
    drop(life.connection.take());
    assert!(life.program.finish().code.is_some());
    assert!(beginning(&state(&place.state()).unwrap()).unwrap() > kept);
    let program = launch(Kind::Stateful, &place)
        .conf(log, "false")
        .start_at(&sender);
    drop(sender.accept());
    drop(program);
}

/// A file system of its own, without room or not to be written; `None` where that cannot be had.
struct Mount(tempfile::TempDir);

impl Mount {
    fn of(bytes: u64) -> Option<Mount> {
        let place = tempfile::tempdir().unwrap();
        let options = format!("size={bytes}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "none"])
            .arg(place.path())
            .output();
        mounted
            .is_ok_and(|it| it.status.success())
            .then_some(Mount(place))
    }

    fn make_read_only(&self) {
        let again = Command::new("mount")
            .args(["-o", "remount,ro"])
            .arg(self.0.path())
            .output();
        assert!(again.unwrap().status.success());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(self.0.path()).output());
    }
}

/// Feeds a program that keeps its checkpoint in `state` until it ends; gives what it said.
fn fed_until_its_end(place: &Place, launch: Launch) -> (u64, String) {
    let sender = Sender::new();
    let program = launch.start_at(&sender);
    let mut connection = sender.accept();
    let mut life = Life {
        program,
        connection: None,
        since: 0,
    };
    // So that there is a durable batch in front of the one that finds no room.
    let mut line = u64::from(connection.try_send((word(0) + "\n").as_bytes()));
    let kept = || state(&place.state()).and_then(|counts| beginning(&counts));
    life.until("a durable batch", |_| {
        kept().is_ok_and(|kept| kept > 0).then_some(())
    })
    .expect("it goes on");
    life.until("the end", |_| -> Option<()> {
        for _ in 0..20 {
            line += u64::from(connection.try_send((word(line) + "\n").as_bytes()));
        }
        None
    });
    let said = life.program.finish().with_code(1).stderr;
    let kept = beginning(&state(&place.state()).unwrap()).unwrap();
    assert!(kept > 0 && kept <= line, "{kept} of {line}");
    (kept, said)
}

/// A disk that is full in truth; only root can make one.
#[test]
fn a_full_disk_ends_the_run_behind_the_last_durable_batch_and_room_lets_it_go_on() {
    let Some(mount) = Mount::of(64 << 10) else {
        return;
    };
    let place = Place::new();
    std::os::unix::fs::symlink(mount.0.path(), place.state()).unwrap();
    let big = |launch: Launch| launch.conf("millrace.checkpoint.logBytes", "32m");
    let (kept, said) = fed_until_its_end(&place, big(launch(Kind::Stateful, &place)));
    assert!(said.contains("no room to write"), "{said}");
    assert!(said.contains("make room on the disk"), "{said}");
    let room = Command::new("mount")
        .args(["-o", "remount,size=64m"])
        .arg(mount.0.path())
        .output();
    assert!(room.unwrap().status.success());
    let sender = Sender::new();
    let mut life = Life {
        program: big(launch(Kind::Stateful, &place)).start_at(&sender),
        connection: Some(sender.accept()),
        since: super::life::now(),
    };
    let since = life.since;
    life.until("a batch", |_| later(&place.state(), since))
        .expect("it goes on")
        .unwrap();
    assert!(beginning(&state(&place.state()).unwrap()).unwrap() >= kept);
}

#[test]
fn a_directory_that_may_not_be_written_is_refused_by_name() {
    // Root writes where it may not; a file system that is read only stops root, too.
    let Some(mount) = Mount::of(64 << 10) else {
        return;
    };
    let place = Place::new();
    std::os::unix::fs::symlink(mount.0.path(), place.state()).unwrap();
    mount.make_read_only();
    let said = refused(launch(Kind::Stateful, &place));
    assert!(
        said.contains(&place.state().display().to_string()),
        "{said}"
    );
    assert!(said.contains("choose a directory"), "{said}");
}
