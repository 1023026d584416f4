//! Calls that are there for front ends in other languages: outputs that say why they failed, notes
//! that are durable with their batch, and records that the front end itself has skipped.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use millrace::dstream::{OutputReport, append_line, called_at};
use millrace::events::BatchInfo;
use millrace::{Conf, Duration, ErrorKind, StreamingContext, StreamingListener, Values, keys};
use millrace_types::KeptRecord;

/// A process may start one context at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn context(batches: &str, settings: &[(&str, &str)]) -> StreamingContext {
    let mut conf = Conf::new();
    conf.set(keys::MASTER, "local[2]");
    conf.set(keys::MAX_BATCHES, batches);
    for (key, value) in settings {
        conf.set(*key, *value);
    }
    StreamingContext::new(&conf, Duration::milliseconds(10)).unwrap()
}

/// Sends on the name of each output that has run, and why it failed.
struct Told(Sender<(String, Option<String>)>);

impl StreamingListener for Told {
    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        for output in batch.output_operation_infos.values() {
            let told = (output.name.clone(), output.failure_reason.clone());
            self.0.send(told).unwrap();
        }
    }
}

#[test]
fn an_output_says_why_it_failed_and_the_run_goes_on() {
    let _alone = alone();
    let (sender, told) = channel();
    let ssc = context("2", &[]);
    ssc.add_streaming_listener(Told(sender));
    let numbers = ssc.queue_stream(vec![vec![1], vec![2]]);
    numbers.foreach_rdd_and_report("odd at line 3", |rdd, _| {
        let number = rdd.collect()[0];
        let failure = (number % 2 == 0).then(|| format!("{number} is even"));
        let printed = Some(vec![format!("{number}\nis"), "a number".to_owned()]);
        OutputReport {
            printed: printed.filter(|_| failure.is_none()),
            failure,
        }
    });
    ssc.start().unwrap();
    ssc.await_termination().unwrap();
    // The batch that has failed printed nothing; what the one before it has printed is still there.
    let shown = ssc.probe().last_records().remove(0);
    assert_eq!(shown.batch_time.as_millis() % 10, 0);
    assert_eq!(shown.lines, ["1", "is", "a number"]);
    drop(ssc);
    let name = || "odd at line 3".to_owned();
    let expected = [(name(), None), (name(), Some("2 is even".to_owned()))];
    assert_eq!(told.iter().collect::<Vec<_>>(), expected);
}

/// The notes behind a run over 1 and 2: the sum of all runs, and the last number of this one.
fn noted(directory: &Path, recover: &str) -> Vec<(String, i32)> {
    let ssc = context("2", &[(keys::CHECKPOINT_RECOVER, recover)]);
    ssc.checkpoint(directory.to_str().unwrap()).unwrap();
    let numbers = ssc.queue_stream(vec![vec![1], vec![2]]);
    let (numbers, notes) = numbers.noting::<String, i32>();
    let own = notes.clone();
    numbers.foreach_rdd(move |rdd| {
        let number = rdd.collect()[0];
        let before = own.all().unwrap();
        let sum = before.iter().find(|(key, _)| key == "sum");
        let sum = sum.map_or(0, |(_, sum)| *sum) + number;
        let odd = (number % 2 == 1).then_some(number);
        own.change(vec![("sum".to_owned(), Some(sum)), ("odd".to_owned(), odd)])
            .unwrap();
    });
    ssc.start().unwrap();
    ssc.await_termination().unwrap();
    notes.all().unwrap()
}

#[test]
fn notes_are_there_after_a_restart() {
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    let sum = |sum| [("sum".to_owned(), sum)];
    assert_eq!(noted(directory.path(), "false"), sum(3));
    assert_eq!(noted(directory.path(), "true"), sum(6));
}

