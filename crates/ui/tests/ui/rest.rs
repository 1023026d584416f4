//! The REST interface beside answers of Spark 3.5.9, and what every answer carries.

use std::collections::BTreeSet;

use millrace_types::StreamingEvent;
use serde_json::Value;

use crate::client::{get, json, send};
use crate::play::{FIRST, batch, conf, page, receiver, run, tell};

/// The names and kinds of an object's fields.
fn shape(object: &Value) -> BTreeSet<(String, &'static str)> {
    let kind = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "fraction",
        Value::Number(_) => "integer",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    let fields = object.as_object().expect("an object").iter();
    fields
        .map(|(name, value)| (name.clone(), kind(value)))
        .collect()
}

fn spark(fixture: &str) -> Value {
    serde_json::from_str(fixture).unwrap()
}

#[test]
fn every_field_of_sparks_answers_is_there_with_its_type() {
    let (_ui, address, mut listener, info) = page(&conf(&[]));
    tell(
        &mut listener,
        &[
            StreamingEvent::StreamingStarted { time: FIRST - 1000 },
            StreamingEvent::ReceiverStarted(receiver("")),
        ],
    );
    tell(&mut listener, &run(0, 50, (3, 20), None));
    tell(
        &mut listener,
        &[StreamingEvent::BatchSubmitted(batch(1, 250, None, None))],
    );
    let of = format!("/api/v1/applications/{}/streaming", info.id);
    let waiting = format!("{of}/batches/{}", FIRST + 1000);
    let cases = [
        (
            format!("{of}/statistics"),
            include_str!("../fixtures/streaming_statistics.json"),
        ),
        (
            waiting.clone(),
            include_str!("../fixtures/streaming_batch.json"),
        ),
        (
            format!("{of}/receivers/0"),
            include_str!("../fixtures/streaming_receivers_0.json"),
        ),
        (
            format!("{waiting}/operations/0"),
            include_str!("../fixtures/streaming_operation_0.json"),
        ),
    ];
    for (path, fixture) in cases {
        let (ours, theirs) = (shape(&json(&address, &path)), shape(&spark(fixture)));
        assert!(
            theirs.is_subset(&ours),
            "{path}: {:?}",
            theirs.difference(&ours)
        );
    }
    let applications = json(&address, "/api/v1/applications");
    let theirs = spark(include_str!("../fixtures/applications.json"));
    assert_eq!(shape(&applications[0]), shape(&theirs[0]));
    assert_eq!(
        shape(&applications[0]["attempts"][0]),
        shape(&theirs[0]["attempts"][0])
    );
    assert_ne!(applications[0]["attempts"][0]["sparkUser"], "");
    assert_eq!(json(&address, "/api/v1/version")["spark"], "3.5.9");
}

#[test]
fn figures_are_sparks_figures() {
    let (_ui, address, mut listener, info) = page(&conf(&[]));
    tell(&mut listener, &run(0, 50, (10, 30), None));
    tell(
        &mut listener,
        &run(1, 200, (20, 31), Some("it broke\nin two lines")),
    );
    tell(
        &mut listener,
        &[
            StreamingEvent::BatchSubmitted(batch(2, 200, None, None)),
            StreamingEvent::BatchStarted(batch(2, 200, None, None)),
            StreamingEvent::BatchSubmitted(batch(3, 150, None, None)),
        ],
    );
    let of = format!("/api/v1/applications/{}/streaming", info.id);
    let statistics = json(&address, &format!("{of}/statistics"));
    let figures = [
        ("numTotalCompletedBatches", 2.0),
        ("numActiveBatches", 2.0),
        ("numProcessedRecords", 250.0),
        ("numReceivedRecords", 450.0),
        // Of all batches that are kept, those that wait too.
        ("avgInputRate", 150.0),
        ("avgSchedulingDelay", 15.0),
        ("avgProcessingTime", 30.0),
        ("avgTotalDelay", 45.0),
    ];
    for (name, figure) in figures {
        assert_eq!(statistics[name].as_f64(), Some(figure), "{name}");
    }
    let ids = |query: &str| -> Vec<i64> {
        let batches = json(&address, &format!("{of}/batches{query}"));
        let batches = batches.as_array().unwrap().iter();
        batches
            .map(|batch| (batch["batchId"].as_i64().unwrap() - FIRST) / 1000)
            .collect()
    };
    assert_eq!(ids(""), [3, 2, 1, 0]);
    assert_eq!(ids("?status=COMPLETED"), [1, 0]);
    assert_eq!(ids("?status=QUEUED&status=PROCESSING"), [3, 2]);
    let failed = json(&address, &format!("{of}/batches/{}", FIRST + 1000));
    assert_eq!(failed["firstFailureReason"], "it broke\nin two lines");
    let counts = [
        "numActiveOutputOps",
        "numCompletedOutputOps",
        "numFailedOutputOps",
    ];
    assert_eq!(counts.map(|name| failed[name].as_i64().unwrap()), [0, 1, 1]);
}

/// The lines of a batch are still counted when it is submitted and when it begins.
#[test]
fn what_was_received_is_never_less_than_what_was_processed() {
    let (_ui, address, mut listener, info) = page(&conf(&[]));
    let of = format!("/api/v1/applications/{}/streaming", info.id);
    let figures = || {
        let statistics = json(&address, &format!("{of}/statistics"));
        ["numReceivedRecords", "numProcessedRecords"].map(|name| statistics[name].as_u64().unwrap())
    };
    tell(
        &mut listener,
        &[
            StreamingEvent::BatchSubmitted(batch(0, 10, None, None)),
            StreamingEvent::BatchStarted(batch(0, 38, None, None)),
        ],
    );
    assert_eq!(figures(), [38, 0]);
    let done = batch(0, 45, Some((1, 1)), None);
    tell(&mut listener, &[StreamingEvent::BatchCompleted(done)]);
    assert_eq!(figures(), [45, 45]);
    // The event that it has begun may have been dropped.
    let done = batch(1, 5, Some((1, 1)), None);
    tell(&mut listener, &[StreamingEvent::BatchCompleted(done)]);
    assert_eq!(figures(), [50, 50]);
}

