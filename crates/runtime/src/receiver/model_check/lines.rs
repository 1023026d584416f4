//! Received lines: none lost, none doubled, in order; the budget kept, and nobody left waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use millrace_engine::pipeline::{Lines, Partition, Pipeline};
use shuttle::thread;

use super::super::block_generator::BlockGenerator;
use super::super::budget::BLOCK_BYTES;
use super::super::tracker::InputTracker;
use super::{CheckedTicks, NODE, budget, check, tracker};

/// Lines of three bytes, and of one that is longer than a block.
pub(super) fn input() -> Vec<u8> {
    let line = |number: u8| match number {
        5 => format!("{}\n", "5".repeat(BLOCK_BYTES + 3)),
        other => format!("{other:02}\n"),
    };
    (0..12).map(line).collect::<String>().into_bytes()
}

/// Reads all of the input, some bytes at a time, and cuts a block now and then, as the block
/// interval does.
pub(super) fn receive(generator: &BlockGenerator, end: bool) {
    let input = input();
    for (number, piece) in input.chunks(7).enumerate() {
        let mut rest = piece;
        while !rest.is_empty() {
            let read = generator.fill(|spare| {
                let count = rest.len().min(spare.len());
                spare[..count].copy_from_slice(&rest[..count]);
                Ok(count)
            });
            rest = &rest[read.expect("nothing fails")..];
        }
        if number % 3 == 1 {
            generator.seal();
        }
    }
    if end {
        generator.seal_all();
    }
}

/// The lines of blocks.
pub(super) fn lines(blocks: &[Partition]) -> Vec<String> {
    let mut lines = Vec::new();
    for block in blocks {
        Lines { node: NODE }.drive(0, block, |line| lines.push(line.as_str().to_owned()));
    }
    lines
}

pub(super) fn expected() -> Vec<String> {
    let input = String::from_utf8(input()).expect("digits");
    input.lines().map(str::to_owned).collect()
}

fn tick(ticks: &mut CheckedTicks, generator: &BlockGenerator, tracker: &InputTracker) {
    generator.seal();
    let (number, time) = ticks.next();
    let mut batch = tracker.close_batch(time, &[], 0);
    batch.number = number;
    ticks.submit(batch);
}

/// A receiver that has to wait for every other block, and goes on whenever a batch gives bytes
/// back: nobody closes the budget.
#[test]
fn every_line_is_in_one_batch_and_a_receiver_that_waits_goes_on() {
    check(|| {
        let (limit, tracker) = (2, tracker());
        let budget = budget(limit);
        let generator = BlockGenerator::new(Arc::clone(&budget), Arc::clone(&tracker), 0, 1 << 20);
        let generator = Arc::new(generator);
        // The line that outgrows its buffer counts, and does not wait.
        let most = (limit + 1 + 4) * BLOCK_BYTES;
        let own = Arc::clone(&budget);
        let (mut ticks, jobs) = CheckedTicks::new(&budget, move |_, blocks| {
            assert!(own.used() <= most as u64, "{} bytes are out", own.used());
            lines(blocks)
        });
        let done = Arc::new(AtomicBool::new(false));
        let (own, is_done) = (Arc::clone(&generator), Arc::clone(&done));
        let receiver = thread::spawn(move || {
            receive(&own, true);
            is_done.store(true, Ordering::SeqCst);
        });
        ticks.until(&done, |ticks| tick(ticks, &generator, &tracker));
        receiver.join().expect("the receiver does not panic");
        tick(&mut ticks, &generator, &tracker);
        drop(ticks);
        assert_eq!(jobs.join().expect("batches run"), expected());
        drop(generator);
        assert_eq!(budget.used(), 0, "all bytes are given back");
    });
}

/// A receiver that waits while no batch gives anything back: it ends when the run does, and what
/// it received is in the last batch.
#[test]
fn a_stop_lets_a_waiting_receiver_go() {
    check(|| {
        let (budget, tracker) = (budget(1), tracker());
        let generator = BlockGenerator::new(Arc::clone(&budget), Arc::clone(&tracker), 0, 1 << 20);
        let generator = Arc::new(generator);
        let own = Arc::clone(&generator);
        let receiver = thread::spawn(move || receive(&own, true));
        // As the generator's thread stops receivers.
        budget.close();
        receiver.join().expect("the receiver does not panic");
        let (mut ticks, jobs) = CheckedTicks::new(&budget, |_, blocks| lines(blocks));
        tick(&mut ticks, &generator, &tracker);
        drop(ticks);
        assert_eq!(jobs.join().expect("batches run"), expected());
    });
}
