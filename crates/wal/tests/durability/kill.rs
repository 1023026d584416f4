//! The process killed at every failpoint, on the machine's own disk. A kill takes nothing from
//! the system's memory, so this is about the steps and their order; what a power cut takes is
//! the matter of `crash`.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::Arc;

use millrace_wal::{DirectoryLock, Disk, FAILPOINTS, Storage, segment_name};

use super::support::{recover, run};

const DIRECTORY: &str = "MILLRACE_TEST_DIRECTORY";

/// The program, in a process of its own. Acknowledged frames are written down beside the directory.
#[test]
#[ignore = "started by the others"]
fn program() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let directory = Path::new(&directory);
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    let _lock = DirectoryLock::acquire(&Disk, directory).unwrap();
    run(&storage, directory, 40, &mut |count| {
        fs::write(directory.with_extension("acknowledged"), count.to_string()).unwrap();
    })
    .unwrap();
}

fn run_program(directory: &Path, failpoint: &str) -> ExitStatus {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "durability::kill::program",
            "--ignored",
            "--quiet",
        ])
        .env(DIRECTORY, directory)
        .env("MILLRACE_FAILPOINT", failpoint)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap()
}

/// A directory as a killed program leaves it: a log with a torn tail, and a leftover.
fn left_behind(directory: &Path) {
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    storage.create_directory(directory).unwrap();
    run(&storage, directory, 10, &mut |_| ()).unwrap();
    let names = storage.list(directory).unwrap();
    let last = names.iter().rfind(|name| name.ends_with(".log")).unwrap();
    let mut bytes = fs::read(directory.join(last)).unwrap();
    bytes.extend([0; 100]);
    fs::write(directory.join(last), bytes).unwrap();
    fs::write(directory.join("something.temporary"), b"half of").unwrap();
}

/// Recovers and gives how many frames there are; they are compared in there.
fn check(directory: &Path) -> u64 {
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    let _lock = DirectoryLock::acquire(&Disk, directory).unwrap();
    let (_, _, next) = recover(&storage, directory).unwrap();
    let text = fs::read_to_string(directory.with_extension("acknowledged"));
    let acknowledged = text.map_or(0, |text| text.parse().unwrap());
    assert!(next >= acknowledged, "{next} of {acknowledged} frames");
    next
}

#[test]
fn killed_at_every_failpoint_nothing_acknowledged_is_lost() {
    let place = tempfile::tempdir().unwrap();
    for failpoint in FAILPOINTS {
        let directory = place.path().join(failpoint.replace('.', "-"));
        left_behind(&directory);
        let mut kills = 0;
        // One directory through several lives, each with another number of passings.
        for passing in [1, 2, 5] {
            let status = run_program(&directory, &format!("{failpoint}:{passing}"));
            kills += u32::from(status.signal() == Some(9));
            assert!(
                status.signal() == Some(9) || status.success(),
                "{failpoint}: {status}"
            );
            assert!(
                status.success() || passing > 1 || kills == 1,
                "{failpoint}: {status}"
            );
            check(&directory);
        }
        assert!(kills > 0, "{failpoint} is never passed");
    }
}

#[test]
fn without_a_failpoint_or_with_an_unknown_one_nothing_is_killed() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("state");
    left_behind(&directory);
    for (lives, failpoint) in (1..).zip(["no.such", "wal.sync.before:9999", ":", "x:y"]) {
        assert!(run_program(&directory, failpoint).success(), "{failpoint}");
        // What the last life did not sync it had not written either.
        assert!(check(&directory) > lives * 38);
    }
    assert!(
        !directory.join(segment_name("blocks", 1)).exists(),
        "nothing was let go"
    );
}
