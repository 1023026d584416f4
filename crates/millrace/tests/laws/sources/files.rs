//! The files that a stream of a directory takes, and the batch that each of them is in.

use std::path::Path;
use std::thread;
use std::time::Duration as StdDuration;

use millrace::keys;
use millrace::source::FileOptions;
use proptest::prelude::*;

use super::super::support::{cases, failure, watched};
use super::directory::{Watched, lines, touch, write};
use super::{ending, records, setup, to_the_end};

proptest! {
    #![proptest_config(cases(24))]

    /// Every file is in the batch of its time, each a partition, in the order of their times.
    #[test]
    fn files_are_read_once_and_in_order(
        files in prop::collection::btree_map("[a-z]{1,4}", (1_u64..3500, "([a-c]{0,3}\n?){0,6}"), 0..6),
        workers in 1_usize..4,
    ) {
        let directory = Watched::new();
        for (name, (millis, contents)) in &files {
            directory.write(name, *millis, contents);
        }
        let mut order: Vec<_> = files.iter().collect();
        order.sort_by_key(|&(name, &(millis, _))| (millis, name));
        let expected: Vec<(usize, Vec<String>)> = (0..4)
            .map(|batch| {
                let own = order.iter().filter(|(_, (millis, contents))| {
                    millis.div_ceil(1000) == batch + 1 && !contents.is_empty()
                });
                let own: Vec<_> = own.collect();
                let lines = own.iter().flat_map(|(_, (_, contents))| contents.lines());
                (own.len(), lines.map(str::to_owned).collect())
            })
            .collect();
        let seen = lines(&setup(workers, 1), 4, |ssc| ssc.text_file_stream(directory.path()));
        prop_assert_eq!(seen, expected);
    }
}

#[test]
fn files_that_spark_chokes_on_are_passed_over() {
    let directory = Watched::new();
    directory.write("good", 500, "\u{feff}good\r\nlines\n");
    directory.write("empty", 500, "");
    for name in ["_temporary", ".hidden"] {
        directory.write(name, 500, "not this\n");
    }
    let seen = lines(&setup(2, 1), 1, |ssc| {
        ssc.text_file_stream(directory.path())
    });
    assert_eq!(seen, [(1, vec!["good".to_owned(), "lines".to_owned()])]);
}

#[test]
fn a_new_directory_counts_as_its_files_and_what_is_deeper_does_not() {
    let directory = Watched::new();
    directory.write("sub/b", 900, "b\n");
    directory.write("sub/a", 900, "a\n");
    directory.write("sub/old", 0, "old\n");
    directory.write("sub/deep/x", 900, "x\n");
    directory.write("sub/_x", 900, "x\n");
    touch(&directory.0.path().join("sub"), 600);
    directory.write("first", 500, "first\n");
    let seen = lines(&setup(2, 1), 2, |ssc| {
        ssc.text_file_stream(directory.path())
    });
    let all = ["first", "old", "a", "b"].map(str::to_owned).to_vec();
    assert_eq!(seen, [(4, all), (0, vec![])]);
}

#[test]
fn a_pattern_names_directories_and_a_missing_one_is_waited_for() {
    let top = Watched::new();
    let later = top.0.path().to_owned();
    let pattern = format!("file://{}/day-[0-9]", top.path());
    let seen = lines(&setup(1, 1), 3, |ssc| {
        let stream = ssc.text_file_stream(&pattern);
        stream.foreach_rdd_with_time(move |_, time| {
            if time.as_millis() == 1000 {
                write(&later, "day-2/f", 1500, "two\n");
                write(&later, "day-1/f", 1500, "one\n");
                write(&later, "day-x/f", 1500, "x\n");
            }
        });
        stream
    });
    let both = vec!["one".to_owned(), "two".to_owned()];
    assert_eq!(seen, [(0, vec![]), (2, both), (0, vec![])]);
}

#[test]
fn a_filter_and_old_files_are_a_matter_of_options() {
    let directory = Watched::new();
    directory.write("a.log", 700, "log\n");
    directory.write("a.txt", 700, "text\n");
    let is_log = |path: &Path| path.extension().is_some_and(|ending| ending == "log");
    let seen = lines(&setup(1, 1), 1, |ssc| {
        ssc.file_stream(directory.path(), FileOptions::new().filter(is_log))
    });
    assert_eq!(seen, [(1, vec!["log".to_owned()])]);
    // On the wall clock: what was there before the stream is read only if it is asked for.
    for (new_files_only, expected) in [(true, None), (false, Some("now".to_owned()))] {
        let seen = watched(move || {
            let directory = tempfile::tempdir().unwrap();
            std::fs::write(directory.path().join("f"), "now\n").unwrap();
            // The clock counts milliseconds: none but later files are new.
            let written = std::time::Instant::now();
            while written.elapsed() < StdDuration::from_millis(2) {
                thread::yield_now();
            }
            let ssc = ending(&[(keys::MAX_BATCHES, "3")]);
            let options = FileOptions::new().new_files_only(new_files_only);
            let stream = ssc.file_stream(directory.path().to_str().unwrap(), options);
            let seen = records(&stream.map(|line| line.to_string()));
            to_the_end(ssc).unwrap();
            seen.iter().next()
        });
        assert_eq!(seen, expected);
    }
}

#[test]
fn files_of_sub_directories_are_taken_if_that_is_asked_for() {
    let directory = Watched::new();
    directory.write("one.log", 500, "one\n");
    directory.write("sub/two.log", 600, "two\n");
    directory.write("sub/deep/three.log", 1500, "three\n");
    directory.write("sub/four", 700, "four\n");
    let is_log = |path: &Path| path.extension().is_some_and(|ending| ending == "log");
    let seen = lines(&setup(1, 1), 2, |ssc| {
        let options = FileOptions::new().filter(is_log).recursive(true);
        ssc.file_stream(directory.path(), options)
    });
    let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(seen, [(2, of(&["one", "two"])), (1, of(&["three"]))]);
    let path = directory.path();
    millrace::testing::run_context(0, |ssc| {
        let error = ssc.text_file(path).unwrap_err().to_string();
        assert!(error.contains("sub"), "a directory is no file: {error}");
        let all = ssc
            .text_file_with(path, FileOptions::new().recursive(true))
            .unwrap();
        assert_eq!(all.collect(), ["one", "three", "four", "two"]);
        let logs = FileOptions::new().recursive(true).filter(is_log);
        assert_eq!(ssc.text_file_with(path, logs).unwrap().count(), 3);
    });
}

#[test]
fn a_directory_that_cannot_be_meant_is_an_error_of_the_start() {
    for directory in ["hdfs://host/in", "/a/[b", ""] {
        let ssc = ending(&[]);
        let _seen = records(&ssc.text_file_stream(directory));
        let message = failure(ssc.start()).to_string();
        assert!(message.contains("sources/files.rs"), "{message}");
    }
    let ssc = ending(&[]);
    let _seen = records(&ssc.binary_records_stream("/tmp", 0));
    failure(ssc.start());
}
