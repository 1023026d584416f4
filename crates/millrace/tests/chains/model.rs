//! The same chains over plain lists: a batch is a list of partitions, a stream a list of
//! batches, and everything is computed anew from the first batch on.

use super::dealt::repartitioned;
use super::op::{Frame, Op, Record};

/// The number of records of a batch that go on where a chain could grow without bound.
pub(super) const KEEP: u64 = 40;

/// The states before the first batch.
pub(super) const INITIAL_SUMS: [(i64, i64); 2] = [(3, 9), (1, 5)];
pub(super) const INITIAL_TEXTS: [(i64, &str); 2] = [(2, "i"), (0, "j")];

/// Texts stay short as well.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(24).collect()
}

type Partition = Vec<Record>;
pub(super) type Batch = Vec<Partition>;
type Stream = Vec<Batch>;

pub(super) fn run(ops: &[Op], batches: &[Vec<Record>], partitions: usize) -> Vec<Vec<Record>> {
    // What was received is one partition, and nothing none.
    let received = |batch: &Vec<Record>| match batch.is_empty() {
        true => Vec::new(),
        false => vec![batch.clone()],
    };
    let base: Stream = batches.iter().map(received).collect();
    let model = Model { partitions };
    let result = ops
        .iter()
        .fold(base.clone(), |stream, op| model.apply(*op, stream, &base));
    result.into_iter().map(|batch| batch.concat()).collect()
}

struct Model {
    partitions: usize,
}

/// Python's hash of a small number, and its modulo.
fn partition_of(key: i64, partitions: usize) -> usize {
    let hash = if key == -1 { -2 } else { key };
    hash.rem_euclid(partitions as i64) as usize
}

fn first(batch: Batch) -> Batch {
    let mut left = KEEP as usize;
    let keep = |partition: Partition| {
        let kept: Partition = partition
            .into_iter()
            .take(left)
            .map(|(key, text)| (key, cut(&text)))
            .collect();
        left -= kept.len();
        kept
    };
    batch.into_iter().map(keep).collect()
}

fn each(batch: Batch, f: impl Fn(Record) -> Vec<Record>) -> Batch {
    let partition = |partition: Partition| partition.into_iter().flat_map(&f).collect();
    batch.into_iter().map(partition).collect()
}

/// Keys in the order in which they came, each with its values.
fn grouped<V: Clone>(records: impl IntoIterator<Item = (i64, V)>) -> Vec<(i64, Vec<V>)> {
    let mut groups: Vec<(i64, Vec<V>)> = Vec::new();
    for (key, value) in records {
        match groups.iter_mut().find(|(own, _)| *own == key) {
            Some((_, values)) => values.push(value),
            None => groups.push((key, vec![value])),
        }
    }
    groups
}

fn spread<R>(records: Vec<R>, partitions: usize, key: impl Fn(&R) -> i64) -> Vec<Vec<R>> {
    let mut spread: Vec<Vec<R>> = (0..partitions).map(|_| Vec::new()).collect();
    for record in records {
        spread[partition_of(key(&record), partitions)].push(record);
    }
    spread
}

fn list(values: &[String]) -> String {
    values.iter().map(|text| format!("{text},")).collect()
}

impl Model {
    fn keyed(&self, records: Partition) -> Batch {
        spread(records, self.partitions, |record| record.0)
    }

