//! Misuse, and things that a program cannot know: it ends in an error that says whose fault it
//! is, and never in a panic of the engine.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::hash::Hash;
use std::os::unix::ffi::OsStrExt;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

use millrace::events::{BatchInfo, StatsReportListener};
use millrace::source::FileOptions;
use millrace::testing::{Setup, context};
use millrace::{
    BatchTime, Conf, Duration, Error, ErrorKind, PrintFormat, Receiver, ReceiverContext,
    StreamingContext, StreamingListener, keys,
};
use serde::{Deserialize, Serialize, Serializer};

/// A record that cannot be written down.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
struct Shy(u8);

impl Serialize for Shy {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("not to be shown"))
    }
}

/// The error with which a run of one batch ends.
fn ended(program: impl FnOnce(&StreamingContext)) -> Error {
    let (_, ended) = Setup::default().run_local(1, program);
    ended.unwrap_err()
}

fn conf(settings: &[(&str, &str)]) -> Conf {
    let mut conf = Conf::new();
    conf.set(keys::MASTER, "local[2]");
    for (key, value) in settings {
        conf.set(*key, *value);
    }
    conf
}

/// The batch at one second, as messages name it.
fn first_batch() -> String {
    let time = PrintFormat::PySpark.time_of(BatchTime::from_millis(1000));
    format!("batch {time}")
}

#[test]
fn a_record_that_cannot_be_shown_is_the_programs_fault() {
    let mut line = 0;
    let error = ended(|ssc| {
        let shy = ssc.queue_stream(vec![vec![1, 2]]).map(Shy);
        (line, ()) = (line!(), shy.print());
    });
    assert_eq!(error.kind(), ErrorKind::Task);
    let print = format!("print at {}:{line}", file!());
    assert_eq!(
        error.to_string(),
        format!("{}, {print}: not to be shown", first_batch())
    );
    assert_eq!(error.batch(), Some(BatchTime::from_millis(1000)));
    assert_eq!(error.operator(), Some(print.as_str()));
}

#[test]
fn a_key_that_cannot_be_hashed_is_the_programs_fault() {
    let setup = Setup {
        partitions: 2,
        ..Setup::default()
    };
    let mut line = 0;
    let (_, ended) = setup.run_local(1, |ssc| {
        let pairs = ssc.queue_stream(vec![vec![1, 2]]).map(|n| (Shy(n), 1));
        let reduced = pairs.reduce_by_key(|a, b| a + b);
        // Where a key belongs is asked when somebody reads it.
        (line, ()) = (line!(), reduced.foreach_rdd(|rdd| drop(rdd.collect())));
    });
    let error = ended.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Task);
    assert_eq!(
        error.to_string(),
        format!(
            "{}, foreach_rdd at {}:{line}: not to be shown",
            first_batch(),
            file!()
        )
    );
}

#[test]
fn json_that_has_no_form_for_a_record_fails_the_batch() {
    let conf = conf(&[(keys::PRINT_FORMAT, "json"), (keys::MAX_BATCHES, "1")]);
    let ssc = context(&conf, Duration::milliseconds(50)).unwrap();
    let keyed = |n: i64| BTreeMap::from([((n, n), n)]);
    ssc.queue_stream(vec![vec![1]]).map(keyed).print();
    ssc.start().unwrap();
    let error = ssc.await_termination().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Task);
    let text = error.to_string();
    assert!(
        text.contains(&format!("print at {}:", file!())) && text.ends_with("key must be a string"),
        "{text}"
    );
}

