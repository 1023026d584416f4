//! Records that two threads store while a third one cuts and closes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use millrace_engine::pipeline::{Partition, Pipeline, Received};
use shuttle::thread;

use super::super::records::RecordGenerator;
use super::super::tracker::InputTracker;
use super::{CheckedTicks, NODE, budget, check, tracker};

/// The thread that stored a record, and the number of the record among its own.
type Record = (u8, u8);

/// Stores until it is refused; gives how many were taken.
fn store(records: &RecordGenerator<Record>, who: u8) -> u8 {
    for number in 0..4 {
        let taken = match number {
            2 => records.store_block(vec![(who, number)], None),
            _ => records.store((who, number)),
        };
        if !taken {
            return number;
        }
    }
    4
}

fn tick(ticks: &mut CheckedTicks, records: &RecordGenerator<Record>, tracker: &InputTracker) {
    records.seal();
    let (number, time) = ticks.next();
    let mut batch = tracker.close_batch(time, &[], 0);
    batch.number = number;
    ticks.submit(batch);
}

fn seen(blocks: &[Partition]) -> Vec<Record> {
    let mut seen = Vec::new();
    for block in blocks {
        Received::of(NODE).drive(0, block, |record: Record| seen.push(record));
    }
    seen
}

/// Two threads store; what each was told is taken is in the batches once, in its order. With
/// `closes` the receiver is closed meanwhile, and they may be refused.
fn stored(closes: bool) {
    let (budget, tracker) = (budget(1), tracker());
    let records = RecordGenerator::new(Arc::clone(&budget), Arc::clone(&tracker), 0);
    let records = Arc::new(records);
    let (mut ticks, jobs) = CheckedTicks::new(&budget, |_, blocks| seen(blocks));
    let left = Arc::new(AtomicUsize::new(2));
    let threads = [0_u8, 1].map(|who| {
        let (records, left) = (Arc::clone(&records), Arc::clone(&left));
        thread::spawn(move || {
            let taken = store(&records, who);
            left.fetch_sub(1, Ordering::SeqCst);
            taken
        })
    });
    if closes {
        tick(&mut ticks, &records, &tracker);
        records.close();
        budget.close();
    } else {
        while left.load(Ordering::SeqCst) > 0 {
            tick(&mut ticks, &records, &tracker);
            thread::yield_now();
        }
    }
    let taken = threads.map(|thread| thread.join().expect("it does not panic"));
    tick(&mut ticks, &records, &tracker);
    drop(ticks);
    let all = jobs.join().expect("batches run");
    for (who, taken) in (0..).zip(taken) {
        assert!(closes || taken == 4, "nobody is refused");
        let own = all.iter().filter(|record| record.0 == who);
        let own: Vec<u8> = own.map(|record| record.1).collect();
        assert_eq!(own, (0..taken).collect::<Vec<_>>(), "of {who} in {all:?}");
    }
    drop(records);
    assert_eq!(budget.used(), 0, "all bytes are given back");
}

#[test]
fn every_record_is_in_one_batch() {
    check(|| stored(false));
}

#[test]
fn what_was_taken_before_the_end_is_in_a_batch() {
    check(|| stored(true));
}
