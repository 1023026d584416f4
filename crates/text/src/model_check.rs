//! The count of a block under a model checker, which runs it in one schedule after the other:
//! `scripts/model_check.sh`. A block goes back to its host once, whatever threads do with their
//! texts: when its last text is gone, and not before.

use std::env;
use std::sync::Arc;

use shuttle::sync::atomic::{AtomicUsize, Ordering};
use shuttle::sync::mpsc::channel;
use shuttle::thread;

use crate::{Block, Buffer, BufferHost, Text};

const LINES: [&str; 2] = [
    "a line that is longer than fifteen bytes",
    "another line, and no shorter than that one",
];

/// Counts the buffers that come back.
#[derive(Default)]
struct Returned(AtomicUsize);

impl BufferHost for Returned {
    fn retire(&self, _buffer: Buffer) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Runs `test` in so many schedules (`MODEL_SCHEDULES`): drawn ones, and those of a scheduler
/// that keeps a thread from running until few others have. It gets a block, and the last of its
/// threads has ended when it returns.
fn check(test: impl Fn(Block, &Arc<Returned>) + Send + Sync + Clone + 'static) {
    let schedules = env::var("MODEL_SCHEDULES").ok();
    let schedules = schedules
        .and_then(|count| count.parse().ok())
        .unwrap_or(500);
    let run = move || {
        let returned = Arc::new(Returned::default());
        let mut buffer = Buffer::from(LINES.join("\n").as_str());
        buffer.set_host(Arc::<Returned>::clone(&returned));
        test(buffer.freeze(), &returned);
        assert_eq!(returned.0.load(Ordering::SeqCst), 1, "it comes back once");
    };
    shuttle::check_random(run.clone(), schedules);
    shuttle::check_pct(run, schedules, 3);
}

/// Cuts a block into its lines, by a lease if nobody has one.
fn lines(block: &Block) -> Vec<Text> {
    let mut lines = Vec::new();
    block.for_each_line(false, |line| lines.push(line));
    lines
}

/// The text of a living text is there.
fn look_at(text: &Text, returned: &Returned) {
    assert_eq!(returned.0.load(Ordering::SeqCst), 0, "it is gone too soon");
    assert!(LINES.contains(&text.as_str()));
}

/// Several stages read one block at the same time; one of them has the lease.
#[test]
fn a_block_that_several_threads_cut_comes_back_once() {
    check(|block, returned| {
        let cut = |block: Block| {
            let returned = Arc::clone(returned);
            move || {
                let cut = lines(&block);
                drop(block);
                cut.iter().for_each(|line| look_at(line, &returned));
            }
        };
        let threads = [
            thread::spawn(cut(block.clone())),
            thread::spawn(cut(block.clone())),
        ];
        cut(block)();
        for thread in threads {
            thread.join().expect("nothing panics");
        }
    });
}

/// Texts leave for another thread while the lease is held, and are copied and dropped there.
#[test]
fn texts_that_another_thread_copies_and_drops_are_counted() {
    check(|block, returned| {
        let (send, texts) = channel::<Text>();
        let own = Arc::clone(returned);
        let other = thread::spawn(move || {
            while let Ok(text) = texts.recv() {
                let copy = text.clone();
                drop(text);
                look_at(&copy, &own);
            }
        });
        let mut kept = Vec::new();
        block.for_each_line(false, |line| {
            kept.push(line.clone());
            send.send(line).expect("it listens to the end");
        });
        drop((block, send));
        kept.iter().for_each(|line| look_at(line, returned));
        drop(kept);
        other.join().expect("nothing panics");
    });
}

/// A lease begins and ends while another thread drops texts of an earlier one.
#[test]
fn a_lease_may_begin_while_texts_of_an_earlier_one_are_dropped() {
    check(|block, returned| {
        let (first, own) = (lines(&block), Arc::clone(returned));
        let other = thread::spawn(move || {
            for line in first {
                look_at(&line, &own);
            }
        });
        let again = lines(&block);
        drop(block);
        again.iter().for_each(|line| look_at(line, returned));
        drop(again);
        other.join().expect("nothing panics");
    });
}
