//! The outputs of a batch on disk: names, files and bytes as Spark has them, whole or not at
//! all.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use millrace::testing::{Setup, parallelize, run_context, run_outputs};
use millrace::{ErrorKind, Rdd, SaveRdd};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::model;
use super::support::{block_bytes, cases, failure, messages, run_to_the_end, setups};

/// A directory of a test's own, gone with it.
struct Directory(PathBuf);

impl Directory {
    fn new() -> Directory {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("millrace-outputs-{}-{number}", process::id()));
        fs::create_dir(&path).unwrap();
        Directory(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// Every file below it by name, with what is in it; a directory has nothing in it and a
    /// slash behind its name.
    fn files(&self) -> BTreeMap<String, String> {
        fn walk(at: &Path, name: &str, files: &mut BTreeMap<String, String>) {
            for entry in fs::read_dir(at).unwrap() {
                let path = entry.unwrap().path();
                let name = format!("{name}{}", path.file_name().unwrap().to_str().unwrap());
                if path.is_dir() {
                    files.insert(format!("{name}/"), String::new());
                    walk(&path, &format!("{name}/"), files);
                } else {
                    files.insert(name, fs::read_to_string(path).unwrap());
                }
            }
        }
        let mut files = BTreeMap::new();
        walk(&self.0, "", &mut files);
        files
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// The files of a saved directory: one per partition, and the mark that it is complete.
fn saved(files: &mut BTreeMap<String, String>, directory: &str, parts: &[Vec<String>]) {
    files.insert(format!("{directory}/"), String::new());
    files.insert(format!("{directory}/_SUCCESS"), String::new());
    for (number, part) in parts.iter().enumerate() {
        let lines = part.iter().map(|line| format!("{line}\n")).collect();
        files.insert(format!("{directory}/part-{number:05}"), lines);
    }
}

fn lengths(lines: &[String], partitions: usize) -> Vec<(i64, i64)> {
    model::count_by_value(
        lines.iter().map(|line| line.len() as i64).collect(),
        partitions,
    )
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn every_batch_is_a_directory_of_parts(
        messages in messages(), partitions in 1_usize..4, block_bytes in block_bytes(),
    ) {
        let mut expected = BTreeMap::new();
        for (number, lines) in (1..).zip(model::lines(&messages)) {
            let time = number * 1000;
            // What was received is one partition, or none if nothing was.
            let received = !messages[number - 1].is_empty() && !lines.is_empty();
            let part = if received { vec![lines.clone()] } else { Vec::new() };
            saved(&mut expected, &format!("lines-{time}"), &part);
            let mut parts = vec![Vec::new(); partitions];
            for (length, count) in lengths(&lines, partitions) {
                let part = model::partition(&length, partitions);
                parts[part].push(format!("({length}, {count})"));
            }
            saved(&mut expected, &format!("deep-{time}.txt"), &parts);
        }
        for setup in setups(partitions, block_bytes) {
            let directory = Directory::new();
            setup.run(&messages, |lines| {
                let lines = lines.map(|line| line.to_string());
                lines.save_as_text_files(&directory.path("lines"), "");
                let counts = lines.map(|line| line.len() as i64).count_by_value();
                counts.save_as_text_files(&directory.path("deep"), "txt");
            });
            let files = directory.files();
            prop_assert_eq!(&files, &expected, "{:?}", setup);
        }
    }

    #[test]
    fn every_batch_is_a_file_of_json_lines(
        messages in messages(), partitions in 1_usize..4, block_bytes in block_bytes(),
    ) {
        let mut expected = BTreeMap::new();
        for (number, lines) in (1..).zip(model::lines(&messages)) {
            let lines = lengths(&lines, partitions).into_iter();
            let lines = lines.map(|(length, count)| format!("[{length},{count}]\n")).collect();
            expected.insert(format!("counts-{}000.jsonl", number), lines);
        }
        for setup in setups(partitions, block_bytes) {
            let directory = Directory::new();
            setup.run(&messages, |lines| {
                let counts = lines.map(|line| line.len() as i64).count_by_value();
                counts.save_as_json_files(&directory.path("counts"), "jsonl");
            });
            prop_assert_eq!(&directory.files(), &expected, "{:?}", setup);
        }
    }

    #[test]
    fn lines_of_files(
        files in prop::collection::vec("[ab \u{e9}]{0,3}(\n|\r|\r\n|[ab]){0,20}", 0..4),
        partitions in 1_usize..4,
    ) {
        let directory = Directory::new();
        fs::create_dir(directory.path("in")).unwrap();
        for (number, text) in files.iter().enumerate() {
            fs::write(directory.path(&format!("in/{number}.txt")), text).unwrap();
        }
        fs::write(directory.path("in/.hidden"), "hidden\n").unwrap();
        fs::write(directory.path("in/_SUCCESS"), "hidden\n").unwrap();
        let mut lines = Vec::new();
        for text in &files {
            let ended = format!("{text}\n").into_bytes();
            let mut of_file = model::lines(&[ended]).remove(0);
            // The end that was added ended a line only if one was unfinished.
            let ended = text.is_empty() || text.ends_with('\n');
            if ended {
                of_file.pop();
            }
            lines.extend(of_file);
        }
        let setup = Setup { partitions, ..Setup::default() };
        setup.run_context(0, |ssc| {
            let read = ssc.text_file(&directory.path("in")).unwrap();
            let read_lines: Vec<String> = read.collect().iter().map(ToString::to_string).collect();
            assert_eq!(read_lines, lines);
            let again = ssc.text_file(&format!("file://{}", directory.path("in"))).unwrap();
            assert_eq!(again.count(), lines.len() as u64);
        });
    }
}

#[test]
fn a_file_is_cut_as_hadoop_cuts_it() {
    let directory = Directory::new();
    fs::write(directory.path("in"), "aaa\nbbb\nccc").unwrap();
    let glommed = |partitions: usize| {
        let mut glommed = Vec::new();
        let setup = Setup {
            partitions,
            ..Setup::default()
        };
        setup.run_context(0, |ssc| {
            let lines = ssc.text_file(&directory.path("in")).unwrap();
            glommed = lines.map(|line| line.to_string()).glom().collect();
        });
        glommed
    };
    assert_eq!(glommed(1), [vec!["aaa", "bbb", "ccc"]]);
    assert_eq!(glommed(2), [vec!["aaa", "bbb"], vec!["ccc"], vec![]]);
    assert_eq!(glommed(8), glommed(2));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    run_context(0, |ssc| {
        let error = ssc.text_file("/nowhere/at/all").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
        assert_eq!(
            ssc.text_file("hdfs://host/in").unwrap_err().kind(),
            ErrorKind::Illegal
        );
    });
}

#[test]
fn records_are_written_as_python_and_json_would() {
    #[derive(Clone, Serialize, Deserialize)]
    struct Reading {
        place: String,
        degrees: Option<f64>,
    }
    let reading = |place: &str, degrees| Reading {
        place: place.to_owned(),
        degrees,
    };
    let directory = Directory::new();
    let readings = parallelize(vec![reading("it's", Some(1.0)), reading("\u{e9}", None)], 1);
    readings
        .save_as_json_file(&directory.path("readings.jsonl"))
        .unwrap();
    readings
        .save_as_text_file(&directory.path("readings"))
        .unwrap();
    let files = directory.files();
    assert_eq!(
        files["readings.jsonl"],
        "{\"place\":\"it's\",\"degrees\":1.0}\n{\"place\":\"\u{e9}\",\"degrees\":null}\n"
    );
    assert_eq!(
        files["readings/part-00000"],
        "Reading(place=\"it's\", degrees=1.0)\nReading(place='\u{e9}', degrees=None)\n"
    );
}

#[test]
fn a_save_that_runs_again_replaces_and_leaves_nothing_behind() {
    let directory = Directory::new();
    let path = directory.path("out");
    parallelize(vec![1, 2, 3, 4], 4)
        .save_as_text_file(&path)
        .unwrap();
    // What Spark and a crash may have left.
    fs::write(directory.path("out/.part-00000.crc"), "crc").unwrap();
    fs::create_dir(directory.path(".out.unfinished")).unwrap();
    fs::write(directory.path(".out.unfinished/part-00000"), "half").unwrap();
    fs::create_dir(directory.path(".out.replaced")).unwrap();
    parallelize(vec![5], 1).save_as_text_file(&path).unwrap();
    let mut expected = BTreeMap::new();
    saved(&mut expected, "out", &[vec!["5".to_owned()]]);
    assert_eq!(directory.files(), expected);
    parallelize(Vec::<u8>::new(), 1)
        .save_as_json_file(&directory.path("out.jsonl"))
        .unwrap();
    parallelize(vec![6], 1)
        .save_as_json_file(&directory.path("out.jsonl"))
        .unwrap();
    expected.insert("out.jsonl".to_owned(), "6\n".to_owned());
    assert_eq!(directory.files(), expected);
}

#[test]
fn what_is_no_output_is_not_replaced() {
    let directory = Directory::new();
    fs::create_dir(directory.path("home")).unwrap();
    fs::write(directory.path("home/thesis.txt"), "all my work").unwrap();
    fs::write(directory.path("file"), "a file").unwrap();
    let before = directory.files();
    for (path, names) in [
        ("home", "thesis.txt"),
        ("file", "file"),
        ("file/below", "file"),
    ] {
        let path = directory.path(path);
        let error = parallelize(vec![1], 1)
            .save_as_text_file(&path)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(error.to_string().contains(names), "{error}");
    }
    assert_eq!(directory.files(), before);
}

#[test]
fn a_save_that_fails_leaves_what_was_there() {
    type Save = fn(&Rdd<i32>, &str);
    let saves: [Save; 2] = [
        |rdd, path| rdd.save_as_text_file(path).unwrap(),
        |rdd, path| rdd.save_as_json_file(path).unwrap(),
    ];
    for save in saves {
        let directory = Directory::new();
        let path = directory.path("out");
        save(&parallelize(vec![1], 1), &path);
        let before = directory.files();
        let text = path.clone();
        let error = failure(run_to_the_end("a\n", move |ssc, lines| {
            let broken = ssc.parallelize_in(vec![1, 0], 2).map(|n| 1 / n);
            lines.foreach_rdd(move |_| save(&broken, &text));
        }));
        assert!(error.to_string().contains("divide by zero"), "{error}");
        assert_eq!(directory.files(), before);
    }
    // A record that JSON has not: a map whose keys are no strings.
    let directory = Directory::new();
    let map = BTreeMap::from([(vec![1], 2)]);
    let error = parallelize(vec![map], 1)
        .save_as_json_file(&directory.path("out"))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Task);
    assert!(directory.files().is_empty());
}

#[test]
fn a_batch_that_cannot_be_written_fails_and_names_the_path() {
    for json in [false, true] {
        let directory = Directory::new();
        let prefix = directory.path("below/counts");
        let file = directory.path("below");
        let error = failure(run_to_the_end("a\n", move |_, lines| {
            match json {
                false => lines.save_as_text_files(&prefix, ""),
                true => lines.save_as_json_files(&prefix, ""),
            }
            // Its directory could be made when the program was described.
            fs::write(&file, "").unwrap();
        }));
        assert_eq!(error.kind(), ErrorKind::Io);
        let text = error.to_string();
        assert!(
            text.starts_with("batch ") && text.contains("below"),
            "{text}"
        );
        assert!(
            text.contains("save_as_") && text.contains("outputs.rs:"),
            "{text}"
        );
    }
}

#[test]
fn an_output_that_cannot_be_written_is_found_before_anything_runs() {
    let directory = Directory::new();
    fs::write(directory.path("file"), "").unwrap();
    let prefix = directory.path("file/below/counts");
    let ran = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&ran);
    let error = failure(run_to_the_end("a\n", move |_, lines| {
        lines.foreach_rdd(move |_| seen.store(true, Ordering::SeqCst));
        lines.save_as_text_files(&prefix, "");
    }));
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("file/below/counts"), "{error}");
    assert!(!ran.load(Ordering::SeqCst));
}

#[test]
fn other_file_systems_are_refused_before_anything_runs() {
    let error = failure(run_to_the_end("a\n", |_, lines| {
        lines.save_as_text_files("hdfs://host/counts", "");
    }));
    assert_eq!(error.kind(), ErrorKind::Illegal);
    assert!(error.to_string().contains("hdfs://host/counts"), "{error}");
}

#[test]
fn an_idle_batch_is_complete_and_has_no_part() {
    let directory = Directory::new();
    run_outputs(&[""], |lines| {
        lines.save_as_text_files(&directory.path("idle"), "txt")
    });
    let mut expected = BTreeMap::new();
    saved(&mut expected, "idle-1000.txt", &[]);
    assert_eq!(directory.files(), expected);
}
