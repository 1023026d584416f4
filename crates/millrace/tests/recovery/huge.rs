//! More than a frame of a log holds: a batch that changes so much, and a record of that size. The
//! laws try the same with small limits; here it is a real gibibyte.

use std::fs;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::path::Path;
use std::sync::mpsc::channel;

use millrace::{
    Conf, Duration, ErrorKind, Receiver, ReceiverContext, StateOptions, StreamingContext, Values,
    keys,
};
use serde::{Deserialize, Serialize};

/// The bytes of one state.
const LENGTH: usize = 1 << 20;

/// The most bytes that a frame holds.
const FRAME: usize = 1 << 30;

fn conf(directory: &Path) -> Conf {
    let mut conf = Conf::new();
    conf.set(keys::MASTER, "local[2]")
        .set(keys::CHECKPOINT_DIR, directory.to_str().unwrap())
        .set(keys::CHECKPOINT_RECOVER, "true")
        .set(keys::MAX_BATCHES, "1");
    conf
}

/// A key whose hash is that of all others, so that they are in one shard and, without a cut, in one
/// frame.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Alike(u32);

impl Hash for Alike {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(0);
    }
}

/// The most memory that this process has had, in MiB; Linux tells.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kibibytes.unwrap_or(0) >> 10
}

/// One batch of a program whose states are a mebibyte each; gives their number and their bytes.
fn live(directory: &Path, added: Range<u32>) -> (usize, usize) {
    let ssc = StreamingContext::new(&conf(directory), Duration::milliseconds(100)).unwrap();
    let (send, seen) = channel();
    let keep =
        |_: &Values<()>, old: Option<String>| Some(old.unwrap_or_else(|| "x".repeat(LENGTH)));
    ssc.queue_stream(vec![added.collect::<Vec<_>>()])
        .map(|number| (Alike(number), ()))
        .update_state_by_key_with(keep, StateOptions::new().idle_keeps_state())
        .map(|(_, state)| state.len())
        .foreach_rdd(move |rdd| drop(send.send(rdd.collect())));
    ssc.start().unwrap();
    ssc.await_termination().unwrap();
    let lengths: Vec<usize> = seen.recv().unwrap();
    (lengths.len(), lengths.iter().sum())
}

#[test]
#[ignore = "takes gigabytes of memory and of disk"]
fn a_batch_changes_more_than_a_frame_holds() {
    let top = tempfile::tempdir().unwrap();
    let keys = (FRAME / LENGTH) as u32 + 176;
    assert_eq!(live(top.path(), 0..keys).0, keys as usize);
    eprintln!("{keys} MiB of changes: {} MiB at most", peak());
    let again = live(top.path(), keys..keys + 1);
    let expected = keys as usize + 1;
    assert_eq!(again, (expected, expected * LENGTH));
    eprintln!("the same and a recovery: {} MiB at most", peak());
}

/// Stores a record that is longer than a frame.
struct Huge;

impl Receiver for Huge {
    type Item = String;

    fn on_start(&mut self, context: ReceiverContext<String>) {
        context.spawn("store", |context| {
            context.store("x".repeat(FRAME + 1));
        });
    }
}

#[test]
#[ignore = "takes gigabytes of memory"]
fn a_record_that_no_frame_holds_ends_the_run_and_says_so() {
    let top = tempfile::tempdir().unwrap();
    let mut conf = conf(top.path());
    conf.set(keys::RECEIVER_WAL, "true");
    conf.set(keys::MAX_BATCHES, "1000");
    let ssc = StreamingContext::new(&conf, Duration::milliseconds(100)).unwrap();
    ssc.receiver_stream(Huge).foreach_rdd(|_| ());
    ssc.start().unwrap();
    let error = ssc.await_termination().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Task, "{error}");
    let said = "the write-ahead log holds records of at most 1073741824";
    assert!(error.to_string().contains(said), "{error}");
    eprintln!("a record of 1024 MiB: {} MiB at most", peak());
}
