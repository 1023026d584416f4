//! Law 1: every record of every block is seen by exactly one batch, in block order. A shuffle
//! loses and invents nothing.

use std::io::Write;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;

use millrace::events::BatchInfo;
use millrace::testing::Setup;
use millrace::{Duration, Rdd, StreamingListener, Text, keys};
use proptest::prelude::*;

use super::model;
use super::support::{Live, block_bytes, cases, counted, messages, run_to_the_end, watched};

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn every_line_is_in_the_batch_that_received_its_end(
        messages in messages(),
        workers in 1_usize..=4,
        block_bytes in block_bytes(),
    ) {
        let setup = Setup { workers, partitions: 1, block_bytes };
        let batches = setup.run_batches(&messages, |lines| lines.map(|line| line.to_string()));
        prop_assert_eq!(batches, model::lines(&messages));
    }

    #[test]
    fn a_shuffle_has_as_many_words_as_the_lines(
        messages in messages(),
        workers in 1_usize..=4,
        partitions in 1_usize..=5,
        block_bytes in block_bytes(),
    ) {
        let setup = Setup { workers, partitions, block_bytes };
        let batches = setup.run_batches(&messages, counted);
        for (batch, lines) in batches.iter().zip(model::lines(&messages)) {
            let total: i64 = batch.iter().map(|(_, count)| count).sum();
            prop_assert_eq!(total as usize, model::words(&lines).len());
        }
    }
}

#[test]
fn what_a_socket_sends_while_batches_end_is_in_one_batch_each() {
    let numbers = 0..200_000_u32;
    let input: String = numbers
        .clone()
        .map(|number| format!("{number}\n"))
        .collect();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let collector = Arc::clone(&seen);
    let ended = run_to_the_end(input, move |_, lines| {
        lines.foreach_rdd(move |rdd| collector.lock().unwrap().extend(rdd.collect()));
    });
    ended.unwrap();
    let seen = seen.lock().unwrap();
    let parsed = seen.iter().map(|line| line.parse::<u32>().unwrap());
    assert!(parsed.eq(numbers));
}

#[test]
fn a_line_that_never_ended_is_a_line_when_the_sender_goes() {
    let (send, seen) = channel();
    let ended = run_to_the_end("whole\nunfinished", move |_, lines| {
        lines.foreach_rdd(move |rdd| {
            rdd.collect().into_iter().for_each(|line| {
                send.send(line.to_string()).unwrap();
            })
        });
    });
    ended.unwrap();
    assert_eq!(seen.iter().collect::<Vec<_>>(), ["whole", "unfinished"]);
}

#[test]
fn every_output_of_a_batch_sees_every_record() {
    let seen: Arc<Mutex<Vec<Vec<String>>>> = Arc::new(Mutex::new(vec![Vec::new(); 3]));
    let batches = Arc::clone(&seen);
    millrace::testing::run_outputs(&["a b\n", "c\n"], move |lines| {
        for output in 0..3 {
            let seen = Arc::clone(&batches);
            lines
                .flat_map(|line| line.split(" "))
                .foreach_rdd(move |rdd| {
                    let words = rdd.collect().into_iter().map(|word| word.to_string());
                    seen.lock().unwrap()[output].extend(words);
                });
        }
    });
    assert_eq!(*seen.lock().unwrap(), [["a", "b", "c"]; 3]);
}

/// Adds up what batches say they received.
struct Received(Arc<Mutex<(u64, u64)>>);

impl StreamingListener for Received {
    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        let mut received = self.0.lock().unwrap();
        for input in batch.stream_id_to_input_info.values() {
            received.0 += input.num_records;
            received.1 += input.num_bytes;
        }
    }
}

#[test]
fn what_batches_report_adds_up_to_what_was_sent_whatever_is_read_of_it() {
    let reads: [fn(&Rdd<Text>); 3] = [|rdd| drop(rdd.collect()), |rdd| drop(rdd.first()), |_| ()];
    for (how, read) in reads.into_iter().enumerate() {
        let input: String = (0..200_000)
            .map(|number| format!("line {number}\n"))
            .collect();
        let received = Arc::new(Mutex::new((0, 0)));
        let listener = Received(Arc::clone(&received));
        let bytes = input.len() as u64;
        let ended = run_to_the_end(input, move |context, lines| {
            context.add_streaming_listener(listener);
            lines.foreach_rdd(read);
        });
        ended.unwrap();
        assert_eq!(
            *received.lock().unwrap(),
            (200_000, bytes),
            "read number {how}"
        );
    }
}

#[test]
fn a_reconnected_sender_continues_the_stream() {
    let words = watched(|| {
        let settings = [(keys::RECEIVER_RESTART_DELAY, "10ms")];
        let live = Live::new(Duration::milliseconds(20), &settings);
        let (send, seen) = channel();
        live.lines.foreach_rdd(move |rdd| {
            for line in rdd.collect() {
                // The test may have what it wanted.
                let _ = send.send(line.to_string());
            }
        });
        let listener = live.listener;
        let sender = thread::spawn(move || {
            for message in ["one\ntwo", "three\n"] {
                let (mut connection, _) = listener.accept().unwrap();
                connection.write_all(message.as_bytes()).unwrap();
            }
        });
        live.context.start().unwrap();
        let words: Vec<String> = seen.iter().take(3).collect();
        live.context.stop(false);
        sender.join().unwrap();
        words
    });
    assert_eq!(words, ["one", "two", "three"]);
}
