//! A law that every store obeys, for the tests of each.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::exec::Executor;

use super::{Durable, Origin};

/// Runs `batch` for the numbers 1 to `batches` on the store `live`, while another thread makes
/// snapshots of it up to the middle; then loads the last snapshot, and what batches after it have
/// changed, into `recovered`.
pub(crate) fn recover_while_batches_run(
    live: &dyn Durable,
    recovered: &dyn Durable,
    batches: u64,
    executor: &Executor,
    mut batch: impl FnMut(u64),
) {
    let enough = AtomicBool::new(false);
    live.record();
    let mut log = Vec::new();
    let snapshots = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut newest = Vec::new();
            while !enough.load(Ordering::SeqCst) || newest.is_empty() {
                let shards = 0..live.shards();
                newest = shards.map(|shard| live.snapshot(shard).unwrap()).collect();
            }
            newest
        });
        for number in 1..=batches {
            batch(number);
            log.push((number, live.take_changes()));
            enough.fetch_or(number >= batches / 2, Ordering::SeqCst);
        }
        reader.join().unwrap()
    });
    let load = |origin, entries: &[u8]| {
        executor.run(|| recovered.load(origin, entries)).unwrap();
    };
    // As a checkpoint is read: the snapshot, then the log.
    for (entries, as_of) in &snapshots {
        load(Origin::Snapshot(*as_of), entries);
    }
    for (number, changes) in &log {
        for (shard, entries) in changes {
            if *number > snapshots[*shard as usize].1 {
                load(Origin::Batch(*number), entries);
            }
        }
    }
    recovered.loaded(batches).unwrap();
}
