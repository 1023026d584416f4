//! A disk that fails: the log says so, stops for good, and loses nothing that was durable.

use std::sync::Arc;

use millrace_wal::{
    Fault, Faulty, Position, Storage, WalError, remove_temporaries, write_atomically,
};

use super::support::{KIND, directory, disk, open, options, payload, recover, run};

const FRAMES: u64 = 25;

/// Runs the program on this disk and gives how many frames it was promised.
fn acknowledged(disk: &Faulty) -> (u64, Result<(), WalError>) {
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    let mut durable = 0;
    let result = run(&storage, &directory(), FRAMES, &mut |count| durable = count);
    (durable, result)
}

/// The outcome of the syncs of a file.
#[derive(PartialEq)]
enum Syncs {
    Good,
    Failed,
}

/// After a crash, and without one, everything promised is there.
fn check(disk: &Faulty, durable: u64, syncs: &Syncs, what: &str) {
    disk.limit(None);
    for image in disk.crash_images() {
        let storage: Arc<dyn Storage> = Arc::new(image.disk());
        storage.create_directory(&directory()).unwrap();
        let (_, _, next) = recover(&storage, &directory()).unwrap();
        assert!(
            next >= durable,
            "{what}, {}: {next} of {durable}",
            image.label
        );
    }
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    let (_, _, next) = recover(&storage, &directory()).unwrap();
    assert!(next >= durable, "{what}: {next} of {durable}");
    if *syncs == Syncs::Failed {
        // What the system dropped is gone, though it can be read for a while.
        return;
    }
    // What a process has read is durable for it, though the one before never synced it.
    for image in disk.crash_images() {
        let storage: Arc<dyn Storage> = Arc::new(image.disk());
        storage.create_directory(&directory()).unwrap();
        let (_, _, again) = recover(&storage, &directory()).unwrap();
        assert!(
            again >= next,
            "{what}, then {}: {again} of {next}",
            image.label
        );
    }
}

fn operations_of_a_run() -> (u64, u64) {
    let (disk, _) = disk();
    let before = disk.operations();
    acknowledged(&disk).1.unwrap();
    (before, disk.operations())
}

#[test]
fn every_operation_may_fail() {
    let (before, after) = operations_of_a_run();
    assert!(after - before > 60);
    for operation in before..after {
        let (disk, _) = disk();
        disk.fail(operation, Fault::Io);
        let (durable, result) = acknowledged(&disk);
        let error = result.expect_err("a failure that nobody is told of");
        let WalError::Io { doing, path, .. } = error else {
            panic!("{error}");
        };
        let syncs = match doing == "cannot sync" && path != directory() {
            true => Syncs::Failed,
            false => Syncs::Good,
        };
        check(&disk, durable, &syncs, &format!("operation {operation}"));
    }
}

#[test]
fn every_write_may_be_short() {
    let (before, after) = operations_of_a_run();
    for operation in before..after {
        let (disk, _) = disk();
        disk.fail(operation, Fault::Short);
        let (durable, result) = acknowledged(&disk);
        result.unwrap();
        check(
            &disk,
            durable,
            &Syncs::Good,
            &format!("operation {operation}"),
        );
    }
}

