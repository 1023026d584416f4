//! The ends of runs: whatever the program's code does, whoever waits is told how.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration as StdDuration;

use millrace::context::ContextState;
use millrace::events::{BatchInfo, OutputOperationInfo, ReceiverInfo};
use millrace::{
    Conf, Duration, ErrorKind, ReceiverContext, Result, StreamingContext, StreamingListener, keys,
};

/// Gives what `body` gives, and fails if that takes so long that it must be hanging.
fn watched<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, told) = channel();
    thread::spawn(move || {
        // Nobody waits any more if this took too long.
        let _ = tell.send(body());
    });
    let limit = StdDuration::from_secs(120);
    told.recv_timeout(limit).expect("it ends, and well")
}

fn context() -> StreamingContext {
    let mut conf = Conf::new();
    conf.set(keys::MASTER, "local[2]");
    millrace::testing::context(&conf, Duration::milliseconds(20)).unwrap()
}

/// Lists of one number each.
fn numbers() -> Vec<Vec<i64>> {
    (0..20).map(|number| vec![number]).collect()
}

fn message<T>(ended: Result<T>) -> String {
    match ended {
        Ok(_) => panic!("it must fail"),
        Err(error) => error.to_string(),
    }
}

/// Does not return from its first batch until the test lets it go.
struct Blocks(Sender<()>, Receiver<()>);

impl StreamingListener for Blocks {
    fn on_batch_completed(&mut self, _: &BatchInfo) {
        // Here and below: the test may be over.
        let _ = self.0.send(());
        let _ = self.1.recv();
    }
}

#[test]
fn a_failed_batch_is_reported_while_a_listener_blocks() {
    watched(|| {
        let ssc = context();
        let (told, is_told) = channel();
        let (go, wait) = channel();
        ssc.add_streaming_listener(Blocks(told, wait));
        let is_told = Mutex::new(is_told);
        let batches = Mutex::new(0);
        ssc.queue_stream(numbers()).foreach_rdd(move |_| {
            let mut batches = batches.lock().unwrap();
            *batches += 1;
            if *batches == 2 {
                is_told.lock().unwrap().recv().unwrap();
                panic!("the second batch");
            }
        });
        ssc.start().unwrap();
        let error = message(ssc.await_termination());
        assert!(error.ends_with("the second batch"), "{error}");
        assert_eq!(ssc.get_state(), ContextState::Stopped);
        drop(go);
    });
}

#[test]
fn a_wait_before_the_start_does_not_make_an_illegal_program_legal() {
    let ssc = context();
    let numbers = ssc.queue_stream(numbers());
    numbers.print();
    numbers.window(Duration::milliseconds(30), None).print();
    let waited = message(ssc.await_termination_or_timeout(StdDuration::ZERO));
    assert_eq!(message(ssc.start()), waited);
    assert_eq!(ssc.get_state(), ContextState::Stopped);
}

#[test]
fn an_operator_in_a_function_of_a_batch_is_told_to_whoever_waits() {
    watched(|| {
        let ssc = context();
        let numbers = ssc.queue_stream(numbers());
        let own = numbers.clone();
        let (tell, run) = channel();
        let waits = Arc::new(Mutex::new(()));
        let (waiting, started) = (Arc::clone(&waits), waits.lock().unwrap());
        numbers.foreach_rdd(move |_| {
            drop(waiting.lock().unwrap());
            own.map(|number| number + 1).print();
            let _ = tell.send(());
        });
        ssc.start().unwrap();
        drop(started);
        let error = ssc.await_termination().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Illegal);
        assert!(error.to_string().contains("after starting"), "{error}");
        run.recv().unwrap();
        ssc.stop(false);
    });
}

#[test]
fn the_checkpoint_directory_is_not_changed_after_the_start() {
    watched(|| {
        let ssc = context();
        ssc.queue_stream(numbers()).foreach_rdd(|_| ());
        ssc.start().unwrap();
        let name = format!("millrace-too-late-{}", std::process::id());
        let directory = std::env::temp_dir().join(name);
        let error = ssc.checkpoint(&directory).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Illegal);
        assert!(!directory.exists());
        ssc.stop(false);
    });
}