    fn apply(&self, op: Op, stream: Stream, base: &Stream) -> Stream {
        match op {
            Op::Window(frame)
            | Op::ReduceByKeyAndWindow(frame)
            | Op::Inverse(frame)
            | Op::InverseFiltered(frame)
            | Op::GroupByKeyAndWindow(frame)
            | Op::CountByWindow(frame)
            | Op::CountByValueAndWindow(frame)
            | Op::ReduceByWindow(frame)
            | Op::ReduceByWindowInverse(frame) => self.windowed(op, frame, &stream),
            Op::UpdateStateByKey | Op::UpdateFromInitial | Op::UpdateWhatCame => {
                self.updated(op, stream)
            }
            Op::MapWithState | Op::StateSnapshots => self.mapped(op, stream),
            _ => {
                let batches = stream.into_iter().zip(base).zip(1_i64..);
                batches
                    .map(|((batch, base), time)| self.batch(op, batch, base, time))
                    .collect()
            }
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for every operator")]
    fn batch(&self, op: Op, batch: Batch, base: &Batch, time: i64) -> Batch {
        let all = batch.concat();
        let joined = |keep_left: bool, keep_right: bool| {
            let both = sides(&all, &base.concat()).into_iter();
            let pairs = both.flat_map(|(key, left, right)| {
                let open = |side: &Vec<String>, kept: bool| match side.is_empty() && kept {
                    true => vec![String::new()],
                    false => side.clone(),
                };
                let (lefts, rights) = (open(&left, keep_right), open(&right, keep_left));
                let mut pairs = Vec::new();
                for left in &lefts {
                    pairs.extend(rights.iter().map(|right| (key, format!("{left}+{right}"))));
                }
                pairs
            });
            first(self.keyed(pairs.collect()))
        };
        let timed = |batch: Batch| each(batch, |(key, text)| vec![(key, format!("{text}{time}"))]);
        match op {
            Op::Map => each(batch, |(key, text)| vec![(key + 1, text + "m")]),
            Op::MapValues => each(batch, |(key, text)| vec![(key, text + "v")]),
            Op::Filter => each(batch, |(key, text)| {
                let keeps = (key + text.len() as i64) % 3 != 0;
                if keeps { vec![(key, text)] } else { Vec::new() }
            }),
            Op::FlatMap => first(each(batch, |(key, text)| {
                vec![(key, text.clone()), (key + 1, text + "f")]
            })),
            Op::FlatMapValues => first(each(batch, |(key, text)| {
                text.chars().map(|c| (key, c.to_string())).collect()
            })),
            Op::Glom => batch
                .into_iter()
                .map(|part| {
                    let texts = part.iter().map(|(_, text)| text.as_str());
                    vec![(part.len() as i64, texts.collect())]
                })
                .collect(),
            Op::MapPartitions => batch
                .into_iter()
                .map(|part| part.into_iter().rev().collect())
                .collect(),
            Op::MapPartitionsWithIndex => batch
                .into_iter()
                .enumerate()
                .map(|(index, part)| {
                    part.into_iter()
                        .map(|(key, text)| (key, format!("{index}{text}")))
                        .collect()
                })
                .collect(),
            Op::Repartition(partitions) => repartitioned(batch, partitions as usize),
            Op::PartitionBy(partitions) => spread(all, partitions as usize, |record| record.0),
            Op::UnionSelf => {
                let marked = each(batch.clone(), |(key, text)| vec![(key, text + "u")]);
                first([batch, marked].concat())
            }
            Op::UnionBase => first([batch, base.clone()].concat()),
            Op::TransformWithBase => first([base.clone(), batch].concat()),
            Op::TransformWithBaseAndTime => first(timed([batch, base.clone()].concat())),
            Op::ContextUnion => first([batch.clone(), base.clone(), batch].concat()),
            Op::ContextTransform => first(timed([base.clone(), batch].concat())),
            Op::Count => {
                let count = all.len() as i64;
                vec![vec![(count, count.to_string())]]
            }
            Op::CountByValue => {
                let counts = counted(&all, self.partitions);
                let show = |((key, text), count)| (key, format!("{text}{count}"));
                counts
                    .into_iter()
                    .map(|part| part.into_iter().map(show).collect())
                    .collect()
            }
            Op::Reduce => {
                let reduced = all.into_iter().reduce(|(key, a), (_, b)| (key, a + &b));
                first(vec![reduced.into_iter().collect()])
            }
            Op::ReduceByKey | Op::ReduceByKeyWith(_) => {
                let reduced = grouped(all)
                    .into_iter()
                    .map(|(key, texts)| (key, texts.concat()));
                let partitions = match op {
                    Op::ReduceByKeyWith(partitions) => partitions as usize,
                    _ => self.partitions,
                };
                first(spread(reduced.collect(), partitions, |record| record.0))
            }
            Op::CombineByKey => {
                let combined = grouped(all)
                    .into_iter()
                    .map(|(key, texts)| (key, format!("<{}", texts.concat())));
                first(self.keyed(combined.collect()))
            }
            Op::GroupByKey => {
                let groups = grouped(all)
                    .into_iter()
                    .map(|(key, texts)| (key, list(&texts)));
                first(self.keyed(groups.collect()))
            }
            Op::Cogroup => {
                let both = sides(&all, &base.concat()).into_iter();
                let shown = both
                    .map(|(key, left, right)| (key, format!("{}|{}", list(&left), list(&right))));
                first(self.keyed(shown.collect()))
            }
            Op::Join => joined(false, false),
            Op::LeftOuterJoin => joined(true, false),
            Op::RightOuterJoin => joined(false, true),
            Op::FullOuterJoin => joined(true, true),
            Op::Distinct => {
                let counts = counted(&all, self.partitions).into_iter();
                counts
                    .map(|part| part.into_iter().map(|(record, _)| record).collect())
                    .collect()
            }
            Op::SortByKey => sorted(batch, self.partitions),
            Op::TransformWithTime => timed(batch),
            Op::Persist => batch,
            _ => unreachable!("{op:?} needs more than one batch"),
        }
    }

    /// The windows that are due; between them there is nothing.
    fn windowed(&self, op: Op, frame: Frame, stream: &Stream) -> Stream {
        let more = i64::from(matches!(op, Op::InverseFiltered(_)));
        let lengths = |batch: &Batch| -> Vec<(i64, i64)> {
            batch
                .concat()
                .into_iter()
                .map(|(key, text)| (key, text.len() as i64 + more))
                .collect()
        };
        let mut kept: Vec<(i64, i64)> = Vec::new();
        let mut values: Vec<(Record, i64)> = Vec::new();
        let mut reduced: Option<i64> = None;
        let mut result = Vec::new();
        let (length, slide) = (frame.length as usize, frame.slide as usize);
        for end in (slide..=stream.len()).step_by(slide) {
            let begin = end.saturating_sub(length);
            let window = &stream[begin..end];
            // Of the window before it.
            let last = end - slide;
            let left = &stream[last.saturating_sub(length)..last.min(begin)];
            let entered = &stream[begin.max(last)..end];
            let batch = match op {
                Op::Window(_) => first(window.concat()),
                Op::ReduceByKeyAndWindow(_) => {
                    let all = window.concat().concat();
                    let reduced = grouped(all)
                        .into_iter()
                        .map(|(key, texts)| (key, texts.concat()));
                    first(self.keyed(reduced.collect()))
                }
                Op::GroupByKeyAndWindow(_) => {
                    let all = window.concat().concat();
                    let groups = grouped(all)
                        .into_iter()
                        .map(|(key, texts)| (key, list(&texts)));
                    first(self.keyed(groups.collect()))
                }
                Op::Inverse(_) | Op::InverseFiltered(_) => {
                    for (key, length) in left.iter().flat_map(lengths) {
                        if let Some((_, sum)) = kept.iter_mut().find(|(own, _)| *own == key) {
                            *sum -= length;
                        }
                    }
                    for (key, length) in entered.iter().flat_map(lengths) {
                        match kept.iter_mut().find(|(own, _)| *own == key) {
                            Some((_, sum)) => *sum += length,
                            None => kept.push((key, length)),
                        }
                    }
                    if let Op::InverseFiltered(_) = op {
                        kept.retain(|(_, sum)| *sum > 0);
                    }
                    let shown = kept.iter().map(|(key, sum)| (*key, sum.to_string()));
                    self.keyed(shown.collect())
                }
                Op::CountByWindow(_) => {
                    let count = window.concat().concat().len() as i64;
                    vec![vec![(count, count.to_string())]]
                }
                Op::CountByValueAndWindow(_) => {
                    for record in left.concat().concat() {
                        if let Some((_, sum)) = values.iter_mut().find(|(own, _)| *own == record) {
                            *sum -= 1;
                        }
                    }
                    for record in entered.concat().concat() {
                        match values.iter_mut().find(|(own, _)| *own == record) {
                            Some((_, sum)) => *sum += 1,
                            None => values.push((record, 1)),
                        }
                    }
                    values.retain(|(_, sum)| *sum > 0);
                    let show =
                        |((key, text), count): (Record, i64)| (key, format!("{text}{count}"));
                    by_record(values.clone(), self.partitions)
                        .into_iter()
                        .map(|part| part.into_iter().map(show).collect())
                        .collect()
                }
                Op::ReduceByWindow(_) => {
                    let all = window.concat().concat().into_iter();
                    let reduced = all.reduce(|(key, a), (_, b)| (key, a + &b));
                    first(vec![reduced.into_iter().collect()])
                }
                Op::ReduceByWindowInverse(_) => {
                    let sum = |batches: &[Batch]| -> Option<i64> {
                        let records = batches.concat().concat().into_iter();
                        records
                            .map(|(_, text)| text.len() as i64)
                            .reduce(|a, b| a + b)
                    };
                    // Once there has been a record there is always an element.
                    let (gone, new) = (sum(left), sum(entered));
                    if reduced.is_some() || new.is_some() {
                        let before = reduced.unwrap_or(0) - gone.unwrap_or(0);
                        reduced = Some(before + new.unwrap_or(0));
                    }
                    vec![reduced.iter().map(|sum| (*sum, sum.to_string())).collect()]
                }
                _ => unreachable!("{op:?} has no window"),
            };
            result.push(batch);
        }
        result
    }

    fn mapped(&self, op: Op, stream: Stream) -> Stream {
        let initial = INITIAL_TEXTS.map(|(key, text)| (key, text.to_owned()));
        let mut states: Partition = initial.to_vec();
        let mut map = |(key, text): Record| {
            let before = states.iter().position(|(own, _)| *own == key);
            let at = before.unwrap_or_else(|| {
                states.push((key, String::new()));
                states.len() - 1
            });
            states[at].1 = cut(&format!("{}{text}", states[at].1));
            (states[at].clone(), states.clone())
        };
        let mut last = initial.to_vec();
        let batch = |batch: Batch| {
            let mut mapped = Vec::new();
            for record in batch.concat() {
                let (made, states) = map(record);
                mapped.push(made);
                last = states;
            }
            match op {
                Op::MapWithState => first(self.keyed(mapped)),
                _ => first(self.keyed(last.clone())),
            }
        };
        stream.into_iter().map(batch).collect()
    }

    fn updated(&self, op: Op, stream: Stream) -> Stream {
        let mut sums: Vec<(i64, i64)> = match op {
            Op::UpdateFromInitial => INITIAL_SUMS.to_vec(),
            _ => Vec::new(),
        };
        let mut texts: Vec<(i64, String)> = Vec::new();
        let mut result = Vec::new();
        for batch in stream {
            let mut new: Vec<(i64, Vec<String>)> = grouped(batch.concat());
            if op != Op::UpdateWhatCame {
                let length =
                    |texts: &[String]| texts.iter().map(|text| text.len() as i64).sum::<i64>();
                let update = |texts: &[String], last: Option<i64>| {
                    let sum: i64 = last.unwrap_or(0) + length(texts);
                    if op == Op::UpdateFromInitial {
                        return Some(sum);
                    }
                    (sum % 7 != 0 || !texts.is_empty()).then_some(sum + 1)
                };
                step(&mut sums, &mut new, update);
                let shown = sums.iter().map(|(key, sum)| (*key, sum.to_string()));
                result.push(self.keyed(shown.collect()));
            } else {
                let update = |new: &[String], last: Option<String>| {
                    Some(cut(&format!("{}{}", last.unwrap_or_default(), list(new))))
                };
                step(&mut texts, &mut new, update);
                result.push(first(self.keyed(texts.clone())));
            }
        }
        result
    }
}

/// One batch of `update_state_by_key`.
fn step<S: Clone>(
    state: &mut Vec<(i64, S)>,
    new: &mut Vec<(i64, Vec<String>)>,
    update: impl Fn(&[String], Option<S>) -> Option<S>,
) {
    let old = std::mem::take(state);
    for (key, last) in old {
        let at = new.iter().position(|(own, _)| *own == key);
        let values = at.map(|at| new.remove(at).1).unwrap_or_default();
        state.extend(update(&values, Some(last)).map(|next| (key, next)));
    }
    for (key, values) in new.drain(..) {
        state.extend(update(&values, None).map(|next| (key, next)));
    }
}

/// Keys of both sides, the left one's first, with the values of each.
fn sides(left: &[Record], right: &[Record]) -> Vec<(i64, Vec<String>, Vec<String>)> {
    let tagged = |side: usize| move |(key, text): &Record| (*key, (side, text.clone()));
    let all = left
        .iter()
        .map(tagged(0))
        .chain(right.iter().map(tagged(1)));
    let of = |values: &[(usize, String)], side: usize| -> Vec<String> {
        let own = values.iter().filter(|(own, _)| *own == side);
        own.map(|(_, text)| text.clone()).collect()
    };
    grouped(all.collect::<Vec<_>>())
        .into_iter()
        .map(|(key, values)| (key, of(&values, 0), of(&values, 1)))
        .collect()
}

/// Counts each record's occurrences, by the partition of the record.
fn counted(records: &[Record], partitions: usize) -> Vec<Vec<(Record, i64)>> {
    let mut counts: Vec<(Record, i64)> = Vec::new();
    for record in records {
        match counts.iter_mut().find(|(own, _)| own == record) {
            Some((_, count)) => *count += 1,
            None => counts.push((record.clone(), 1)),
        }
    }
    by_record(counts, partitions)
}

fn by_record(counts: Vec<(Record, i64)>, partitions: usize) -> Vec<Vec<(Record, i64)>> {
    use millrace::partition::{HashPartitioner, Partitioner};
    let count = std::num::NonZeroU32::new(partitions as u32).unwrap();
    // The hash of a text is no matter of this model; it has tests of its own.
    let partitioner = HashPartitioner::new(count);
    let mut spread: Vec<Vec<(Record, i64)>> = vec![Vec::new(); partitions];
    for (record, count) in counts {
        spread[partitioner.partition(&record)].push((record, count));
    }
    spread
}

/// PySpark's ranges: the keys that stand at equal distances among all keys are their ends. What
/// is empty stays as it is, partitions and all.
fn sorted(batch: Batch, partitions: usize) -> Batch {
    let mut all = batch.concat();
    all.sort_by_key(|record| record.0);
    if all.is_empty() {
        let own = if partitions == 1 {
            batch.len().min(1)
        } else {
            batch.len()
        };
        return vec![Vec::new(); own];
    }
    let end = |i: usize| all[all.len() * (i + 1) / partitions].0;
    let ends: Vec<i64> = (0..partitions - 1).map(end).collect();
    let mut ranges: Batch = vec![Vec::new(); partitions];
    for record in all {
        ranges[ends.partition_point(|end| *end < record.0)].push(record);
    }
    ranges
}
