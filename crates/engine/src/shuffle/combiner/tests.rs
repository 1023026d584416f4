//! A run's records on their way into its table and out of it: the order that they keep, the size
//! that the table takes, and the blocks that are let go of.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use millrace_text::{Buffer, BufferHost, Text};

use super::super::aggregate::{Cell, Reduce};
use super::super::combine_by_key::{CombineBy, to_lists};
use super::super::shard::Shard;
use super::*;

/// Notes that its buffer has come back.
#[derive(Default)]
struct Host(AtomicBool);

impl BufferHost for Host {
    fn retire(&self, _buffer: Buffer) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// True if the block of some lines is let go of while what a run made of them lives.
fn lets_go<A: Aggregator<Text>>(aggregator: &A) -> bool {
    let host = Arc::new(Host::default());
    let mut buffer = Buffer::from("a line that is not inline\nanother one, not inline either\n");
    buffer.set_host(Arc::clone(&host) as Arc<dyn BufferHost>);
    let hasher = KeyHasher::default();
    let mut combiner = Combiner::new(aggregator, &hasher, LocalTable::new());
    buffer
        .freeze()
        .for_each_line(false, |line| combiner.push((line.len(), line)));
    let (flushed, table) = combiner.finish();
    let lets_go = host.0.load(Ordering::Relaxed);
    drop((flushed, table));
    assert!(host.0.load(Ordering::Relaxed), "nothing is left");
    lets_go
}

#[test]
fn what_is_published_of_a_combined_value_keeps_no_block() {
    let list = CombineBy {
        create: |line| vec![line],
        add: |mut lines: Vec<Text>, line| {
            lines.push(line);
            lines
        },
        merge: |mut lines: Vec<Text>, mut later| {
            lines.append(&mut later);
            lines
        },
    };
    assert!(lets_go(&Reduce(Text::max)));
    assert!(lets_go(&list));
}

#[test]
fn a_table_shrinks_step_by_step_to_what_runs_need() {
    let sum = Reduce(|a: u32, b: u32| a + b);
    let hasher = KeyHasher::default();
    let slots_after = |keys: u32, table| {
        let mut combiner = Combiner::new(&sum, &hasher, table);
        // Twice each, or they would be passed.
        (0..2 * keys).for_each(|record| combiner.push((record / 2, 1)));
        let (flushed, table) = combiner.finish();
        let keys_flushed = flushed.shards.iter().map(Vec::len).sum::<usize>();
        assert_eq!(keys_flushed, keys as usize);
        (table.table.slots(), table)
    };
    let (long, mut table) = slots_after(200_000, LocalTable::new());
    assert!(long >= 400_000);
    let mut slots = Vec::new();
    for _ in 0..8 {
        let (after, shrunk) = slots_after(1, table);
        slots.push(after);
        table = shrunk;
    }
    let steps = slots.windows(2).all(|pair| pair[1] >= pair[0] / 4);
    assert!(slots[0] == long / 4 && steps, "{slots:?}");
    assert_eq!(slots.last(), Some(&FIRST_SLOTS), "{slots:?}");
    // A run half as long as another does not change its table.
    let (long, table) = slots_after(200_000, table);
    assert_eq!(slots_after(100_000, table).0, long);
}

/// A value so large that a table is full long before a run ends.
type Large = [u32; 32];

#[test]
fn a_run_that_has_just_flushed_keeps_its_table() {
    let first = Reduce(|earlier: Large, _| earlier);
    let hasher = KeyHasher::default();
    let mut combiner = Combiner::new(&first, &hasher, LocalTable::new());
    let mut records = 0_u32..;
    while combiner.run.flushed.shards.iter().all(Vec::is_empty) {
        combiner.push((records.next().expect("many") / 2, [0; 32]));
    }
    let slots = combiner.run.table.slots();
    assert!(combiner.run.table.len() < slots / 8);
    assert_eq!(combiner.finish().1.table.slots(), slots);
}

#[test]
fn a_run_that_flushes_halfway_keeps_every_value_in_order() {
    let keys = (TABLE_BYTES / size_of::<Large>()) as u32;
    let first_last_and_count = Reduce(|mut earlier: Large, later: Large| {
        earlier[1] = later[1];
        earlier[2] += later[2];
        earlier
    });
    let hasher = KeyHasher::default();
    let mut combiner = Combiner::new(&first_last_and_count, &hasher, LocalTable::new());
    let twice = (0..2 * keys).map(|record| record / 2);
    let records = twice.chain((0..keys).step_by(3));
    for (at, key) in records.enumerate() {
        let at = at as u32;
        let mut value = [0; 32];
        value[..3].copy_from_slice(&[at, at, 1]);
        combiner.push((key, value));
    }
    let flushes = combiner.run.flushed.shards.iter().map(Vec::len);
    assert!(flushes.sum::<usize>() > 0, "nothing was flushed halfway");
    let (flushed, _) = combiner.finish();
    let mut merged = Vec::new();
    for mut entries in flushed.shards {
        let mut shard = Shard::new();
        shard.merge(0, &mut entries, &first_last_and_count);
        shard.drain(|stamp, key, value| merged.push((stamp, key, value)));
    }
    merged.sort_by_key(|(stamp, ..)| *stamp);
    assert_eq!(merged.len() as u32, keys);
    for (place, (_, key, value)) in (0..keys).zip(merged) {
        let (last, count) = match key % 3 {
            0 => (2 * keys + key / 3, 3),
            _ => (2 * key + 1, 2),
        };
        assert_eq!(
            (key, value[..3].to_vec()),
            (place, vec![2 * key, last, count])
        );
    }
}

/// Records of few keys, of new keys for long, and of the same few again: first combined, then
/// passed, then combined.
#[test]
fn passed_records_stand_in_order_among_combined_ones() {
    let few = |count: u32| (0..count).map(|record| record % 1000);
    let new = 500..500 + 2 * PASSED as u32;
    let records: Vec<u32> = few(20_000)
        .chain(new)
        .chain(few(200_000 + PASSED as u32))
        .collect();
    let list = to_lists();
    let hasher = KeyHasher::default();
    let mut combiner = Combiner::new(&list, &hasher, LocalTable::new());
    let mut model: std::collections::HashMap<u32, (usize, Vec<u32>)> = Default::default();
    let mut has_passed = false;
    for (number, key) in records.iter().enumerate() {
        combiner.push((*key, number as u32));
        has_passed |= combiner.run.passes > 0;
        let (_, numbers) = model.entry(*key).or_insert((number, Vec::new()));
        numbers.push(number as u32);
    }
    assert!(has_passed && combiner.run.passes == 0);
    let (flushed, _) = combiner.finish();
    let entries: usize = flushed.shards.iter().map(Vec::len).sum();
    assert!(entries < records.len() - 50_000, "{entries} entries");
    let mut merged = Vec::new();
    for mut entries in flushed.shards {
        let mut shard = Shard::new();
        shard.merge(0, &mut entries, &list);
        shard.drain(|stamp, key, numbers| merged.push((stamp, key, numbers)));
    }
    merged.sort_by_key(|(stamp, ..)| *stamp);
    let mut expected: Vec<_> = model.into_iter().collect();
    expected.sort_by_key(|(_, (first, _))| *first);
    let merged: Vec<_> = merged
        .into_iter()
        .map(|(_, key, numbers)| (key, numbers))
        .collect();
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(key, (_, numbers))| (key, numbers))
        .collect();
    assert!(merged == expected, "another order, or other values");
}

/// Leaves the place of a value as it is.
struct WritesElsewhere;

impl Aggregator<u32> for WritesElsewhere {
    type Acc = u32;
    const DETACHED: bool = true;

    fn create(&self, value: u32) -> u32 {
        value
    }

    fn add(&self, acc: impl Cell<u32>, value: u32) {
        acc.replace(|acc| acc + value);
    }

    fn merge(&self, earlier: impl Cell<u32>, later: u32) {
        earlier.replace(|earlier| earlier + later);
    }

    fn publish_one<'a>(&self, value: u32, _: &'a mut MaybeUninit<u32>) -> &'a mut u32 {
        Box::leak(Box::new(value))
    }
}

/// Memory that nobody has written counts for no entry, whatever an aggregator does.
#[test]
#[should_panic(expected = "written elsewhere")]
fn an_aggregator_that_writes_elsewhere_is_refused() {
    let hasher = KeyHasher::default();
    let mut combiner = Combiner::new(&WritesElsewhere, &hasher, LocalTable::new());
    for key in 0..4 * PASSED as u32 {
        combiner.push((key, 1));
    }
}