#[test]
fn no_partitions_at_all_are_reported_by_the_start_or_fail_the_batch() {
    type Asks = fn(&millrace::Rdd<(i32, i32)>) -> usize;
    let asks: [Asks; 6] = [
        |rdd| rdd.repartition(0).partitions(),
        |rdd| rdd.partition_by(0).partitions(),
        |rdd| rdd.reduce_by_key_with(|a, b| a + b, 0).partitions(),
        |rdd| rdd.group_by_key_with(0).partitions(),
        |rdd| rdd.join_with(rdd, 0).partitions(),
        |rdd| rdd.sort_by_with(|pair| *pair, true, 0).partitions(),
    ];
    for ask in asks {
        let ssc = context(&conf(&[]), Duration::milliseconds(50)).unwrap();
        ssc.queue_stream(vec![vec![1]]).print();
        let pairs = ssc.parallelize(vec![(1, 2), (3, 4)]);
        assert_eq!(ask(&pairs), 1, "it goes on with one");
        let error = ssc.start().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Illegal);
        let rule = "the number of partitions must be positive";
        assert!(error.to_string().ends_with(rule), "{error}");

        let error = ended(|ssc| {
            let pairs = ssc.queue_stream(vec![vec![1, 2]]).map(|n| (n, n));
            pairs.foreach_rdd(move |rdd| {
                ask(rdd);
            });
        });
        assert_eq!(error.kind(), ErrorKind::Task);
        let text = error.to_string();
        assert!(
            text.starts_with(&format!("{}, foreach_rdd at ", first_batch()))
                && text.ends_with(rule),
            "{text}"
        );
    }
}

#[test]
fn the_state_of_an_earlier_batch_is_refused_in_one_sentence() {
    let kept = Arc::new(Mutex::new(None));
    let error = ended_after(2, |ssc| {
        let pairs = ssc.queue_stream(vec![vec![1, 2], vec![3]]).map(|n| (n, n));
        let states = pairs.reduce_by_key_and_window(|a, b| a + b, Duration::seconds(2), None);
        states.foreach_rdd(move |rdd| {
            let earlier = kept.lock().unwrap().replace(rdd.clone());
            if let Some(earlier) = earlier {
                let _ = earlier.collect();
            }
        });
    });
    let text = error.to_string();
    assert!(
        text.ends_with(
            ": the program's code panicked: the window of a batch was read after a later batch \
             had changed it: collect what is to be kept while the batch runs"
        ),
        "{text}"
    );
}

fn ended_after(batches: usize, program: impl FnOnce(&StreamingContext)) -> Error {
    let (_, ended) = Setup::default().run_local(batches, program);
    ended.unwrap_err()
}

#[test]
fn a_file_whose_name_is_not_utf8_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let odd = directory.path().join(OsStr::from_bytes(b"caf\xe9.txt"));
    fs::write(&odd, "hello\n").unwrap();
    // The harness's clock begins in 1970.
    let modified = std::time::UNIX_EPOCH + std::time::Duration::from_millis(500);
    let file = fs::File::options().write(true).open(&odd).unwrap();
    file.set_modified(modified).unwrap();
    let path = directory.path().to_str().unwrap();
    let (printed, ended) = Setup::default().run_local(1, |ssc| {
        let all = FileOptions::new().new_files_only(false);
        ssc.file_stream(path, all).print();
    });
    ended.unwrap();
    assert!(printed.contains("\nhello\n"), "{printed}");
}

#[test]
fn a_checkpoint_interval_fits_the_slide() {
    let started = |interval: i64, directory: bool| {
        let ssc = context(&conf(&[]), Duration::milliseconds(50)).unwrap();
        let place = tempfile::tempdir().unwrap();
        if directory {
            ssc.checkpoint(place.path()).unwrap();
        }
        let numbers = ssc.queue_stream(vec![vec![1]]);
        let windows = numbers.window(
            Duration::milliseconds(100),
            Some(Duration::milliseconds(100)),
        );
        windows
            .checkpoint(Duration::milliseconds(interval))
            .print_num(0);
        let started = ssc.start();
        ssc.stop(false);
        started.map_err(|error| error.to_string())
    };
    for interval in [100, 300] {
        started(interval, true).unwrap();
    }
    for interval in [-100, 0, 50, 99] {
        let error = started(interval, true).unwrap_err();
        let rule = format!(
            "The checkpoint interval has been set to {interval} ms which is lower than its slide \
             time (100 ms). Please set it to at least 100 ms."
        );
        assert!(
            error.starts_with("checkpoint at ") && error.ends_with(&rule),
            "{error}"
        );
    }
    let error = started(250, true).unwrap_err();
    assert!(
        error.contains("which is not a multiple of its slide time"),
        "{error}"
    );
    let error = started(100, false).unwrap_err();
    assert!(
        error.starts_with("The checkpoint directory has not been set"),
        "{error}"
    );
}

