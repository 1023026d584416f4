//! The ends of runs: with grace, without, by itself, or because nobody holds the run any
//! more.

use std::io::Write;
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration as StdDuration;

use millrace::{Duration, StreamingContext, Text, keys};

use super::support::{CONCATENATE, Live, counted, pairs, run_to_the_end, turned, watched};

/// A context that runs and has run a line, the sender's side of its connection, and the lines
/// of the batches to come.
fn running(interval: Duration) -> (StreamingContext, TcpStream, Receiver<Text>) {
    let live = Live::new(interval, &[]);
    let (run, lines) = channel();
    live.lines.foreach_rdd(move |rdd| {
        for line in rdd.collect() {
            // The test may have what it wanted.
            let _ = run.send(line);
        }
    });
    let listener = live.listener;
    let accept = thread::spawn(move || listener.accept().unwrap().0);
    live.context.start().unwrap();
    let mut connection = accept.join().unwrap();
    connection.write_all(b"first\n").unwrap();
    assert_eq!(lines.recv().unwrap(), "first");
    (live.context, connection, lines)
}

#[test]
fn a_graceful_stop_runs_what_was_received() {
    watched(|| {
        let (context, mut connection, lines) = running(Duration::milliseconds(20));
        let sent: Vec<String> = (0..10_000).map(|number| number.to_string()).collect();
        connection
            .write_all((sent.join("\n") + "\nunfinished").as_bytes())
            .unwrap();
        context.stop(true);
        context.await_termination().unwrap();
        assert_eq!(context.bytes_not_run(), 0);
        drop(context);
        let run: Vec<String> = lines.iter().map(|line| line.to_string()).collect();
        let (last, whole) = run.split_last().unwrap();
        assert_eq!(whole, sent);
        assert_eq!(last, "unfinished");
    });
}

#[test]
fn a_stop_from_a_function_of_a_batch_does_not_wait_for_itself() {
    watched(|| {
        let live = Live::new(Duration::milliseconds(20), &[]);
        let handle: Arc<Mutex<Option<millrace::context::StopHandle>>> = Arc::default();
        let in_batch = Arc::clone(&handle);
        live.lines.foreach_rdd(move |_| {
            if let Some(handle) = &*in_batch.lock().unwrap() {
                handle.stop(true);
            }
        });
        live.context.start().unwrap();
        *handle.lock().unwrap() = Some(live.context.stop_handle());
        live.context.await_termination().unwrap();
        // The handle holds the engine, which holds the function that holds the handle.
        *handle.lock().unwrap() = None;
    });
}

#[test]
fn waiting_for_the_end_is_not_the_end() {
    watched(|| {
        let (context, connection, _lines) = running(Duration::milliseconds(20));
        let wait = |context: &StreamingContext| {
            context
                .await_termination_or_timeout(StdDuration::ZERO)
                .unwrap()
        };
        assert!(!wait(&context));
        assert!(!wait(&context));
        context.stop(false);
        assert!(wait(&context));
        drop(connection);
    });
}

/// True if the program of a context, functions and all, is gone once it has been dropped.
fn is_gone_after(end: impl FnOnce(StreamingContext) + Send + 'static) -> bool {
    watched(move || {
        let live = Live::new(Duration::milliseconds(10), &[]);
        let sentinel = Arc::new(());
        let held = Arc::clone(&sentinel);
        let (run, batches) = channel();
        counted(&live.lines).foreach_rdd(move |_| {
            let _held = &held;
            // Nobody counts any more if the test is over.
            let _ = run.send(());
        });
        live.context.start().unwrap();
        batches.recv().unwrap();
        end(live.context);
        Arc::strong_count(&sentinel) == 1
    })
}

#[test]
fn a_context_that_is_dropped_takes_its_threads_with_it() {
    assert!(is_gone_after(drop));
    assert!(is_gone_after(|context| {
        context.stop(true);
        context.stop(false);
    }));
}

#[test]
fn a_context_that_never_started_is_dropped() {
    watched(|| drop(Live::new(Duration::seconds(1), &[])));
}

#[test]
fn a_run_ends_after_as_many_batches_as_were_asked_for() {
    watched(|| {
        let live = Live::new(Duration::milliseconds(10), &[(keys::MAX_BATCHES, "3")]);
        let times = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&times);
        live.lines.foreach_rdd_with_time(move |_, time| {
            noted.lock().unwrap().push(time.as_millis());
        });
        live.context.start().unwrap();
        live.context.await_termination().unwrap();
        let times = times.lock().unwrap();
        assert_eq!(times.len(), 3);
        assert!(times[0] % 10 == 0 && times.windows(2).all(|pair| pair[1] - pair[0] == 10));
    });
}

#[test]
fn one_worker_is_enough_for_everything() {
    let counts = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&counts);
    let ended = watched(move || {
        let live = Live::new(
            Duration::milliseconds(20),
            &[(keys::MASTER, "local[1]"), (keys::STOP_AT_EOF, "true")],
        );
        let once = pairs(&live.lines, |line| {
            let pair = |word: &str| (word.to_owned(), "I".to_owned());
            line.as_str().split(' ').map(pair).collect()
        });
        let once = once.reduce_by_key(CONCATENATE);
        let twice = turned(&once, |(word, ones)| (word.len().to_string(), ones));
        twice.reduce_by_key(CONCATENATE).foreach_rdd(move |rdd| {
            let counts = rdd.collect().into_iter().map(|(_, ones)| ones.len());
            *seen.lock().unwrap() += counts.sum::<usize>();
        });
        let listener = live.listener;
        let sender = thread::spawn(move || {
            let (mut connection, _) = listener.accept().unwrap();
            connection
                .write_all("one two three two\n".repeat(20_000).as_bytes())
                .unwrap();
        });
        live.context.start().unwrap();
        sender.join().unwrap();
        live.context.await_termination()
    });
    ended.unwrap();
    assert_eq!(*counts.lock().unwrap(), 80_000);
}

#[test]
fn the_end_of_the_only_source_is_a_graceful_stop() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    run_to_the_end("the last line", move |_, lines| {
        lines.foreach_rdd(move |rdd| noted.lock().unwrap().extend(rdd.collect()));
    })
    .unwrap();
    assert_eq!(*seen.lock().unwrap(), ["the last line"]);
}
