//! Temporary names, on the machine's own disk.

use std::fs;
use std::sync::Arc;

use millrace_wal::{
    AtomicFile, Disk, Storage, WalError, is_temporary, remove_temporaries, write_atomically,
};

#[test]
fn a_file_is_seen_when_it_is_whole() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    write_atomically(&storage, directory, "file", b"old").unwrap();
    let mut file = AtomicFile::create(&storage, directory, "file").unwrap();
    file.write(b"new").unwrap();
    assert_eq!(fs::read(directory.join("file")).unwrap(), b"old");
    let names = storage.list(directory).unwrap();
    assert_eq!(names.iter().filter(|name| is_temporary(name)).count(), 1);
    file.write(b"er").unwrap();
    file.commit().unwrap();
    assert_eq!(storage.list(directory).unwrap(), ["file"]);
    assert_eq!(fs::read(directory.join("file")).unwrap(), b"newer");
}

#[test]
fn what_is_not_committed_goes_and_what_a_kill_left_can_be_removed() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    drop(AtomicFile::create(&storage, directory, "file").unwrap());
    assert!(storage.list(directory).unwrap().is_empty());
    // As a killed process leaves it: no destructor.
    std::mem::forget(AtomicFile::create(&storage, directory, "file").unwrap());
    std::mem::forget(AtomicFile::create(&storage, directory, "other").unwrap());
    write_atomically(&storage, directory, "file", b"over a leftover").unwrap();
    assert_eq!(remove_temporaries(&Disk, directory).unwrap(), 1);
    assert_eq!(storage.list(directory).unwrap(), ["file"]);
}

#[test]
fn a_directory_is_made_with_those_above_it() {
    let directory = tempfile::tempdir().unwrap();
    let deep = directory.path().join("a/b/c");
    for _ in 0..2 {
        Disk.create_directory(&deep).unwrap();
        assert!(deep.is_dir());
    }
    fs::write(directory.path().join("file"), b"").unwrap();
    assert!(
        Disk.create_directory(&directory.path().join("file/d"))
            .is_err()
    );
}

#[test]
fn a_directory_that_is_taken_away_before_the_end_is_said_to_be_gone() {
    let root = tempfile::tempdir().unwrap();
    let directory = root.path().join("directory");
    fs::create_dir(&directory).unwrap();
    let storage: Arc<dyn Storage> = Arc::new(Disk);
    let file = AtomicFile::create(&storage, &directory, "file").unwrap();
    fs::remove_dir_all(&directory).unwrap();
    let error = file.commit().map(drop).unwrap_err();
    assert!(
        matches!(&error, WalError::Gone { path } if *path == directory.join("file")),
        "{error}"
    );
}