#[test]
fn a_checkpoint_interval_is_not_changed_after_the_start() {
    let place = tempfile::tempdir().unwrap();
    let ssc = context(&conf(&[]), Duration::milliseconds(50)).unwrap();
    ssc.checkpoint(place.path()).unwrap();
    let numbers = ssc.queue_stream(vec![vec![1]]);
    numbers.print_num(0);
    ssc.start().unwrap();
    drop(numbers.checkpoint(Duration::milliseconds(50)));
    let error = ssc.await_termination().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("Cannot change checkpoint interval"),
        "{error}"
    );
}

/// Tells which batches have been completed.
struct Completed(Sender<i64>);

impl StreamingListener for Completed {
    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        // Nobody listens any more when the test is over.
        let _ = self.0.send(batch.batch_time.as_millis());
    }
}

#[test]
fn a_listener_that_was_removed_hears_nothing_more() {
    let ssc = context(&conf(&[]), Duration::milliseconds(20)).unwrap();
    let ((first, firsts), (second, seconds)) = (channel(), channel());
    let (never, nothing) = channel();
    let before = ssc.add_streaming_listener(Completed(never));
    ssc.remove_streaming_listener(&before);
    let first = ssc.add_streaming_listener(Completed(first));
    ssc.add_streaming_listener(Completed(second));
    ssc.add_streaming_listener(StatsReportListener::new(3));
    ssc.queue_stream(vec![vec![1]]).print_num(0);
    ssc.start().unwrap();
    let heard = firsts.recv().unwrap();
    ssc.remove_streaming_listener(&first);
    // It is let go with the next event, and the channel ends; the other one goes on.
    let last = firsts.iter().last().unwrap_or(heard);
    assert!(seconds.iter().any(|time| time > last));
    ssc.stop(false);
    assert_eq!(nothing.iter().count(), 0);
}

/// Is restarted twice, once with a delay of its own, and tells what it knows of itself.
struct Restarted {
    starts: u32,
    tell: Sender<(u32, u32, bool)>,
}

impl Receiver for Restarted {
    type Item = String;

    fn on_start(&mut self, context: ReceiverContext<String>) {
        self.starts += 1;
        let (start, tell) = (self.starts, self.tell.clone());
        context.spawn("work", move |context| {
            let is_started = context.is_started();
            match start {
                1 => context.restart_after("at once", std::time::Duration::ZERO),
                2 => context.restart("in a while"),
                _ => context.stop("that was all"),
            }
            assert!(context.is_stopped());
            tell.send((start, context.stream_id().0, is_started))
                .unwrap();
        });
    }
}

#[test]
fn a_receiver_restarts_itself_and_knows_its_stream() {
    let settings = [
        (keys::STOP_AT_EOF, "true"),
        (keys::RECEIVER_RESTART_DELAY, "10ms"),
    ];
    let ssc = context(&conf(&settings), Duration::milliseconds(20)).unwrap();
    let (tell, told) = channel();
    ssc.queue_stream(vec![vec![1]]).print_num(0);
    ssc.receiver_stream(Restarted { starts: 0, tell })
        .print_num(0);
    ssc.start().unwrap();
    ssc.await_termination().unwrap();
    drop(ssc);
    assert!(told.iter().eq([(1, 1, true), (2, 1, true), (3, 1, true)]));
}
