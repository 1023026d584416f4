//! A run looks afterwards as it looked while it ran, whatever became of it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use millrace_types::{Duration, StreamingEvent};
use millrace_ui::{History, RunInfo, Ui};
use tempfile::TempDir;

use crate::client::{get, json};
use crate::play::{FIRST, conf, page, receiver, run, tell};

fn settings(directory: &TempDir, bytes: &str) -> millrace_types::Conf {
    conf(&[
        ("spark.eventLog.enabled", "true"),
        ("spark.eventLog.dir", directory.path().to_str().unwrap()),
        ("spark.eventLog.rolling.maxFileSize", bytes),
        ("millrace.eventLog.maxFiles", "3"),
    ])
}

fn files(log: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(log)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

#[test]
fn programs_that_start_in_the_same_millisecond_have_logs_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory, "128m");
    let info = RunInfo::new("one of three", "local[2]", Duration::seconds(1));
    let started: Vec<_> = (0..3)
        .map(|_| Ui::start(&settings, info.clone()).unwrap())
        .collect();
    let id = |ui: &Ui| {
        let address = ui.address().unwrap().unwrap();
        let id = json(&address, "/api/v1/applications")[0]["id"].clone();
        id.as_str().unwrap().to_owned()
    };
    let mut ids: Vec<String> = started.iter().map(id).collect();
    let mut logs = files(directory.path());
    logs.iter_mut()
        .for_each(|log| *log = log.file_name().unwrap().into());
    ids.sort();
    assert_eq!(ids.iter().map(PathBuf::from).collect::<Vec<_>>(), logs);
    assert_eq!(ids[0], info.id);
    assert_eq!(logs.len(), 3);
}

#[test]
fn the_page_of_a_log_is_the_page_that_was_live() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory, "128m");
    let (_ui, live, mut listener, info) = page(&settings);
    tell(
        &mut listener,
        &[
            StreamingEvent::StreamingStarted { time: FIRST - 1000 },
            StreamingEvent::ReceiverStarted(receiver("")),
            StreamingEvent::ReceiverError(receiver("refused")),
        ],
    );
    let history = History::open(directory.path(), &settings).unwrap();
    let server = history.serve(&settings).unwrap();
    let paths = [
        "overview",
        "statistics",
        "receivers",
        "batches",
        "checkpoints",
    ];
    for number in 0..40 {
        let failure = (number % 7 == 3).then_some("broke");
        tell(
            &mut listener,
            &run(number, number as u64 * 10, (number, 100 - number), failure),
        );
        if number % 13 == 0 {
            server.refresh();
            let of = format!("/api/v1/applications/{}/streaming", info.id);
            for path in paths {
                let path = format!("{of}/{path}");
                assert_eq!(json(&server.address(), &path), json(&live, &path), "{path}");
            }
        }
    }
    let page = get(
        &server.address(),
        &format!("/history/{}/streaming/", info.id),
    );
    assert_eq!(page.status, 200);
    assert_eq!(
        get(&server.address(), "/history/nobody/streaming/").status,
        404
    );
    drop(listener);
    server.refresh();
    let runs = json(&server.address(), "/api/v1/applications?status=completed");
    assert_eq!(runs.as_array().unwrap().len(), 1);
    assert!(history.summaries(Some(&info.id))[0].contains("batches           40"));
}