/// The notes that a run goes on from: the number of batches that were committed before it. In
/// batch `lacking` of its three, which counts from one, its notes lack what they should have.
fn committed(directory: &Path, recover: &str, lacking: usize) -> u64 {
    let ssc = context("3", &[(keys::CHECKPOINT_RECOVER, recover)]);
    ssc.checkpoint(directory.to_str().unwrap()).unwrap();
    let numbers = ssc.queue_stream(vec![vec![1], vec![2], vec![3]]);
    let (numbers, notes) = numbers.noting::<(), u64>();
    let own = notes.clone();
    numbers.foreach_rdd(move |rdd| {
        if rdd.collect() == [lacking] {
            own.lack();
        }
        let before = own
            .all()
            .unwrap()
            .first()
            .map_or(0, |(_, batches)| *batches);
        own.change(vec![((), Some(before + 1))]).unwrap();
    });
    ssc.start().unwrap();
    let before = notes
        .all()
        .unwrap()
        .first()
        .map_or(0, |(_, batches)| *batches);
    ssc.await_termination().unwrap();
    before
}

#[test]
fn no_batch_is_committed_from_the_one_on_that_notes_lack() {
    let _alone = alone();
    for lacking in 1..=4 {
        let directory = tempfile::tempdir().unwrap();
        committed(directory.path(), "false", lacking);
        let before = committed(directory.path(), "true", 0);
        assert_eq!(before, lacking as u64 - 1, "batch {lacking}");
    }
}

#[test]
fn a_stream_that_has_failed_is_told_and_the_run_goes_on() {
    let _alone = alone();
    let (sender, told) = channel();
    let ssc = context("3", &[]);
    let numbers = ssc.queue_stream(vec![vec![1], vec![2], vec![3]]);
    let odd = numbers.map(|number: i32| {
        assert!(number % 2 == 1, "{number} is even");
        ((), number)
    });
    let sums = odd.reduce_by_key(|a, b| a + b).map(|((), sum)| sum);
    let tried = ssc.transform_tried(&[numbers.erased(), sums.erased()], |tried, _| {
        let told = |tried: millrace::Result<millrace::Rdd<i32>>| match tried {
            Ok(rdd) => format!("{:?}", rdd.collect()),
            Err(error) => error.to_string().split(": ").last().unwrap().to_owned(),
        };
        vec![tried.into_iter().map(told).collect::<Vec<_>>()]
    });
    tried.foreach_rdd(move |rdd| sender.send(rdd.collect().remove(0)).unwrap());
    ssc.start().unwrap();
    ssc.await_termination().unwrap();
    drop(ssc);
    let expected = [["[1]", "[1]"], ["[2]", "2 is even"], ["[3]", "[3]"]];
    assert_eq!(told.iter().collect::<Vec<_>>(), expected);
}

#[test]
fn a_file_that_cannot_be_appended_to_is_blamed_and_not_the_program() {
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().to_owned();
    let ssc = context("1", &[]);
    let lines = ssc.queue_stream(vec![vec!["a line".to_owned()]]);
    lines.foreach_rdd(move |rdd| append_line(&file, &rdd.collect()[0]));
    ssc.start().unwrap();
    let error = ssc.await_termination().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    let named = format!("cannot append to {}: ", directory.path().display());
    assert!(error.to_string().contains(&named), "{error}");
}

