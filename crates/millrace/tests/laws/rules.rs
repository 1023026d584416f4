//! The calls that a context does not allow, in Spark's words.

use std::env;
use std::process;

use millrace::pipeline::Lines;
use millrace::{Conf, DStream, Duration, Error, ErrorKind, StreamingContext, Text, keys};

use super::support::{Keyed, Live, Update, counted, failure, pairs, watched};

const NO_DIRECTORY: &str = "The checkpoint directory has not been set. Please set it by \
                            StreamingContext.checkpoint().";

fn assert_illegal(error: &Error, message: &str) {
    assert_eq!(error.kind(), ErrorKind::Illegal, "{error}");
    assert_eq!(error.to_string(), message);
}

/// A stream that keeps state.
fn keep(lines: &DStream<Text, Lines>) -> Keyed {
    let update: Update = |_, state| state;
    pairs(lines, |line| vec![(line.to_string(), String::new())]).update_state_by_key(update)
}

fn context() -> Live {
    Live::new(Duration::milliseconds(50), &[])
}

/// Adds something to a context that has started.
type Addition = fn(&Live, &DStream<(Text, i64)>);

#[test]
fn a_program_needs_an_output() {
    let live = context();
    let _ = counted(&live.lines);
    let error = failure(live.context.start());
    assert_illegal(
        &error,
        "No output operations registered, so nothing to execute",
    );
}

#[test]
fn state_needs_a_directory() {
    let live = context();
    keep(&live.lines).print();
    assert_illegal(&failure(live.context.start()), NO_DIRECTORY);
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let live = context();
    let error = failure(live.context.checkpoint("/dev/null/state"));
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("/dev/null/state"), "{error}");
}

#[test]
fn the_directory_is_made() {
    let directory = env::temp_dir().join(format!("millrace-rules-{}/state", process::id()));
    let live = context();
    live.context.checkpoint(&directory).unwrap();
    assert!(directory.is_dir());
    keep(&live.lines).print_num(-1);
    live.context.start().unwrap();
    watched(move || live.context.stop(false));
    std::fs::remove_dir_all(directory.parent().unwrap()).unwrap();
}

/// Everything that can be added, one call of each kind.
const ADDED: [(&str, Addition); 12] = [
    ("an input", |live, _| {
        drop(live.context.socket_text_stream("localhost", 1))
    }),
    ("a transformation", |live, _| drop(counted(&live.lines))),
    ("an output", |live, _| live.lines.print()),
    ("map", |live, _| drop(live.lines.map(|line| line))),
    ("filter", |live, _| drop(live.lines.filter(|_| true))),
    ("flat_map", |live, _| {
        drop(live.lines.flat_map(|line| [line]))
    }),
    ("erased", |live, _| drop(live.lines.erased())),
    ("union", |live, _| drop(live.lines.union(&live.lines))),
    ("union of many", |live, _| {
        drop(live.context.union(std::slice::from_ref(&live.lines)))
    }),
    ("map_values", |_, pairs| drop(pairs.map_values(|n| n))),
    ("flat_map_values", |_, pairs| {
        drop(pairs.flat_map_values(|n| [n]))
    }),
    ("glom", |live, _| drop(live.lines.glom())),
];

/// The error of an addition.
fn too_late(when: &str) -> String {
    format!(
        "Adding new inputs, transformations, and output operations after {when} a context is not \
         supported"
    )
}

/// A context that runs, or has stopped.
fn begun(stopped: bool) -> (Live, DStream<(Text, i64)>) {
    let live = context();
    let pairs = live.lines.map(|line| (line, 1)).erased();
    live.lines.foreach_rdd(|_| ());
    live.context.start().unwrap();
    if stopped {
        live.context.stop(false);
    }
    (live, pairs)
}

#[test]
fn nothing_is_added_after_the_start() {
    watched(move || {
        for (what, add) in ADDED {
            for (when, stopped) in [("starting", false), ("stopping", true)] {
                let (live, pairs) = begun(stopped);
                add(&live, &pairs);
                let error = failure(live.context.await_termination());
                assert_illegal(&error, &too_late(when));
                assert_unharmed(what, &live);
            }
        }
    });
}

#[test]
fn misuse_is_told_at_the_call() {
    watched(move || {
        for (what, add) in ADDED {
            for (when, stopped) in [("starting", false), ("stopping", true)] {
                let (live, pairs) = begun(stopped);
                assert!(live.context.take_misuse().is_none(), "{what}");
                add(&live, &pairs);
                let error = live.context.take_misuse().unwrap();
                assert_illegal(&error, &too_late(when));
                assert!(live.context.take_misuse().is_none(), "{what}");
                assert_unharmed(what, &live);
            }
        }
    });
}

#[test]
fn misuse_that_was_taken_does_not_keep_a_program_from_starting() {
    watched(|| {
        let live = context();
        drop(live.lines.repartition(0));
        let seventy = Duration::milliseconds(70);
        drop(live.lines.window(seventy, seventy));
        let error = live.context.take_misuse().unwrap();
        assert!(error.to_string().contains("must be positive"), "{error}");
        assert!(live.context.take_misuse().is_none(), "the first one counts");
        live.lines.foreach_rdd(|_| ());
        live.context.start().unwrap();
        assert_unharmed("what was taken", &live);
    });
}

/// The rule that was broken is given once; the run has not suffered.
fn assert_unharmed(what: &str, live: &Live) {
    live.context.stop(false);
    let ended = live.context.await_termination();
    assert!(ended.is_ok(), "{what}: {ended:?}");
}

#[test]
fn a_second_start_changes_nothing() {
    watched(|| {
        let live = context();
        live.lines.foreach_rdd(|_| ());
        live.context.start().unwrap();
        live.context.start().unwrap();
        live.context.stop(false);
        live.context.await_termination().unwrap();
    });
}

#[test]
fn a_stopped_context_is_not_started() {
    watched(|| {
        for started in [false, true] {
            let live = context();
            live.lines.foreach_rdd(|_| ());
            if started {
                live.context.start().unwrap();
            }
            live.context.stop(true);
            let error = failure(live.context.start());
            assert_illegal(&error, "StreamingContext has already been stopped");
        }
    });
}

#[test]
fn a_context_that_could_not_start_has_stopped() {
    watched(|| {
        let live = context();
        failure(live.context.start());
        let error = failure(live.context.start());
        assert_illegal(&error, "StreamingContext has already been stopped");
        live.context.await_termination().unwrap();
    });
}

#[test]
fn settings_are_checked_before_anything_runs() {
    for (key, value) in [
        (keys::MASTER, "locl[2]"),
        (keys::MASTER, "local[0]"),
        (keys::BATCH_INTERVAL, "soon"),
        (keys::BATCH_INTERVAL, "0"),
        (keys::DEFAULT_PARALLELISM, "0"),
        (keys::PRINT_FORMAT, "prose"),
        (keys::MAX_BYTES_IN_FLIGHT, "much"),
    ] {
        let mut conf = Conf::new();
        conf.set(key, value);
        let error = StreamingContext::new(&conf, Duration::seconds(1))
            .err()
            .unwrap();
        assert_eq!(error.kind(), ErrorKind::Config, "{key}={value}: {error}");
    }
    let error = StreamingContext::new(&Conf::new(), Duration::seconds(0))
        .err()
        .unwrap();
    assert_eq!(error.kind(), ErrorKind::Config, "{error}");
}
