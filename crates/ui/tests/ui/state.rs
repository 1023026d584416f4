//! The state of a running program through the page's interface, and its figures afterwards.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use millrace_types::{
    BatchTime, Conf, KeptRecord, LastRecords, RunFigures, RunProbe, StateFound, StateSearch,
    StoreFigures, StreamId, StreamingEvent,
};
use millrace_ui::History;
use serde_json::json;

use crate::client::{get, json};
use crate::play::{FIRST, conf, page, run, tell};

/// A program that keeps one key, whose name is a hostile one.
struct Fake;

const HOSTILE: &str = "<script>alert(1)</script>";

fn record() -> KeptRecord {
    KeptRecord {
        key: format!("{HOSTILE:?}"),
        value: "[1,\"two\"]".to_owned(),
    }
}

impl RunProbe for Fake {
    fn streams(&self) -> Vec<(StreamId, String)> {
        vec![
            (StreamId(0), "socket text stream localhost:9999".to_owned()),
            (StreamId(1), "queue stream".to_owned()),
        ]
    }

    fn figures(&self) -> RunFigures {
        RunFigures {
            stores: vec![StoreFigures {
                operator: "update_state_by_key at words.rs:7".to_owned(),
                name: "state".to_owned(),
                keys: 1,
                bytes: 40,
            }],
            in_flight: 5,
            in_flight_limit: 100,
            waited: Duration::from_millis(7),
            lines_cut: 3,
            unfinished_dropped: 2,
            records_skipped: 1,
        }
    }

    fn last_records(&self) -> Vec<LastRecords> {
        vec![LastRecords {
            output: 0,
            batch_time: BatchTime::from_millis(FIRST),
            lines: vec![HOSTILE.to_owned()],
        }]
    }

    fn find(&self, store: usize, key: &str) -> Option<KeptRecord> {
        (store == 0 && key == HOSTILE).then(record)
    }

    fn search(&self, store: usize, search: &StateSearch) -> Option<StateFound> {
        assert!(search.prefix != "panic", "as a program's code may");
        let begins = HOSTILE.starts_with(&search.prefix);
        (store == 0).then(|| StateFound {
            records: begins.then(record).into_iter().collect(),
            looked_at: 1,
            complete: !search.top,
        })
    }
}

/// The events of a run of one batch, whose log goes to `directory`; gives its id.
fn played(directory: &Path, look: impl FnOnce(&str, &str)) -> String {
    let directory = directory.to_str().unwrap();
    let log = [
        ("spark.eventLog.enabled", "true"),
        ("spark.eventLog.dir", directory),
    ];
    let (ui, address, mut listener, info) = page(&conf(&log));
    ui.ask(Arc::new(Fake));
    tell(
        &mut listener,
        &[StreamingEvent::StreamingStarted { time: FIRST }],
    );
    tell(&mut listener, &run(0, 50, (3, 20), None));
    look(
        &address,
        &format!("/api/v1/applications/{}/streaming", info.id),
    );
    info.id
}

#[test]
fn a_running_program_shows_its_state() {
    let directory = tempfile::tempdir().unwrap();
    played(directory.path(), |address, of| {
        let stores = json(address, &format!("{of}/state"));
        assert_eq!(
            (stores[0]["keys"].clone(), stores[0]["bytes"].clone()),
            (json!(1), json!(40))
        );
        let expected = json!({ "key": HOSTILE, "value": [1, "two"] });
        let key = format!("{of}/state/0?key=%3Cscript%3Ealert(1)%3C/script%3E");
        assert_eq!(json(address, &key), expected);
        let prefix = json(address, &format!("{of}/state/0?prefix=%3Cs"));
        assert_eq!(
            prefix,
            json!({ "records": [expected], "keysLookedAt": 1, "complete": true })
        );
        let top = json(address, &format!("{of}/state/0?top=3&prefix=x"));
        assert_eq!(
            top,
            json!({ "records": [], "keysLookedAt": 1, "complete": false })
        );
        for (path, said) in [
            ("0?key=other", "unknown key: other"),
            ("1?key=other", "unknown store: 1"),
            ("1?top=1", "unknown store: 1"),
            ("x", "unknown store: x"),
            ("0?prefix=panic", "panicked"),
        ] {
            let answer = get(address, &format!("{of}/state/{path}"));
            assert_eq!(answer.status, 404, "{path}");
            assert!(answer.body.contains(said), "{path}: {}", answer.body);
        }
        let wrong = get(address, &format!("{of}/state/0?top=abc"));
        assert_eq!(wrong.status, 400);
        assert!(wrong.body.contains("'abc'"), "{}", wrong.body);
        // A panic has not taken the thread along.
        assert_eq!(json(address, &key), expected);
    });
}