/// The stores of a run that counts a word in a state of the engine's and in notes: how each is
/// called and how many keys it has, and what the notes have for the word.
fn watched(directory: &Path, recover: &str) -> (Vec<(String, String, u64)>, Option<KeptRecord>) {
    let ssc = context("1", &[(keys::CHECKPOINT_RECOVER, recover)]);
    ssc.checkpoint(directory.to_str().unwrap()).unwrap();
    let words = ssc.queue_stream(vec![vec!["to".to_owned()]]);
    let count =
        |new: &Values<i64>, old: Option<i64>| Some(old.unwrap_or(0) + new.iter().sum::<i64>());
    let pairs = words.map(|word| (word, 1_i64));
    called_at("program.py:3", || pairs.update_state_by_key(count)).print();
    let (words, notes) = words.noting::<(String, String), (u32, i64)>();
    notes
        .show("counts at program.py:4", "state", &"counts", 1)
        .unwrap();
    let own = notes.clone();
    words.foreach_rdd(move |_| {
        let key = ("counts".to_owned(), "to".to_owned());
        let before = own.all().unwrap().into_iter().find(|(own, _)| *own == key);
        let count = before.map_or(0, |(_, (_, count))| count) + 1;
        let other = (("others".to_owned(), "to".to_owned()), Some((0, 7)));
        own.change(vec![(key, Some((0, count))), other]).unwrap();
    });
    let probe = ssc.probe();
    ssc.start().unwrap();
    ssc.await_termination().unwrap();
    let stores = probe.figures().stores.into_iter();
    let stores = stores.map(|store| (store.operator, store.name, store.keys));
    (stores.collect(), probe.find(1, "to"))
}

#[test]
fn notes_are_shown_by_operator_and_operators_by_the_lines_of_the_program() {
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    let store = |operator: &str| (operator.to_owned(), "state".to_owned(), 1);
    let stores = [
        "update_state_by_key at program.py:3",
        "counts at program.py:4",
    ]
    .map(store);
    for (recover, value) in [("false", "1"), ("true", "2")] {
        let (key, value) = ("\"to\"".to_owned(), value.to_owned());
        let (found, record) = watched(directory.path(), recover);
        assert_eq!(
            (found.as_slice(), record),
            (&stores[..], Some(KeptRecord { key, value }))
        );
    }
}

#[test]
fn a_record_that_a_front_end_skips_counts_and_is_written_down_once() {
    let _alone = alone();
    let letters = tempfile::tempdir().unwrap();
    let settings = [
        (keys::ON_RECORD_ERROR, "skip"),
        (keys::DEAD_LETTER_DIR, letters.path().to_str().unwrap()),
    ];
    let ssc = Arc::new(context("1", &settings));
    let own = Arc::downgrade(&ssc);
    ssc.queue_stream(vec![vec![1]]).foreach_rdd(move |_| {
        let ssc = own.upgrade().unwrap();
        for _ in 0..2 {
            // The same record, read twice.
            ssc.skip_record((1, 0, 0), "map at line 3", "no number".to_owned(), &"a")
                .unwrap();
        }
    });
    ssc.start().unwrap();
    ssc.await_termination().unwrap();
    assert_eq!(ssc.input_counts().records_skipped, 1);
    let mut written = String::new();
    let mut rooms = vec![letters.path().to_owned()];
    while let Some(room) = rooms.pop() {
        for entry in fs::read_dir(room).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => rooms.push(path),
                // The lock of the directory is beside them.
                false if path.extension().is_none_or(|it| it != "jsonl") => {}
                false => written.push_str(&fs::read_to_string(path).unwrap()),
            }
        }
    }
    let letter: serde_json::Value = serde_json::from_str(written.trim_end()).unwrap();
    assert_eq!(letter["record"], "a");
    assert_eq!(letter["operator"], "map at line 3");
    assert_eq!(letter["message"], "no number");
}

#[test]
fn a_record_is_skipped_only_where_the_program_asks_for_it() {
    let ssc = context("1", &[]);
    let refused = ssc.skip_record((1, 0, 0), "map", "no number".to_owned(), &"a");
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Illegal);
}

#[test]
fn a_level_of_the_log_has_a_name_of_sparks() {
    let ssc = StreamingContext::new(&Conf::new(), Duration::seconds(1)).unwrap();
    for level in ["all", "Debug", "FATAL", "OFF"] {
        ssc.set_log_level(level).unwrap();
    }
    let refused = ssc.set_log_level("loud").unwrap_err().to_string();
    let expected = "requirement failed: Supplied level loud did not match one of: \
                    ALL,DEBUG,ERROR,FATAL,INFO,OFF,TRACE,WARN";
    assert_eq!(refused, expected);
}
