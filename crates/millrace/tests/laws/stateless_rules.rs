//! The rules that operators without keys share, in Spark's words.

use millrace::pipeline::Lines;
use millrace::{DStream, Duration, Error, ErrorKind, Text};

use super::support::{Live, failure, watched};

fn assert_illegal(error: &Error, message: &str) {
    assert_eq!(error.kind(), ErrorKind::Illegal, "{error}");
    assert!(
        error.to_string().ends_with(message),
        "{error} does not say {message}"
    );
    assert!(
        error.to_string().contains(file!()),
        "{error} does not say where"
    );
}

/// The error that `program` breaks a rule with.
fn broken(program: impl Fn(&Live)) -> Error {
    let live = Live::new(Duration::milliseconds(50), &[]);
    live.lines.print();
    program(&live);
    failure(live.context.start())
}

#[test]
fn there_is_something_to_unite() {
    let none: [DStream<Text, Lines>; 0] = [];
    let error = broken(|live| drop(live.context.union(&none)));
    assert_illegal(&error, "List of DStreams to union is empty");
    let error = broken(|live| drop(live.context.transform(&none, |rdds, _| rdds[0].clone())));
    assert_illegal(&error, "List of DStreams to transform is empty");
}

#[test]
fn contexts_do_not_mix() {
    let other = Live::new(Duration::milliseconds(50), &[]);
    let stranger = || other.lines.clone();
    type Use = fn(&Live, DStream<Text, Lines>);
    let uses: [Use; 6] = [
        |live, stranger| drop(live.lines.union(&stranger)),
        |live, stranger| drop(live.context.union(&[live.lines.clone(), stranger])),
        |live, stranger| {
            let both = [live.lines.clone(), stranger];
            drop(live.context.transform(&both, |rdds, _| rdds[0].clone()));
        },
        |live, stranger| drop(live.lines.transform_with(&stranger, |left, _| left.clone())),
        |live, stranger| {
            let ones = |lines: DStream<Text, Lines>| lines.map(|line| (line, 1));
            drop(ones(live.lines.clone()).cogroup(&ones(stranger)));
        },
        |live, stranger| {
            let ones = |lines: DStream<Text, Lines>| lines.map(|line| (line, 1));
            drop(ones(live.lines.clone()).join(&ones(stranger)));
        },
    ];
    for mixed in uses {
        let error = broken(|live| mixed(live, stranger()));
        assert_illegal(&error, "Some of the DStreams have different contexts");
    }
}

#[test]
fn there_is_a_partition_at_least() {
    type Use = fn(&Live);
    let uses: [Use; 5] = [
        |live| drop(live.lines.repartition(0)),
        |live| drop(live.lines.count_by_value_with(0)),
        |live| drop(live.lines.map(|line| (line, 1)).partition_by(0)),
        |live| drop(live.lines.map(|line| (line, 1)).group_by_key_with(0)),
        |live| {
            let ones = live.lines.map(|line| (line, 1));
            drop(ones.join_with(&ones, 0));
        },
    ];
    for none in uses {
        assert_illegal(&broken(none), "the number of partitions must be positive");
    }
}

#[test]
fn nothing_is_kept_after_the_start() {
    watched(|| {
        let live = Live::new(Duration::milliseconds(50), &[]);
        live.lines.print_num(-1);
        live.context.start().unwrap();
        drop(live.lines.persist());
        let error = failure(live.context.await_termination());
        assert_eq!(error.kind(), ErrorKind::Illegal);
        assert_eq!(
            error.to_string(),
            "Cannot change storage level of a DStream after streaming context has started"
        );
        live.context.stop(false);
    });
}