#[test]
fn an_overview_has_what_is_kept_and_what_was_printed() {
    let directory = tempfile::tempdir().unwrap();
    played(directory.path(), |address, of| {
        let overview = json(address, &format!("{of}/overview"));
        assert_eq!(overview["answersAboutState"], json!(true));
        assert_eq!(overview["memory"]["receivedBytes"], json!(5));
        assert_eq!(overview["memory"]["waitedMillis"], json!(7));
        assert_eq!(
            overview["outputs"][0]["lastRecords"]["lines"],
            json!([HOSTILE])
        );
        assert_eq!(overview["outputs"][1]["lastRecords"], json!(null));
        let streams = json(address, &format!("{of}/receivers"));
        assert_eq!(streams[1]["streamName"], json!("Queue stream [1]"));
        assert_eq!(
            streams[0]["streamSource"],
            json!("socket text stream localhost:9999")
        );
        let metrics = get(address, "/metrics/prometheus").body;
        assert!(metrics.contains("millrace_store_keys{"), "{metrics}");
        assert!(
            metrics.contains("millrace_received_limit_bytes{"),
            "{metrics}"
        );
        for (counter, value) in [
            ("lines_cut", 3),
            ("unfinished_dropped", 2),
            ("records_skipped", 1),
        ] {
            let name = format!("millrace_{counter}_total{{");
            let line = metrics.lines().find(|line| line.starts_with(&name));
            let (_, shown) = line.and_then(|line| line.rsplit_once(' ')).unwrap();
            assert_eq!(shown, value.to_string(), "{counter}");
        }
        let gauges = json(address, "/metrics/json/");
        let completed = gauges["gauges"].as_object().unwrap().iter();
        let mut completed = completed.filter(|(name, _)| name.ends_with("totalCompletedBatches"));
        assert_eq!(completed.next().unwrap().1, &json!({ "value": 1 }));
        assert_eq!(get(address, "/metrics/json").status, 302);
    });
}

#[test]
fn figures_are_there_afterwards_and_keys_are_not() {
    let directory = tempfile::tempdir().unwrap();
    let id = played(directory.path(), |_, _| {});
    let history = History::open(directory.path(), &Conf::new()).unwrap();
    let server = history.serve(&conf(&[])).unwrap();
    let of = format!("/api/v1/applications/{id}/streaming");
    let stores = json(&server.address(), &format!("{of}/state"));
    assert_eq!(
        stores[0]["operator"],
        json!("update_state_by_key at words.rs:7")
    );
    let streams = json(&server.address(), &format!("{of}/receivers"));
    assert_eq!(streams[1]["streamName"], json!("Queue stream [1]"));
    let refused = get(&server.address(), &format!("{of}/state/0?top=1"));
    assert_eq!(refused.status, 404);
    assert!(
        refused.body.contains("only a running program"),
        "{}",
        refused.body
    );
}

#[test]
fn a_log_that_has_come_to_nothing_is_told_from_one_that_has_ended() {
    let directory = tempfile::tempdir().unwrap();
    let id = played(directory.path(), |_, _| {});
    let verdict = || {
        let history = History::open(directory.path(), &Conf::new()).unwrap();
        let server = history.serve(&conf(&[])).unwrap();
        let overview = format!("/api/v1/applications/{id}/streaming/overview");
        json(&server.address(), &overview)["verdict"].clone()
    };
    assert_eq!(verdict()["state"], json!("ended"));
    // As a program leaves it that was started on the day of its events, and killed.
    let log = directory.path().join(&id).join("events-1.jsonl");
    let lines = std::fs::read_to_string(&log).unwrap();
    let mut kept = String::new();
    for line in lines.lines() {
        let mut event: serde_json::Value = serde_json::from_str(line).unwrap();
        if event["event"] == "run" {
            event["start_time"] = json!(FIRST - 1000);
        }
        if event["event"] != "run_ended" {
            kept.push_str(&format!("{event}\n"));
        }
    }
    std::fs::write(&log, kept).unwrap();
    let lost = verdict();
    assert_eq!(lost["state"], json!("lost"));
    assert!(
        lost["text"].as_str().unwrap().contains("was killed"),
        "{lost}"
    );
}