#[test]
fn a_long_log_is_bounded_and_its_counts_are_whole() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory, "4k");
    let (_ui, live, mut listener, info) = page(&settings);
    let started = StreamingEvent::ReceiverStarted(receiver(""));
    let failed = StreamingEvent::ReceiverError(receiver("refused"));
    tell(&mut listener, &[started.clone(), failed, started]);
    listener.on_events_dropped(7);
    listener.on_events_dropped(12);
    for number in 0..100 {
        let failure = (number == 3).then_some("broke");
        tell(&mut listener, &run(number, 3, (1, 1), failure));
    }
    let log = directory.path().join(&info.id);
    let files = files(&log);
    assert_eq!(files.len(), 3);
    let bytes: u64 = files
        .iter()
        .map(|file| file.metadata().unwrap().len())
        .sum();
    assert!(bytes < 3 * 6 * 1024, "{bytes}");
    let history = History::open(directory.path(), &settings).unwrap();
    let server = history.serve(&settings).unwrap();
    let of = format!("/api/v1/applications/{}/streaming/statistics", info.id);
    let count = |address: &str, name: &str| json(address, &of)[name].clone();
    for name in [
        "numTotalCompletedBatches",
        "numProcessedRecords",
        "numReceivedRecords",
    ] {
        assert_eq!(count(&server.address(), name), count(&live, name), "{name}");
    }
    // How receivers stand and what outputs have done is no less than that.
    let of = format!("/api/v1/applications/{}/streaming/overview", info.id);
    let (ours, theirs) = (json(&server.address(), &of), json(&live, &of));
    for name in ["totals", "streams", "outputs"] {
        assert_eq!(ours[name], theirs[name], "{name}");
    }
    assert_eq!(ours["totals"]["droppedEvents"], 12);
    assert_eq!(ours["streams"][0]["restarts"], 1);
    assert_eq!(ours["outputs"][1]["failed"], 1);
    let metrics = get(&live, "/metrics/prometheus").body;
    let dropped = |line: &str| line.starts_with("millrace_dropped_events_total{");
    let dropped = metrics.lines().find(|line| dropped(line)).unwrap();
    assert!(dropped.ends_with("} 12"), "{dropped}");
    let summary = &history.summaries(Some(&info.id))[0];
    assert!(summary.contains("dropped events    12"), "{summary}");
}

#[test]
fn a_torn_last_line_and_foreign_files_are_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory, "128m");
    let (_ui, _, mut listener, info) = page(&settings);
    tell(&mut listener, &run(0, 5, (1, 1), None));
    let file = files(&directory.path().join(&info.id)).remove(0);
    let mut torn = OpenOptions::new().append(true).open(&file).unwrap();
    torn.write_all(b"{\"event\":\"events_dropped\",\"cou")
        .unwrap();
    fs::create_dir(directory.path().join("empty")).unwrap();
    fs::write(directory.path().join("notes.txt"), "not a log").unwrap();
    fs::create_dir(directory.path().join("foreign")).unwrap();
    fs::write(
        directory.path().join("foreign/events-1.jsonl"),
        "what is this\n",
    )
    .unwrap();
    let history = History::open(directory.path(), &settings).unwrap();
    let summaries = history.summaries(None);
    assert_eq!(summaries.len(), 1);
    assert!(
        summaries[0].contains("records           5"),
        "{}",
        summaries[0]
    );
    // Where the program is still there, the rest of the line comes.
    let server = history.serve(&settings).unwrap();
    server.refresh();
    torn.write_all(b"nt\":9}\n").unwrap();
    server.refresh();
    let of = format!("/api/v1/applications/{}/streaming/overview", info.id);
    assert_eq!(json(&server.address(), &of)["totals"]["droppedEvents"], 9);
}

/// Nobody would ever read what goes on into a file that has no name any more.
#[test]
fn a_log_that_is_removed_is_not_written_on() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory, "4k");
    let (_ui, _, mut listener, info) = page(&settings);
    tell(&mut listener, &run(0, 5, (1, 1), None));
    let log = directory.path().join(&info.id);
    fs::remove_dir_all(&log).unwrap();
    fs::create_dir(&log).unwrap();
    for number in 1..50 {
        tell(&mut listener, &run(number, 5, (1, 1), None));
    }
    assert!(files(&log).is_empty(), "a part of a run is no log of it");
}

#[test]
fn a_log_that_cannot_be_begun_is_an_error_that_says_where() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let conf = conf(&[
        ("spark.eventLog.enabled", "true"),
        ("spark.eventLog.dir", file.to_str().unwrap()),
    ]);
    let info = millrace_ui::RunInfo::new("n", "local", millrace_types::Duration::seconds(1));
    let error = millrace_ui::Ui::start(&conf, info).unwrap_err().to_string();
    assert!(
        error.contains(file.to_str().unwrap()) && error.contains("spark.eventLog.dir"),
        "{error}"
    );
}
