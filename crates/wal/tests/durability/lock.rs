//! Never two in one directory.

use std::fs;
use std::path::Path;
use std::process::Command;

use millrace_wal::{DirectoryLock, Disk, Faulty, LOCK_FILE, Storage, WalError};

const DIRECTORY: &str = "MILLRACE_TEST_LOCKED";

fn holder(result: Result<DirectoryLock, WalError>) -> String {
    match result {
        Err(WalError::Locked { holder, .. }) => holder,
        other => panic!("not refused: {other:?}"),
    }
}

/// Another process, which has to be refused.
#[test]
#[ignore = "started by the others"]
fn other() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let holder = holder(DirectoryLock::acquire(&Disk, Path::new(&directory)));
    fs::write(Path::new(&directory).join("refused"), holder).unwrap();
}

#[test]
fn another_process_is_told_who_holds_it() {
    let directory = tempfile::tempdir().unwrap();
    let held = DirectoryLock::acquire(&Disk, directory.path()).unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "durability::lock::other", "--ignored", "--quiet"])
        .env(DIRECTORY, directory.path())
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let told = fs::read_to_string(directory.path().join("refused")).unwrap();
    let wanted = format!("pid {} since 2", std::process::id());
    assert!(told.starts_with(&wanted) && told.ends_with('Z'), "{told}");
    // The one who was refused did not write over it.
    let text = fs::read_to_string(directory.path().join(LOCK_FILE)).unwrap();
    assert_eq!(text.trim(), told);
    drop(held);
    DirectoryLock::acquire(&Disk, directory.path()).unwrap();
}

#[test]
fn the_lock_is_free_when_it_is_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let disks: [&dyn Storage; 2] = [&Disk, &Faulty::new()];
    for disk in disks {
        let held = DirectoryLock::acquire(disk, directory.path()).unwrap();
        let text = holder(DirectoryLock::acquire(disk, directory.path()));
        assert!(text.contains(&std::process::id().to_string()));
        drop(held);
        drop(DirectoryLock::acquire(disk, directory.path()).unwrap());
    }
}

#[test]
fn a_lock_without_text_still_holds() {
    let directory = tempfile::tempdir().unwrap();
    let _held = DirectoryLock::acquire(&Disk, directory.path()).unwrap();
    fs::write(directory.path().join(LOCK_FILE), b"").unwrap();
    assert!(!holder(DirectoryLock::acquire(&Disk, directory.path())).is_empty());
}

#[test]
fn a_directory_that_is_not_there_is_no_lock() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing");
    let refused = DirectoryLock::acquire(&Disk, &missing);
    assert!(matches!(refused, Err(WalError::Io { .. })));
}
