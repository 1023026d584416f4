//! Receivers that a program brings.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};

use millrace::events::{BatchInfo, ReceiverInfo};
use millrace::{Conf, Duration, Receiver, ReceiverContext, StreamingListener, keys};

use super::super::support::watched;
use super::{ending, records, threads, to_the_end};

/// Counts what batches say they have received.
struct Counted(Arc<Mutex<u64>>);

impl StreamingListener for Counted {
    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        *self.0.lock().unwrap() += batch.num_records();
    }
}

#[test]
fn what_receivers_store_is_seen_once_and_in_order() {
    const EACH: u32 = 20_000;
    let counted = Arc::new(Mutex::new(0));
    let listener = Counted(Arc::clone(&counted));
    let seen = watched(move || {
        let ssc = ending(&[
            (keys::MAX_BYTES_IN_FLIGHT, "1m"),
            (keys::BLOCK_INTERVAL, "5ms"),
        ]);
        ssc.add_streaming_listener(listener);
        let store = |receiver: u32| {
            threads(
                3,
                move |thread, context: &ReceiverContext<(u32, u32, u32)>| {
                    for start in (0..EACH).step_by(100) {
                        let records = (start..start + 100).map(|record| (receiver, thread, record));
                        // Blocks and single records keep their order.
                        let stored = if start % 200 == 0 {
                            context.store_many(records)
                        } else {
                            context.store_block(records.collect())
                        };
                        assert!(stored);
                    }
                },
            )
        };
        let first = ssc.receiver_stream(store(0));
        let second = ssc.receiver_stream(store(1));
        let both = records(&first.union(&second));
        // The same, combined while it comes in.
        let pairs = first.map(|(_, thread, record)| (thread, u64::from(record)));
        let sums = records(&pairs.reduce_by_key(|a, b| a + b));
        to_the_end(ssc).unwrap();
        (
            both.iter().collect::<Vec<_>>(),
            sums.iter().collect::<Vec<_>>(),
        )
    });
    let (both, sums) = seen;
    for receiver in 0..2 {
        for thread in 0..3 {
            let own = both
                .iter()
                .filter(|record| (record.0, record.1) == (receiver, thread));
            assert!(own.map(|record| record.2).eq(0..EACH));
        }
    }
    for thread in 0..3 {
        let own = sums.iter().filter(|(key, _)| *key == thread);
        let sum: u64 = own.map(|(_, sum)| sum).sum();
        assert_eq!(sum, u64::from(EACH) * u64::from(EACH - 1) / 2);
    }
    assert_eq!(both.len(), 6 * EACH as usize);
    assert_eq!(
        *counted.lock().unwrap(),
        u64::from(6 * EACH),
        "counted exactly"
    );
}

/// Notes what receivers said of the blocks of each batch.
struct Said(Arc<Mutex<Vec<String>>>);

impl StreamingListener for Said {
    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        let inputs = batch.stream_id_to_input_info.values();
        let said = inputs.flat_map(|input| input.block_metadata.clone());
        self.0.lock().unwrap().extend(said);
    }
}

#[test]
fn blocks_come_with_what_was_said_of_them_and_bytes_are_records_or_refused() {
    let said = Arc::new(Mutex::new(Vec::new()));
    let listener = Said(Arc::clone(&said));
    let seen = watched(move || {
        let ssc = ending(&[]);
        ssc.add_streaming_listener(listener);
        let store = |_, context: &ReceiverContext<(u8, bool)>| {
            assert!(context.store_block_with_metadata(vec![(1, true)], "first"));
            // A list of a number and a truth, twice; then others that are none.
            let two = [0x92, 2, 0xc3, 0x92, 3, 0xc2];
            assert!(context.store_bytes(&two).unwrap());
            assert!(
                context
                    .store_bytes_with_metadata(&two[..3], "third")
                    .unwrap()
            );
            for bad in [&two[..5], &[0x92, 0xc3, 2], b"text"] {
                let refused = context.store_bytes_with_metadata(bad, "bad").unwrap_err();
                assert_eq!(refused.kind(), std::io::ErrorKind::InvalidData);
            }
        };
        let seen = records(&ssc.receiver_stream(threads(1, store)));
        to_the_end(ssc).unwrap();
        seen.iter().collect::<Vec<_>>()
    });
    assert_eq!(seen, [(1, true), (2, true), (3, false), (2, true)]);
    assert_eq!(*said.lock().unwrap(), ["first", "third"]);
}