#[test]
fn the_disk_may_be_full_at_any_byte() {
    let mut stopped = 0;
    for room in (0..).step_by(61) {
        let (disk, _) = disk();
        disk.limit(Some(room));
        let (durable, result) = acknowledged(&disk);
        check(
            &disk,
            durable,
            &Syncs::Good,
            &format!("room for {room} bytes"),
        );
        match result {
            Ok(()) => break,
            Err(WalError::Full { .. }) => stopped += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(stopped > 100, "{stopped}");
}

#[test]
fn a_failed_sync_is_never_tried_again() {
    let (disk, storage) = disk();
    let (mut log, _, _) = open(&storage, &directory(), options(2000), Position::START).unwrap();
    log.append(KIND, &payload(0)).unwrap();
    log.sync().unwrap();
    log.append(KIND, &payload(1)).unwrap();
    disk.fail_next_sync();
    let first = log.sync().unwrap_err();
    assert!(matches!(first, WalError::Io { .. }), "{first}");
    let operations = disk.operations();
    let poisoned = |result: Result<(), WalError>| {
        let Err(WalError::Poisoned { cause }) = result else {
            panic!("not poisoned: {result:?}");
        };
        assert_eq!(cause, first.to_string());
    };
    for _ in 0..3 {
        poisoned(log.sync().map(drop));
        poisoned(log.append(KIND, &payload(2)).map(drop));
        poisoned(log.append(KIND, &vec![1; 5000]).map(drop));
        poisoned(log.prepare_sync().map(drop));
        poisoned(log.release(log.end()).map(drop));
    }
    assert_eq!(disk.operations(), operations, "something was tried again");
    assert_eq!(
        log.durable(),
        Position {
            offset: 48 + 24 + 40,
            ..Position::START
        }
    );
    check(&disk, 1, &Syncs::Failed, "after a failed sync");
}

#[test]
fn one_failed_sync_fails_those_that_wait_behind_it() {
    // The second would be told that all is well: the first was told of the failure.
    let (disk, storage) = disk();
    let (mut log, _, _) = open(&storage, &directory(), options(1 << 20), Position::START).unwrap();
    log.append(KIND, &payload(0)).unwrap();
    let first = log.prepare_sync().unwrap();
    log.append(KIND, &payload(1)).unwrap();
    let second = log.prepare_sync().unwrap();
    disk.fail_next_sync();
    assert!(matches!(first.run(), Err(WalError::Io { .. })));
    assert!(matches!(second.run(), Err(WalError::Poisoned { .. })));
}

#[test]
fn a_sync_needs_neither_the_log_nor_its_thread() {
    let (_, storage) = disk();
    let (mut log, _, _) = open(&storage, &directory(), options(1000), Position::START).unwrap();
    log.append(KIND, &payload(0)).unwrap();
    let end = log.end();
    let pending = log.prepare_sync().unwrap();
    // The log rolls meanwhile: an older sync does not take back what a roll made durable.
    for number in 1..6 {
        log.append(KIND, &payload(number)).unwrap();
    }
    let durable = log.durable();
    assert!(durable.segment > 1);
    let synced = std::thread::spawn(|| pending.run().unwrap())
        .join()
        .unwrap();
    assert_eq!(synced.end(), end);
    log.complete_sync(&synced);
    assert_eq!(log.durable(), durable);
}

#[test]
fn a_sync_without_anything_new_leaves_the_disk_alone() {
    let (disk, storage) = disk();
    let (mut log, _, _) = open(&storage, &directory(), options(1000), Position::START).unwrap();
    log.append(KIND, &payload(0)).unwrap();
    log.sync().unwrap();
    let operations = disk.operations();
    log.sync().unwrap();
    assert_eq!(disk.operations(), operations);
}

#[test]
fn an_atomic_file_is_the_old_or_the_new_one() {
    let write = |disk: &Faulty, bytes: &[u8]| {
        let storage: Arc<dyn Storage> = Arc::new(disk.clone());
        write_atomically(&storage, &directory(), "file", bytes)
    };
    let (old, new) = (payload(1), payload(4));
    let mut failures = 0;
    for operation in 0.. {
        let (disk, storage) = disk();
        write(&disk, &old).unwrap();
        disk.record();
        let before = disk.operations();
        disk.fail(before + operation, Fault::Io);
        let result = write(&disk, &new);
        for image in disk.crash_images() {
            let found = &image.files[&directory().join("file")];
            assert!(*found == old || *found == new, "{}", image.label);
            let leftovers = image.disk();
            remove_temporaries(&leftovers, &directory()).unwrap();
            assert_eq!(leftovers.files().len(), 1);
        }
        if disk.operations() - before <= operation {
            // The fault was never met, so all went well.
            result.unwrap();
            break;
        }
        assert!(matches!(result, Err(WalError::Io { .. })));
        failures += 1;
        // Again, with a new file.
        write(&disk, &new).unwrap();
        let images = disk.crash_images();
        assert_eq!(images.last().unwrap().files[&directory().join("file")], new);
        assert_eq!(storage.list(&directory()).unwrap(), ["file"]);
    }
    assert!(failures >= 5, "{failures}");
}
