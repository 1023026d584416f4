//! A chain as the program that a user would write.

use millrace::testing::Setup;
use millrace::{Boxed, DStream, Duration, Lines, Text, Values};

use super::model::{KEEP, cut};
use super::op::{Op, Record};

type Records = DStream<Boxed<Record>>;

/// What the chain makes of the messages, batch by batch.
pub(super) fn run(setup: &Setup, ops: &[Op], messages: &[String]) -> Vec<Vec<Record>> {
    setup.run_batches(messages, |lines| {
        let base = parsed(lines);
        ops.iter()
            .fold(base.clone(), |stream, op| apply(*op, &stream, &base))
    })
}

fn parsed(lines: &DStream<Lines>) -> Records {
    let record = |line: Text| {
        let (key, text) = line.as_str().split_once(' ').unwrap();
        (key.parse().unwrap(), text.to_owned())
    };
    lines.map(record).boxed()
}

fn list(values: &Values<String>) -> String {
    values.iter().map(|text| format!("{text},")).collect()
}

/// No chain grows without bound: of every batch the first records go on.
fn first<P: millrace::Pipeline<Item = Record>>(stream: &DStream<P>) -> Records {
    let first = stream.transform(|rdd| {
        rdd.zip_with_index()
            .filter(|(_, index)| *index < KEEP)
            .map(|((key, text), _)| (key, cut(&text)))
    });
    first.boxed()
}

fn batches(count: u64) -> Duration {
    Duration::seconds(i64::try_from(count).unwrap())
}