#[test]
fn the_last_end_of_a_connection_ends_its_receiver_and_what_it_cut_off_is_counted() {
    let reset = || Err(std::io::ErrorKind::ConnectionReset.into());
    let counts = watched(move || {
        let ssc = ending(&[
            (keys::STOP_AT_RESET, "true"),
            (keys::RECEIVER_RESTART_DELAY, "10ms"),
        ]);
        let closed = |_, context: &ReceiverContext<u8>| {
            context.disconnected("a sender", Ok(()), 0);
        };
        let _closed = records(&ssc.receiver_stream(threads(1, closed)));
        let reset = move |_, context: &ReceiverContext<u8>| {
            context.disconnected("another", reset(), 7);
        };
        let _reset = records(&ssc.receiver_stream(threads(1, reset)));
        ssc.start().unwrap();
        ssc.await_termination().unwrap();
        ssc.input_counts()
    });
    assert_eq!((counts.unfinished_dropped, counts.unfinished_bytes), (1, 7));
}

/// Notes what is said of receivers.
struct Errors(Arc<Mutex<Vec<(String, String)>>>);

impl Errors {
    fn note(&self, receiver: &ReceiverInfo) {
        let error = (receiver.name.clone(), receiver.last_error_message.clone());
        self.0.lock().unwrap().push(error);
    }
}

impl StreamingListener for Errors {
    fn on_receiver_error(&mut self, receiver: &ReceiverInfo) {
        self.note(receiver);
    }

    fn on_receiver_stopped(&mut self, receiver: &ReceiverInfo) {
        self.note(receiver);
    }
}

/// Panics when it is started, then in a thread, then stores and stops.
struct Clumsy(u32);

impl Receiver for Clumsy {
    type Item = u32;

    fn on_start(&mut self, context: ReceiverContext<u32>) {
        self.0 += 1;
        match self.0 {
            1 => panic!("at the start"),
            2 => context.spawn("reader", |context| {
                context.store(2);
                panic!("amid the reading");
            }),
            _ => {
                context.report_error("nothing to worry about");
                context.store(3);
                context.stop("done");
            }
        }
    }
}

#[test]
fn a_receiver_that_panics_is_started_again_and_the_others_go_on() {
    let errors = Arc::new(Mutex::new(Vec::new()));
    let listener = Errors(Arc::clone(&errors));
    let (clumsy, steady) = watched(move || {
        let ssc = ending(&[(keys::RECEIVER_RESTART_DELAY, "10ms")]);
        ssc.add_streaming_listener(listener);
        let clumsy = records(&ssc.receiver_stream(Clumsy(0)));
        let store = |_, context: &ReceiverContext<u32>| {
            context.store_many(0..1000);
        };
        let steady = records(&ssc.receiver_stream(threads(1, store)));
        to_the_end(ssc).unwrap();
        (
            clumsy.iter().collect::<Vec<_>>(),
            steady.iter().collect::<Vec<_>>(),
        )
    });
    assert_eq!(clumsy, [2, 3]);
    assert!(steady.into_iter().eq(0..1000));
    let errors = errors.lock().unwrap();
    // The harness has no stream of its own here: the first one is number zero.
    let clumsy = errors.iter().filter(|(name, _)| name == "Clumsy-0");
    let messages: Vec<&str> = clumsy.map(|(_, message)| message.as_str()).collect();
    let expected = [
        "Restarting receiver with delay 10ms: on_start panicked: at the start",
        "Restarting receiver with delay 10ms: its thread reader panicked: amid the reading",
        "nothing to worry about",
        "done",
    ];
    assert_eq!(messages, expected);
}

#[test]
fn a_stop_is_seen_by_receivers_and_takes_what_they_have_stored() {
    let (stored, seen) = watched(|| {
        let mut conf = Conf::new();
        conf.set(keys::MASTER, "local[1]");
        let ssc = millrace::testing::context(&conf, Duration::milliseconds(20)).unwrap();
        let (tell, told) = channel();
        let endless = move |_, context: &ReceiverContext<u64>| {
            let mut stored = 0;
            while !context.is_stopped() && context.store(stored) {
                stored += 1;
            }
            tell.send(stored).unwrap();
        };
        let seen = records(&ssc.receiver_stream(threads(1, endless)));
        ssc.start().unwrap();
        let first = seen.recv().unwrap();
        ssc.stop(true);
        drop(ssc);
        let seen: Vec<u64> = std::iter::once(first).chain(seen.iter()).collect();
        (told.recv().unwrap(), seen)
    });
    assert!(seen.into_iter().eq(0..stored));
}
