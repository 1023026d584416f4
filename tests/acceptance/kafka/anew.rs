//! A topic that is deleted and made anew while it is read.

use crate::acceptance::harness::{Launch, Program, Signal};

use super::broker::Broker;
use super::counted::{Counted, words};

/// Starts the program on a topic of five words, deletes the topic once they are counted, and makes
/// it anew with three others.
fn made_anew(broker: &Broker, launch: Launch, counted: &mut Counted) -> Program {
    broker.topic("t", 1);
    broker.put("t", 1, &words(0, 5));
    let program = broker.run(launch);
    counted.wait_for(&program, 5);
    broker.delete("t");
    program.wait_for_stderr("a line about the topic", |said| {
        said.contains("topic t").then_some(())
    });
    broker.topic("t", 1);
    broker.put("t", 1, &words(100, 3));
    program
}

#[test]
fn a_topic_that_is_made_anew_ends_the_run_with_both_offsets() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let program = made_anew(&broker, Broker::wordcount(), &mut Counted::default());
    let finished = program.finish().with_code(1);
    let expected =
        "records were lost: topic t, partition 0: offset 5 comes next, and there are 0 to 3";
    assert!(finished.stderr.contains(expected), "{}", finished.stderr);
}

#[test]
fn a_topic_that_is_made_anew_is_read_from_its_first_record_on_if_that_is_allowed() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let launch = Broker::wordcount().conf("millrace.kafka.failOnDataLoss", "false");
    let mut counted = Counted::default();
    let program = made_anew(&broker, launch, &mut counted);
    counted.wait_for(&program, 8);
    // It is read on like any other.
    broker.put("t", 1, &words(103, 2));
    counted.wait_for(&program, 10);
    program.signal(Signal::Terminate);
    let finished = program.finish().with_code(0);
    counted.take(&finished.batches());
    let expected = words(0, 5).into_iter().chain(words(100, 5));
    let expected = expected.map(|word| (word, 1)).collect();
    assert_eq!(counted.counts(), expected);
    assert_eq!(
        finished.stderr.matches("records were lost").count(),
        1,
        "{}",
        finished.stderr
    );
}