#[expect(clippy::too_many_lines, reason = "one arm for every operator")]
fn apply(op: Op, stream: &Records, base: &Records) -> Records {
    let concatenate = |earlier: String, later: String| format!("{earlier}{later}");
    let counted = |stream: &Records| stream.map(|(key, text)| (key, text.len() as i64));
    let shown = |(key, number): (i64, i64)| (key, number.to_string());
    match op {
        Op::Map => stream.map(|(key, text)| (key + 1, text + "m")).boxed(),
        Op::MapValues => stream.map_values(|text| text + "v").boxed(),
        Op::Filter => stream
            .filter(|(key, text)| (key + text.len() as i64) % 3 != 0)
            .boxed(),
        Op::FlatMap => {
            first(&stream.flat_map(|(key, text)| [(key, text.clone()), (key + 1, text + "f")]))
        }
        Op::FlatMapValues => first(
            &stream.flat_map_values(|text| text.chars().map(String::from).collect::<Vec<_>>()),
        ),
        Op::Glom => stream
            .glom()
            .map(|part| {
                (
                    part.len() as i64,
                    part.into_iter().map(|(_, text)| text).collect(),
                )
            })
            .boxed(),
        Op::MapPartitions => stream
            .map_partitions(|records| {
                let records: Vec<Record> = records.collect();
                records.into_iter().rev()
            })
            .boxed(),
        Op::MapPartitionsWithIndex => stream
            .map_partitions_with_index(|index, records| {
                records.map(move |(key, text)| (key, format!("{index}{text}")))
            })
            .boxed(),
        Op::Repartition(partitions) => stream.repartition(partitions).boxed(),
        Op::PartitionBy(partitions) => stream.partition_by(partitions).boxed(),
        Op::UnionSelf => first(&stream.union(&stream.map_values(|text| text + "u"))),
        Op::UnionBase => first(&stream.union(base)),
        Op::Count => stream
            .count()
            .map(move |count| shown((count, count)))
            .boxed(),
        Op::CountByValue => stream
            .count_by_value()
            .map(|((key, text), count)| (key, format!("{text}{count}")))
            .boxed(),
        Op::Reduce => first(&stream.reduce(|(key, earlier), (_, later)| (key, earlier + &later))),
        Op::ReduceByKey => first(&stream.reduce_by_key(concatenate)),
        Op::ReduceByKeyWith(partitions) => {
            first(&stream.reduce_by_key_with(concatenate, partitions))
        }
        Op::CombineByKey => first(&stream.combine_by_key(
            |text| format!("<{text}"),
            |combined, text| combined + &text,
            // Parts meet where runs were cut: only what does not show it may be done here.
            |earlier, later| earlier + &later[1..],
        )),
        Op::GroupByKey => first(
            &stream
                .group_by_key()
                .map(|(key, values)| (key, list(&values))),
        ),
        Op::Cogroup => first(
            &stream
                .cogroup(base)
                .map(|(key, (left, right))| (key, format!("{}|{}", list(&left), list(&right)))),
        ),
        Op::Join => first(
            &stream
                .join(base)
                .map(|(key, (left, right))| (key, format!("{left}+{right}"))),
        ),
        Op::LeftOuterJoin => first(
            &stream
                .left_outer_join(base)
                .map(|(key, (left, right))| (key, format!("{left}+{}", right.unwrap_or_default()))),
        ),
        Op::RightOuterJoin => first(
            &stream
                .right_outer_join(base)
                .map(|(key, (left, right))| (key, format!("{}+{right}", left.unwrap_or_default()))),
        ),
        Op::FullOuterJoin => first(&stream.full_outer_join(base).map(|(key, (left, right))| {
            (
                key,
                format!("{}+{}", left.unwrap_or_default(), right.unwrap_or_default()),
            )
        })),
        Op::Distinct => stream.transform(|rdd| rdd.distinct()).boxed(),
        Op::SortByKey => stream.transform(|rdd| rdd.sort_by_key(true)).boxed(),
        Op::TransformWithTime => stream
            .transform_with_time(|rdd, time| {
                rdd.map(move |(key, text)| (key, format!("{text}{}", time.as_millis() / 1000)))
            })
            .boxed(),
        Op::TransformWithBase => first(&stream.transform_with(base, |own, base| base.union(own))),
        Op::Persist => stream.persist().boxed(),
        Op::Window(count) => first(&stream.window(batches(count), None)),
        Op::ReduceByKeyAndWindow(count) => {
            first(&stream.reduce_by_key_and_window(concatenate, batches(count), None))
        }
        Op::Inverse(count) => counted(stream)
            .reduce_by_key_and_window_inverse(|a, b| a + b, |a, b| a - b, batches(count), None)
            .map(shown)
            .boxed(),
        Op::InverseFiltered(count) => stream
            // Never nothing: what a filter removes at once is missed when it leaves (Scala's rule).
            .map(|(key, text)| (key, text.len() as i64 + 1))
            .reduce_by_key_and_window_inverse_filter(
                |a, b| a + b,
                |a, b| a - b,
                batches(count),
                None,
                |_, sum| *sum > 0,
            )
            .map(shown)
            .boxed(),
        Op::GroupByKeyAndWindow(count) => first(
            &stream
                .group_by_key_and_window(batches(count), None)
                .map(|(key, values)| (key, list(&values))),
        ),
        Op::CountByWindow(count) => stream
            .count_by_window(batches(count), batches(1))
            .map(move |count| shown((count, count)))
            .boxed(),
        Op::CountByValueAndWindow(count) => stream
            .count_by_value_and_window(batches(count), batches(1))
            .map(|((key, text), count)| (key, format!("{text}{count}")))
            .boxed(),
        Op::ReduceByWindow(count) => first(&stream.reduce_by_window(
            |(key, earlier), (_, later)| (key, earlier + &later),
            batches(count),
            batches(1),
        )),
        Op::UpdateStateByKey => counted(stream)
            .update_state_by_key(|new: &Values<i64>, last: Option<i64>| {
                let sum = last.unwrap_or(0) + new.iter().sum::<i64>();
                // A key that nothing came for in a while goes.
                (sum % 7 != 0 || !new.is_empty()).then_some(sum + 1)
            })
            .map(shown)
            .boxed(),
        Op::UpdateWhatCame => first(&stream.update_state_by_key(
            |new: &Values<String>, last: Option<String>| {
                Some(cut(&format!("{}{}", last.unwrap_or_default(), list(new))))
            },
        )),
    }
}