#[test]
fn a_batch_has_its_inputs_and_no_text_of_it_is_endless() {
    let (_ui, address, mut listener, info) = page(&conf(&[]));
    let endless = format!("first{}last", "x".repeat(10_000_000));
    let mut done = batch(0, 45, Some((1, 1)), Some(&endless));
    for input in done.stream_id_to_input_info.values_mut() {
        input.metadata_description = Some(endless.clone());
    }
    tell(&mut listener, &[StreamingEvent::BatchCompleted(done)]);
    let of = format!("/api/v1/applications/{}/streaming", info.id);
    let one = json(&address, &format!("{of}/batches/{FIRST}"));
    let input = &one["inputs"][0];
    let counts = ["streamId", "inputSize", "inputBytes"].map(|name| input[name].as_u64());
    assert_eq!(counts, [Some(0), Some(45), Some(450)]);
    for text in [&input["metadataDescription"], &one["firstFailureReason"]] {
        let text = text.as_str().unwrap();
        assert!(text.len() < 10_000, "{} bytes", text.len());
        assert!(text.starts_with("first") && text.ends_with("last"));
    }
    // The list has a thousand batches.
    let all = json(&address, &format!("{of}/batches"));
    assert_eq!(all[0]["inputs"], Value::Null);
}

#[test]
fn what_is_not_there_is_said_as_spark_says_it() {
    let (_ui, address, mut listener, info) = page(&conf(&[]));
    tell(&mut listener, &run(0, 1, (1, 1), None));
    let of = format!("/api/v1/applications/{}/streaming", info.id);
    let cases = [
        (
            "/api/v1/applications/nobody/streaming/statistics".to_owned(),
            "no such app: nobody",
        ),
        (format!("{of}/receivers/7"), "unknown receiver: 7"),
        (format!("{of}/batches/123"), "unknown batch: 123"),
        (
            format!("{of}/batches/{FIRST}/operations/9"),
            "unknown output operation: 9",
        ),
        (
            format!("{of}/batches?status=LOST"),
            "unknown batch status: LOST",
        ),
    ];
    for (path, message) in cases {
        let answer = get(&address, &path);
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (404, message),
            "{path}"
        );
        assert!(answer.head.contains("content-type: text/plain"), "{path}");
    }
}

#[test]
fn no_answer_lets_a_browser_run_what_a_program_said() {
    let (_ui, address, mut listener, info) = page(&conf(&[]));
    tell(
        &mut listener,
        &run(0, 1, (1, 1), Some("<script>alert(1)</script>")),
    );
    let of = format!("/api/v1/applications/{}/streaming", info.id);
    let paths = [
        "/streaming/",
        "/streaming/batch/?id=1",
        "/static/page.js",
        "/metrics/prometheus",
        "/nowhere",
    ];
    for path in paths
        .into_iter()
        .map(str::to_owned)
        .chain([format!("{of}/overview")])
    {
        let answer = get(&address, &path);
        for header in [
            "content-security-policy: default-src 'none'",
            "x-content-type-options: nosniff",
        ] {
            assert!(answer.head.contains(header), "{path}: {}", answer.head);
        }
        let is_page = answer.head.contains("content-type: text/html");
        assert!(!is_page || !answer.body.contains("alert(1)"), "{path}");
    }
}

#[test]
fn requests_that_change_and_hosts_from_elsewhere_are_refused() {
    let (_ui, address, _listener, _) = page(&conf(&[]));
    let post = send(
        &address,
        "POST /api/v1/version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    assert_eq!(post.status, 405);
    assert!(post.head.contains("allow: get, head"));
    let rebound = send(
        &address,
        "GET /streaming/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    );
    assert_eq!(rebound.status, 421);
    let head = send(
        &address,
        "HEAD /api/v1/version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    );
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[test]
fn metrics_have_units_and_histograms() {
    let (_ui, address, mut listener, _) = page(&conf(&[]));
    tell(
        &mut listener,
        &[StreamingEvent::ReceiverStarted(receiver(""))],
    );
    tell(&mut listener, &run(0, 50, (10, 30), None));
    tell(&mut listener, &run(1, 70, (0, 3), Some("broke")));
    let text = get(&address, "/metrics/prometheus").body;
    let value = |name: &str, label: &str| {
        let line = text
            .lines()
            .find(|line| line.starts_with(name) && line.contains(label));
        let line = line.unwrap_or_else(|| panic!("{name} {label}: {text}"));
        line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    assert_eq!(
        value("millrace_input_records_total{", "stream=\"0\""),
        120.0
    );
    assert_eq!(value("millrace_input_bytes_total{", "stream=\"0\""), 1200.0);
    assert_eq!(
        value("millrace_batch_processing_seconds_bucket{", "le=\"0.005\""),
        1.0
    );
    assert_eq!(value("millrace_batch_processing_seconds_count{", ""), 2.0);
    assert_eq!(
        value("millrace_output_failures_total{", "output=\"1\""),
        1.0
    );
    assert_eq!(value("millrace_receiver_active{", "SocketReceiver-0"), 1.0);
    assert_eq!(value("millrace_checkpoint_bytes_total{", ""), 34.0);
    assert!(text.ends_with("# EOF\n"));
}
