//! A chain as the program that a user would write.

use millrace::pipeline::Lines;
use millrace::testing::Setup;
use millrace::{
    BatchTime, DStream, Duration, State, StateOptions, StateSpec, StreamingContext, Text, Values,
};

use super::model::{INITIAL_SUMS, INITIAL_TEXTS, KEEP, cut};
use super::op::{Frame, Op, Record};

type Records = DStream<Record>;

/// The chain's results for the messages, batch by batch.
pub(super) fn run(setup: &Setup, ops: &[Op], messages: &[String]) -> Vec<Vec<Record>> {
    setup.run_batches_with(messages, |ssc, lines| {
        let base = parsed(lines);
        ops.iter()
            .fold(base.clone(), |stream, op| apply(ssc, *op, &stream, &base))
    })
}

fn parsed(lines: &DStream<Text, Lines>) -> Records {
    let record = |line: Text| {
        let (key, text) = line.as_str().split_once(' ').unwrap();
        (key.parse().unwrap(), text.to_owned())
    };
    lines.map(record).erased()
}

fn list(values: &Values<String>) -> String {
    values.iter().map(|text| format!("{text},")).collect()
}

/// No chain grows without bound: of every batch the first records go on.
fn first<P: millrace::pipeline::Pipeline<Item = Record>>(stream: &DStream<P::Item, P>) -> Records {
    let first = stream.transform(|rdd| {
        rdd.zip_with_index()
            .filter(|(_, index)| *index < KEEP)
            .map(|((key, text), _)| (key, cut(&text)))
    });
    first.erased()
}

fn batches(count: u64) -> Duration {
    Duration::seconds(i64::try_from(count).unwrap())
}

/// One batch is said as nothing.
fn slide(frame: Frame) -> Option<Duration> {
    (frame.slide > 1).then(|| batches(frame.slide))
}

fn timed((key, text): Record, time: BatchTime) -> Record {
    (key, format!("{text}{}", time.as_millis() / 1000))
}

/// All texts of a key in one, as far as they go.
fn told() -> StateSpec<i64, String, String, Record> {
    let tell = |key: &i64, text: Option<String>, state: &mut State<String>| {
        let before = state.get().cloned().unwrap_or_default();
        let all = cut(&format!("{before}{}", text.unwrap_or_default()));
        state.update(all.clone());
        (*key, all)
    };
    let initial = INITIAL_TEXTS.map(|(key, text)| (key, text.to_owned()));
    StateSpec::function(tell).initial_state(initial)
}

