//! Law 6 for what outlives its batch: a text that a program or a window keeps does not keep the
//! block that it was cut out of, or the receiver would wait for ever.
//!
//! Every test sends many times its budget over a real socket, and keeps some lines from all over
//! it. The lines that are kept are never as much as the budget, so every line must arrive.

#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::net::TcpListener;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration as StdDuration;

use millrace::dstream::Computed;

use millrace::pipeline::Lines;
use millrace::{Conf, DStream, Duration, Rdd, StreamingContext, Text, keys, testing};

/// The time that a run may take before it counts as one that hangs.
const PATIENCE: StdDuration = StdDuration::from_secs(240);

/// More than two kernels keep for a socket, and many times the budget.
const LINES: u32 = 120_000;

/// Every so many lines, one is rare.
const RARE: u32 = 5_000;

fn input() -> Vec<u8> {
    let line = |number: u32| {
        let kind = if number.is_multiple_of(RARE) {
            "rare"
        } else {
            "line"
        };
        format!("{kind} {number:06} {}\n", "x".repeat(100))
    };
    (0..LINES).map(line).collect::<String>().into_bytes()
}

/// Runs a program over [`input`] with a budget of two blocks, and fails if it hangs.
fn run(program: impl FnOnce(&StreamingContext, &DStream<Text, Lines>) + Send + 'static) {
    let (send, receive) = channel();
    let thread = thread::spawn(move || {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut conf = Conf::new();
        conf.set(keys::MASTER, "local[2]")
            .set(keys::MAX_BYTES_IN_FLIGHT, "2m")
            .set(keys::STOP_AT_EOF, "true");
        let ssc = testing::context(&conf, Duration::milliseconds(50)).unwrap();
        let lines = ssc.socket_text_stream("127.0.0.1", port);
        program(&ssc, &lines);
        let sender = thread::spawn(move || {
            let (mut connection, _) = listener.accept().unwrap();
            connection.write_all(&input()).unwrap();
        });
        ssc.start().unwrap();
        ssc.await_termination().unwrap();
        sender.join().unwrap();
        // Nobody waits any more if the watchdog has barked.
        let _ = send.send(());
    });
    match receive.recv_timeout(PATIENCE) {
        Ok(()) => {}
        Err(RecvTimeoutError::Timeout) => panic!("hangs for {PATIENCE:?}"),
        Err(RecvTimeoutError::Disconnected) => {
            std::panic::resume_unwind(thread.join().expect_err("it ended without a result"))
        }
    }
}

fn is_rare(line: &Text) -> bool {
    line.starts_with("rare")
}

/// The result of an action on a batch, as texts.
type Action = fn(&Rdd<Text>) -> Vec<Text>;

#[test]
fn what_an_action_gives_does_not_keep_its_block() {
    let actions: [(&str, Action); 8] = [
        ("take", |rdd| rdd.take(1)),
        ("first", |rdd| rdd.first().into_iter().collect()),
        ("collect", |rdd| rdd.filter(is_rare).collect()),
        ("reduce", |rdd| rdd.reduce(Text::max).into_iter().collect()),
        ("fold", |rdd| vec![rdd.fold(Text::EMPTY, Text::max)]),
        ("aggregate", |rdd| {
            let longest =
                |all: Vec<Text>, line: Text| if all.is_empty() { vec![line] } else { all };
            let either = |all: Vec<Text>, more| if all.is_empty() { more } else { all };
            rdd.aggregate(Vec::new(), longest, either)
        }),
        ("top", |rdd| rdd.top(1)),
        ("take_ordered", |rdd| rdd.take_ordered(1)),
    ];
    for (name, action) in actions {
        let seen = Arc::new(Mutex::new((0, Vec::new())));
        let noted = Arc::clone(&seen);
        run(move |_, lines| {
            lines.foreach_rdd(move |rdd| {
                let mut noted = noted.lock().unwrap();
                noted.0 += rdd.count();
                noted.1.extend(action(rdd));
            });
        });
        let seen = seen.lock().unwrap();
        assert_eq!(seen.0, u64::from(LINES), "{name}");
        assert!(seen.1.len() > 2, "{name} kept {} lines", seen.1.len());
    }
}

#[test]
fn what_is_added_does_not_keep_its_block() {
    let sum = Arc::new(Mutex::new(Vec::new()));
    let last = Arc::clone(&sum);
    run(move |ssc, lines| {
        let rare = ssc.accumulator_by(Vec::new(), |all, more| all.extend(more));
        lines.foreach_rdd(move |rdd| {
            let own = rare.clone();
            rdd.filter(is_rare)
                .for_each(move |line| own.add(vec![line]));
            *last.lock().unwrap() = rare.value();
        });
    });
    let sum = sum.lock().unwrap();
    assert_eq!(sum.len() as u32, LINES / RARE);
}

/// The rare lines of a stream in a window that lasts.
type Window = fn(&DStream<Text, Lines>) -> Computed<Text>;

#[test]
fn a_window_keeps_the_records_that_it_has_and_not_their_blocks() {
    let hour = Duration::seconds(3600);
    let windows: [Window; 3] = [
        |lines| lines.filter(is_rare).window(Duration::seconds(3600), None),
        |lines| {
            lines
                .filter(is_rare)
                .persist()
                .window(Duration::seconds(3600), None)
        },
        |lines| {
            lines
                .filter(is_rare)
                .erased()
                .window(Duration::seconds(3600), None)
        },
    ];
    for window in windows {
        let count = Arc::new(Mutex::new(0));
        let last = Arc::clone(&count);
        run(move |_, lines| {
            window(lines).foreach_rdd(move |rdd| *last.lock().unwrap() = rdd.count());
        });
        assert_eq!(*count.lock().unwrap(), u64::from(LINES / RARE));
    }
    let count = Arc::new(Mutex::new(0));
    let last = Arc::clone(&count);
    run(move |_, lines| {
        let groups = lines
            .filter(is_rare)
            .map(|line| (line.len(), line))
            .group_by_key();
        let all = groups.window(hour, None);
        all.foreach_rdd(move |rdd| {
            let lines: usize = rdd.collect().iter().map(|(_, lines)| lines.len()).sum();
            *last.lock().unwrap() = lines as u32;
        });
    });
    assert_eq!(*count.lock().unwrap(), LINES / RARE);
}
