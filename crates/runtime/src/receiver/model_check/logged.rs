//! Received lines with the write-ahead log: a block is in no batch before it is in the log, and
//! what the log has of a batch is what the batch has.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use millrace_wal::{LogOptions, Position, Storage};
use shuttle::thread;

use crate::checkpoint::blocks_options;

use super::super::block_generator::BlockGenerator;
use super::super::block_log::{BlockLog, Replayed, WalSync};
use super::super::logged::stream_of;
use super::super::tracker::InputTracker;
use super::disk::Disk;
use super::lines::{expected, lines, receive};
use super::{CheckedTicks, budget, check, tracker};

/// Opens the log on a disk; segments are short, so that it rolls.
pub(super) fn open(disk: &Disk, sync: WalSync) -> (BlockLog, Replayed) {
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    let options = LogOptions {
        segment_bytes: 300,
        ..blocks_options(1)
    };
    let failed = |error: millrace_engine::error::Error| panic!("the disk does not fail: {error}");
    let opened = BlockLog::open(
        &storage,
        Path::new("/blocks"),
        options,
        Position::START,
        sync,
        failed,
    );
    opened.expect("what was written can be read")
}

/// Lines of blocks as the log has them.
pub(super) fn logged(blocks: &[(u8, Vec<u8>)]) -> Vec<String> {
    let mut bytes = Vec::new();
    for (_, payload) in blocks {
        let (stream, block) = stream_of(payload).expect("a block names its stream");
        assert_eq!(stream, 0);
        bytes.extend_from_slice(&block[1..]);
    }
    let text = String::from_utf8(bytes).expect("digits");
    text.lines().map(str::to_owned).collect()
}

fn tick(
    ticks: &mut CheckedTicks,
    generator: &BlockGenerator,
    tracker: &Arc<InputTracker>,
    log: &BlockLog,
) {
    generator.seal();
    let (number, time) = ticks.next();
    let own = Arc::clone(tracker);
    let cut = log.close_batch(number, time, move || own.close_batch(time, &[], 0));
    let (mut batch, position) = cut.expect("the log does not fail");
    batch.number = number;
    batch.log = Some(position);
    ticks.submit(batch);
}

fn received_through_the_log(sync: WalSync) {
    let (budget, tracker, disk) = (budget(2), tracker(), Disk::default());
    let (log, replayed) = open(&disk, sync);
    assert!(replayed.batches.is_empty() && replayed.open.is_empty());
    let log = Arc::new(log);
    tracker.pass_through(Arc::clone(&log));
    let generator = BlockGenerator::new(Arc::clone(&budget), Arc::clone(&tracker), 0, 1 << 20);
    let generator = Arc::new(generator);
    let own = disk.clone();
    let (mut ticks, jobs) = CheckedTicks::new(&budget, move |batch, blocks| {
        let seen = lines(blocks);
        // Opened with a thread of its own, as a recovery would.
        let (again, replayed) = open(&own.durable(), WalSync::None);
        again.close();
        let written = replayed
            .batches
            .iter()
            .find(|own| own.number == batch.number);
        let written = written.expect("a batch that runs has its end in the log");
        assert_eq!(logged(&written.blocks), seen, "batch {}", batch.number);
        assert_eq!(Some(written.position), batch.log);
        seen
    });
    let done = Arc::new(AtomicBool::new(false));
    let (own, is_done) = (Arc::clone(&generator), Arc::clone(&done));
    let receiver = thread::spawn(move || {
        receive(&own, true);
        is_done.store(true, Ordering::SeqCst);
    });
    ticks.until(&done, |ticks| tick(ticks, &generator, &tracker, &log));
    receiver.join().expect("the receiver does not panic");
    log.flush();
    tick(&mut ticks, &generator, &tracker, &log);
    drop(ticks);
    assert_eq!(jobs.join().expect("batches run"), expected());
    log.close();
    drop(generator);
    assert_eq!(budget.used(), 0, "all bytes are given back");
}

#[test]
fn a_block_is_durable_before_it_is_in_a_batch() {
    check(|| received_through_the_log(WalSync::Block));
}

#[test]
fn a_batch_is_durable_before_it_runs() {
    check(|| received_through_the_log(WalSync::Batch));
}
