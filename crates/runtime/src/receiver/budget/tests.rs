//! Buffers that are taken and given back, and receivers that wait for one.

use std::sync::mpsc::channel;
use std::thread;

use millrace_engine::pipeline::{Lines, NodeId, Pipeline};
use millrace_types::{BatchTime, StreamId};
use proptest::prelude::*;

use crate::receiver::{BlockGenerator, InputSpec, InputTracker};

use super::*;

const BLOCK: u64 = BLOCK_BYTES as u64;

fn budget(blocks: u64) -> Arc<Budget> {
    Arc::new(Budget::new(blocks * BLOCK))
}

#[derive(Debug, Clone)]
enum Step {
    Take,
    Small(usize),
    /// Gives back one of those that are out.
    GiveBack(prop::sample::Index),
}

proptest! {
    #[test]
    fn what_is_out_is_counted(steps in prop::collection::vec(prop_oneof![
        Just(Step::Take),
        (0_usize..5000).prop_map(Step::Small),
        any::<prop::sample::Index>().prop_map(Step::GiveBack),
    ], 0..40)) {
        let (budget, mut out) = (budget(1000), Vec::new());
        for step in steps {
            match step {
                Step::Take => out.push(budget.wait_for_buffer()),
                Step::Small(capacity) => out.push(budget.buffer_now(capacity)),
                Step::GiveBack(_) if out.is_empty() => {}
                Step::GiveBack(index) => drop(out.swap_remove(index.index(out.len()))),
            }
            let counted: usize = out.iter().map(Buffer::capacity).sum();
            prop_assert_eq!(budget.state.lock().used, counted as u64);
            prop_assert!(out.iter().all(Buffer::is_empty));
        }
        drop(out);
        prop_assert_eq!(budget.state.lock().used, 0);
    }
}

#[test]
fn a_budget_below_one_buffer_still_gives_one_at_a_time() {
    let budget = budget(0);
    drop(budget.wait_for_buffer());
    drop(budget.wait_for_buffer());
}

#[test]
fn a_buffer_counts_as_long_as_any_text_of_it_lives() {
    let budget = budget(2);
    let mut buffer = budget.wait_for_buffer();
    buffer.extend_from_slice(b"a-word-that-is-not-held-inline and another");
    let block = buffer.freeze();
    let text = block.to_text();
    drop(block);
    assert_eq!(budget.state.lock().used, BLOCK);
    let own = text.detach();
    assert_eq!(budget.state.lock().used, 0);
    assert!(own.starts_with("a-word"));
}

#[test]
fn closing_lets_everybody_go() {
    let budget = budget(1);
    let held = budget.wait_for_buffer();
    let waiting: Vec<_> = (0..3)
        .map(|_| {
            let budget = Arc::clone(&budget);
            thread::spawn(move || !budget.wait_for_buffer().spare_mut().is_empty())
        })
        .collect();
    budget.close();
    assert!(waiting.into_iter().all(|thread| thread.join().unwrap()));
    assert!(!budget.wait_for_buffer().spare_mut().is_empty());
    drop(held);
}

/// The input of a receiver: `blocks` blocks' worth of lines of 16 bytes, all different.
fn input(blocks: usize) -> Vec<u8> {
    let lines = 0..blocks * BLOCK_BYTES / 16;
    lines
        .flat_map(|line| format!("line {line:010}\n").into_bytes())
        .collect()
}

/// Lets a receiver go when its test fails, so that it does not wait for ever.
struct CloseAtEnd<'a>(&'a Budget);

impl Drop for CloseAtEnd<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Law 6, with a consumer that does nothing as long as the receiver goes on: what is out
/// never exceeds `most` blocks, and every line arrives. `read` is the receiver.
fn flood(budget: Arc<Budget>, most: u64, read: impl Fn(&BlockGenerator, &[u8]) + Sync) {
    let node = NodeId(0);
    let tracker = Arc::new(InputTracker::new(vec![InputSpec {
        node,
        stream: StreamId(0),
        name: String::new(),
        stages: Vec::new(),
        held: true,
    }]));
    let generator = BlockGenerator::new(Arc::clone(&budget), Arc::clone(&tracker), 0, 1 << 30);
    let input = input(12);
    let (done, is_done) = channel();
    let mut lines = Vec::new();
    thread::scope(|scope| {
        let _open = CloseAtEnd(&budget);
        let (generator, input, read) = (&generator, &input, &read);
        scope.spawn(move || {
            read(generator, input);
            generator.seal_all();
            done.send(()).unwrap();
        });
        let (mut ended, mut before, mut idle) = (false, 0, 0);
        while !ended {
            ended = is_done.try_recv().is_ok();
            let used = budget.state.lock().used;
            assert!(used <= most * BLOCK, "{used} bytes are out");
            idle = if used == before { idle + 1 } else { 0 };
            before = used;
            if ended || idle > 1000 {
                let batch = tracker.close_batch(BatchTime::from_millis(0), &[], 0);
                for block in &batch.blocks[&node] {
                    let line = |line: millrace_text::Text| lines.push(line.detach());
                    Lines { node }.drive(0, block, line);
                }
            }
            thread::yield_now();
        }
    });
    let mut rest = input.as_slice();
    for line in &lines {
        let after = rest.strip_prefix(line.as_bytes());
        rest = after
            .and_then(|rest| rest.strip_prefix(b"\n"))
            .expect("lines in order");
    }
    assert!(rest.is_empty(), "{} bytes were lost", rest.len());
    drop(generator);
    assert_eq!(budget.state.lock().used, 0);
}

fn fill(generator: &BlockGenerator, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let read = generator.fill(|spare| {
            let count = bytes.len().min(spare.len());
            spare[..count].copy_from_slice(&bytes[..count]);
            Ok(count)
        });
        bytes = &bytes[read.unwrap()..];
    }
}

#[test]
fn what_limits_the_rate_is_said_when_it_does() {
    let budget = budget(1);
    budget.bounds_batches_of("a stream");
    drop(budget.wait_for_buffer());
    assert!(budget.notices.lock().limits.is_some(), "nobody had to wait");
    let held = budget.wait_for_buffer();
    thread::scope(|scope| {
        scope.spawn(|| drop(budget.wait_for_buffer()));
        let said = || budget.notices.lock().limits.is_none();
        while !said() {
            thread::yield_now();
        }
        drop(held);
    });
}

#[test]
fn a_long_wait_says_what_limits_the_rate_and_a_longer_one_what_keeps_the_budget() {
    let interval = Duration::from_millis(5);
    let budget = Arc::new(Budget::new(BLOCK).for_batches_of(interval));
    let held = budget.wait_for_buffer();
    budget.batch_ended();
    thread::scope(|scope| {
        let _open = CloseAtEnd(&budget);
        scope.spawn(|| drop(budget.wait_for_buffer()));
        let limits = || budget.notices.lock().limits.is_none();
        let kept = || budget.notices.lock().kept.is_none();
        while !limits() {
            thread::yield_now();
        }
        assert!(!kept(), "a batch waits to be run");
        budget.batch_done();
        while !kept() {
            thread::yield_now();
        }
        drop(held);
    });
}

#[test]
fn full_blocks_wait_for_a_slow_consumer() {
    for limit in [1, 2, 5] {
        flood(budget(limit), limit, fill);
    }
}

#[test]
fn small_blocks_wait_for_a_slow_consumer() {
    // As a trickle makes them: cut by the block interval long before they are full. One
    // block more than the limit may be out, the one that is being read into.
    flood(budget(3), 4, |generator, input| {
        for piece in input.chunks(100_000) {
            fill(generator, piece);
            generator.seal();
        }
    });
}
