//! Exact counts over kills and recoveries; what is committed and shown.

use crate::acceptance::harness::{Launch, Signal};

use super::broker::Broker;
use super::counted::{Counted, assert_once, words};

const PARTITIONS: i32 = 3;

fn launch() -> Launch {
    Broker::wordcount()
        .args(["--checkpoint-dir=state", "--recover"])
        .conf("millrace.kafka.client.group.id", "counters")
}

/// A program that is killed at any moment and goes on has counted every record once, and what it
/// has committed is what it has counted.
#[test]
fn every_record_of_a_real_broker_is_counted_once_however_often_the_program_is_killed() {
    let Some(broker) = Broker::start() else {
        return;
    };
    broker.topic("t", PARTITIONS);
    let (mut counted, mut sent) = (Counted::default(), 0);
    let mut place = None;
    for kill in 0..5 {
        // The first words of a life are there before it, the others come while it runs.
        broker.put("t", PARTITIONS, &words(sent, 40));
        let launch = match place.take() {
            Some(finished) => launch().after(finished),
            None => launch(),
        };
        // The first life ends behind the output of its first batch, before anything is committed.
        let launch = match kill {
            0 => launch.env("MILLRACE_FAILPOINT", "checkpoint.commit.before-append"),
            _ => launch,
        };
        let program = broker.run(launch);
        broker.put("t", PARTITIONS, &words(sent + 40, 60));
        if kill > 0 {
            // More and more of it is done when it is killed.
            counted.wait_for(&program, sent + 20 * kill);
            program.signal(Signal::Kill);
        }
        sent += 100;
        let finished = program.finish();
        assert_eq!(finished.code, None, "{}", finished.stderr);
        counted.take(&finished.batches_begun());
        place = Some(finished);
    }
    let program = broker.run(launch().after(place.unwrap()));
    counted.wait_for(&program, sent);
    let all: i64 = sent.try_into().unwrap();
    broker.wait_until("everything is committed", || {
        let committed = broker.committed("counters", "t", PARTITIONS);
        committed.iter().sum::<i64>() == all
    });
    program.signal(Signal::Terminate);
    let finished = program.finish().with_code(0);
    counted.take(&finished.batches());
    assert_once(&counted, sent);
    let committed = broker.committed("counters", "t", PARTITIONS);

    // The tool shows the range of the last batch.
    let tool = Launch::of(env!("CARGO_BIN_EXE_millrace-state"));
    let shown = tool.args(["export", "state"]).after(finished).start();
    let shown = shown.finish().with_code(0);
    for (partition, until) in committed.iter().enumerate() {
        let range = format!("\"partition\":{partition},\"topic\":\"t\",\"until_offset\":{until}}}");
        assert!(shown.stdout.contains(&range), "{}", shown.stdout);
    }
}

/// The setting of starting offsets counts where there is no checkpoint.
#[test]
fn a_run_without_a_checkpoint_begins_where_the_setting_says() {
    let Some(broker) = Broker::start() else {
        return;
    };
    broker.topic("t", 1);
    broker.put("t", 1, &words(0, 5));
    let offsets = r#"{"t":{"0":3}}"#;
    let launch = Broker::wordcount().conf("millrace.kafka.startingOffsets", offsets);
    let program = broker.run(launch);
    let mut counted = Counted::default();
    counted.wait_for(&program, 2);
    program.signal(Signal::Terminate);
    counted.take(&program.finish().with_code(0).batches());
    let seen: Vec<String> = counted.counts().into_keys().collect();
    assert_eq!(seen, words(3, 2));
}