#[expect(clippy::too_many_lines, reason = "one arm for every operator")]
fn apply(ssc: &StreamingContext, op: Op, stream: &Records, base: &Records) -> Records {
    let concatenate = |earlier: String, later: String| format!("{earlier}{later}");
    let counted = |stream: &Records| stream.map(|(key, text)| (key, text.len() as i64));
    let shown = |(key, number): (i64, i64)| (key, number.to_string());
    match op {
        Op::Map => stream.map(|(key, text)| (key + 1, text + "m")).erased(),
        Op::MapValues => stream.map_values(|text| text + "v").erased(),
        Op::Filter => stream
            .filter(|(key, text)| (key + text.len() as i64) % 3 != 0)
            .erased(),
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
            .erased(),
        Op::MapPartitions => stream
            .map_partitions(|records| {
                let records: Vec<Record> = records.collect();
                records.into_iter().rev()
            })
            .erased(),
        Op::MapPartitionsWithIndex => stream
            .map_partitions_with_index(|index, records| {
                records.map(move |(key, text)| (key, format!("{index}{text}")))
            })
            .erased(),
        Op::Repartition(partitions) => stream.repartition(partitions).erased(),
        Op::PartitionBy(partitions) => stream.partition_by(partitions).erased(),
        Op::UnionSelf => first(&stream.union(&stream.map_values(|text| text + "u"))),
        Op::UnionBase => first(&stream.union(base)),
        Op::Count => stream
            .count()
            .map(move |count| shown((count, count)))
            .erased(),
        Op::CountByValue => stream
            .count_by_value()
            .map(|((key, text), count)| (key, format!("{text}{count}")))
            .erased(),
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
        Op::Distinct => stream.transform(|rdd| rdd.distinct()).erased(),
        Op::SortByKey => stream.transform(|rdd| rdd.sort_by_key(true)).erased(),
        Op::TransformWithTime => stream
            .transform_with_time(|rdd, time| rdd.map(move |record| timed(record, time)))
            .erased(),
        Op::TransformWithBase => first(&stream.transform_with(base, |own, base| base.union(own))),
        Op::TransformWithBaseAndTime => {
            first(&stream.transform_with_and_time(base, |own, base, time| {
                own.union(base).map(move |record| timed(record, time))
            }))
        }
        Op::ContextUnion => first(&ssc.union(&[stream.clone(), base.clone(), stream.clone()])),
        Op::ContextTransform => {
            let both = [stream.clone(), base.clone()];
            first(&ssc.transform(&both, |rdds, time| {
                rdds[1]
                    .union(&rdds[0])
                    .map(move |record| timed(record, time))
            }))
        }
        Op::Persist => stream.persist().erased(),
        Op::Window(frame) => first(&stream.window(batches(frame.length), slide(frame))),
        Op::ReduceByKeyAndWindow(frame) => first(&stream.reduce_by_key_and_window(
            concatenate,
            batches(frame.length),
            slide(frame),
        )),
        Op::Inverse(frame) => counted(stream)
            .reduce_by_key_and_window_inverse(
                |a, b| a + b,
                |a, b| a - b,
                batches(frame.length),
                slide(frame),
            )
            .map(shown)
            .erased(),
        Op::InverseFiltered(frame) => stream
            // Never nothing: what a filter removes at once is missed when it leaves (Scala's rule).
            .map(|(key, text)| (key, text.len() as i64 + 1))
            .reduce_by_key_and_window_inverse_filter(
                |a, b| a + b,
                |a, b| a - b,
                batches(frame.length),
                slide(frame),
                |_, sum| *sum > 0,
            )
            .map(shown)
            .erased(),
        Op::GroupByKeyAndWindow(frame) => first(
            &stream
                .group_by_key_and_window(batches(frame.length), slide(frame))
                .map(|(key, values)| (key, list(&values))),
        ),
        Op::CountByWindow(frame) => stream
            .count_by_window(batches(frame.length), batches(frame.slide))
            .map(move |count| shown((count, count)))
            .erased(),
        Op::CountByValueAndWindow(frame) => stream
            .count_by_value_and_window(batches(frame.length), batches(frame.slide))
            .map(|((key, text), count)| (key, format!("{text}{count}")))
            .erased(),
        Op::ReduceByWindow(frame) => first(&stream.reduce_by_window(
            |(key, earlier), (_, later)| (key, earlier + &later),
            batches(frame.length),
            batches(frame.slide),
        )),
        Op::ReduceByWindowInverse(frame) => stream
            .map(|(_, text)| text.len() as i64)
            .reduce_by_window_inverse(
                |a, b| a + b,
                |a, b| a - b,
                batches(frame.length),
                batches(frame.slide),
            )
            .map(move |sum| shown((sum, sum)))
            .erased(),
        Op::UpdateFromInitial => counted(stream)
            .update_state_by_key_with(
                |new: &Values<i64>, last: Option<i64>| {
                    Some(last.unwrap_or(0) + new.iter().sum::<i64>())
                },
                StateOptions::new().initial_state(INITIAL_SUMS),
            )
            .map(shown)
            .erased(),
        Op::MapWithState => first(&stream.map_with_state(told()).stream()),
        Op::StateSnapshots => first(&stream.map_with_state(told()).state_snapshots()),
        Op::UpdateStateByKey => counted(stream)
            .update_state_by_key(|new: &Values<i64>, last: Option<i64>| {
                let sum = last.unwrap_or(0) + new.iter().sum::<i64>();
                // A key that nothing came for in a while goes.
                (sum % 7 != 0 || !new.is_empty()).then_some(sum + 1)
            })
            .map(shown)
            .erased(),
        Op::UpdateWhatCame => first(&stream.update_state_by_key(
            |new: &Values<String>, last: Option<String>| {
                Some(cut(&format!("{}{}", last.unwrap_or_default(), list(new))))
            },
        )),
    }
}