type Operations = BTreeMap<u32, OutputOperationInfo>;

/// Tells the outputs of every batch, as it is submitted, started and completed.
struct Tells(Sender<(&'static str, Operations)>);

impl Tells {
    fn tell(&self, what: &'static str, batch: &BatchInfo) {
        let _ = self.0.send((what, batch.output_operation_infos.clone()));
    }
}

impl StreamingListener for Tells {
    fn on_batch_submitted(&mut self, batch: &BatchInfo) {
        self.tell("submitted", batch);
    }
    fn on_batch_started(&mut self, batch: &BatchInfo) {
        self.tell("started", batch);
    }
    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        self.tell("completed", batch);
    }
}

#[test]
fn the_outputs_of_a_batch_are_known_before_they_begin() {
    watched(|| {
        let ssc = context();
        let (tell, told) = channel();
        ssc.add_streaming_listener(Tells(tell));
        let numbers = ssc.queue_stream(numbers());
        numbers.foreach_rdd(|rdd| millrace::dstream::show(format_args!("{} records", rdd.count())));
        numbers
            .window(Duration::milliseconds(40), Some(Duration::milliseconds(40)))
            .foreach_rdd(|_| ());
        ssc.start().unwrap();
        let mut most = 0;
        while most < 2 {
            let (what, operations) = told.recv().unwrap();
            most = most.max(operations.len());
            assert!(operations.contains_key(&0), "{what}");
            let timed = |operation: &OutputOperationInfo| operation.start_time.is_some();
            let expected = what == "completed";
            assert!(
                operations
                    .values()
                    .all(|operation| timed(operation) == expected),
                "{what}"
            );
        }
        ssc.stop(false);
    });
}

/// Loses its connection twice, in the two ways of saying why.
struct Flaky(u32);

impl millrace::Receiver for Flaky {
    type Item = u32;

    fn on_start(&mut self, context: ReceiverContext<u32>) {
        self.0 += 1;
        match self.0 {
            1 => context.restart_because("lost", "reset by peer"),
            2 => context.restart_after_because("lost again", "timed out", StdDuration::ZERO),
            _ => {
                context.report_error_because("odd", "a record of no length");
                context.stop("done");
            }
        }
    }
}

/// Tells of everything that receivers report, as it was last.
struct Reports(Sender<(String, String)>);

impl StreamingListener for Reports {
    fn on_receiver_error(&mut self, receiver: &ReceiverInfo) {
        let (message, error) = (&receiver.last_error_message, &receiver.last_error);
        let _ = self.0.send((message.clone(), error.clone()));
    }

    fn on_receiver_stopped(&mut self, receiver: &ReceiverInfo) {
        self.on_receiver_error(receiver);
    }
}

#[test]
fn listeners_get_what_a_receiver_says_and_the_error_in_full() {
    let reports = watched(|| {
        let mut conf = Conf::new();
        conf.set(keys::MASTER, "local[2]");
        conf.set(keys::RECEIVER_RESTART_DELAY, "10ms");
        conf.set(keys::STOP_AT_EOF, "true");
        let ssc = millrace::testing::context(&conf, Duration::milliseconds(20)).unwrap();
        let (tell, told) = channel();
        ssc.add_streaming_listener(Reports(tell));
        ssc.receiver_stream(Flaky(0)).foreach_rdd(|_| ());
        ssc.start().unwrap();
        ssc.await_termination().unwrap();
        drop(ssc);
        told.iter().collect::<Vec<_>>()
    });
    for (message, error) in [
        ("Restarting receiver with delay 10ms: lost", "reset by peer"),
        (
            "Restarting receiver with delay 0ms: lost again",
            "timed out",
        ),
        ("odd", "a record of no length"),
    ] {
        let expected = (message.to_owned(), error.to_owned());
        assert!(reports.contains(&expected), "{expected:?} in {reports:?}");
    }
}
