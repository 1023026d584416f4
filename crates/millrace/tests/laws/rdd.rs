//! `Rdd` against plain vectors: every operator over records drawn at random, cut into any number
//! of partitions, for every number of workers (law 2) and in law 3's order.
//!
//! A dataset is a list of partitions to the model, and what a keyed operator makes of it has the
//! partitions that PySpark's hash gives it. Values are strings, and the function that reduces
//! them puts one behind the other: every value and its place can be seen.

use std::fmt::Debug;
use std::sync::Mutex;

use millrace::testing::Setup;
use millrace::{Key, Rdd, StreamingContext, Values};
use proptest::prelude::*;

use super::model;
use super::support::{CONCATENATE, block_bytes, cases, messages, setups};

/// Few keys, so that they meet, and values that show where they have been.
type Record = (u8, String);

fn records() -> impl Strategy<Value = Vec<Record>> {
    let keys = prop::collection::vec(0_u8..7, 0..50);
    keys.prop_map(|keys| {
        let value = |(place, key)| (key, format!("{place};"));
        keys.into_iter().enumerate().map(value).collect()
    })
}

/// Spark's slices of a list.
fn slices<T: Clone>(records: &[T], count: usize) -> Vec<Vec<T>> {
    let len = records.len();
    let slice = |i: usize| records[len * i / count..len * (i + 1) / count].to_vec();
    (0..count).map(slice).collect()
}

/// The result of `of` on a context with `partitions`, for every number of workers; the same for
/// all, or it fails.
pub(super) fn same<R: PartialEq + Debug>(
    partitions: usize,
    of: impl Fn(&StreamingContext) -> R,
) -> R {
    let run = |setup: Setup| {
        let given = Mutex::new(None);
        setup.run_context(0, |ssc| *given.lock().unwrap() = Some(of(ssc)));
        given.into_inner().unwrap().unwrap()
    };
    let mut all = setups(partitions, usize::MAX).map(run);
    let first = all.next().unwrap();
    all.for_each(|other| assert_eq!(first, other, "it depends on the workers"));
    first
}

/// [`same`] for what is made of the records in so many slices, partition by partition.
fn made<T: Clone + Send + Sync + 'static, U: Clone + Send + Sync + PartialEq + Debug + 'static>(
    partitions: usize,
    cut: usize,
    records: &[T],
    operator: impl Fn(&StreamingContext, &Rdd<T>) -> Rdd<U>,
) -> Vec<Vec<U>> {
    same(partitions, |ssc| {
        let rdd = ssc.parallelize_in(records.to_vec(), cut as u32);
        let made = operator(ssc, &rdd);
        let whole = made.collect();
        assert_eq!(made.count(), whole.len() as u64);
        assert_eq!(made.is_empty(), whole.is_empty());
        assert_eq!(made.first(), whole.first().cloned());
        for count in [0, 1, 3, whole.len(), usize::MAX] {
            assert!(made.take(count).iter().eq(whole.iter().take(count)));
        }
        let glommed = made.glom().collect();
        assert_eq!(made.partitions(), glommed.len());
        assert_eq!(glommed.concat(), whole);
        glommed
    })
}

/// The partitions of keyed records that are ordered by first arrival.
fn parted<K: Key, V: Clone>(records: Vec<(K, V)>, partitions: usize) -> Vec<Vec<(K, V)>> {
    let mut parted = vec![Vec::new(); partitions];
    for (key, value) in records {
        parted[model::partition(&key, partitions)].push((key, value));
    }
    parted
}

fn grouped(records: &[Record]) -> Vec<(u8, Vec<String>)> {
    let mut groups: Vec<(u8, Vec<String>)> = Vec::new();
    for (key, value) in records {
        match groups.iter_mut().find(|(other, _)| other == key) {
            Some((_, values)) => values.push(value.clone()),
            None => groups.push((*key, vec![value.clone()])),
        }
    }
    groups
}

/// PySpark's `sortByKey` in its own words, with a sample that is everything.
fn sorted<T: Clone, O: Ord + Clone>(
    slices: &[Vec<T>],
    key: impl Fn(&T) -> O,
    ascending: bool,
    count: usize,
) -> Vec<Vec<T>> {
    let records = slices.concat();
    let sort = |records: &mut Vec<T>| {
        records.sort_by(|one, other| match ascending {
            true => key(one).cmp(&key(other)),
            false => key(other).cmp(&key(one)),
        });
    };
    if count == 1 && slices.len() == 1 || count > 1 && records.is_empty() {
        let mut sorted = slices.to_vec();
        sorted.iter_mut().for_each(sort);
        return sorted;
    }
    let mut samples: Vec<O> = records.iter().map(&key).collect();
    samples.sort();
    let bounds: Vec<O> = (0..count - 1)
        .map(|i| samples[samples.len() * (i + 1) / count].clone())
        .collect();
    let mut ranges = vec![Vec::new(); count];
    for record in records {
        let below = bounds.iter().filter(|&bound| *bound < key(&record)).count();
        ranges[if ascending { below } else { count - 1 - below }].push(record);
    }
    ranges.iter_mut().for_each(sort);
    ranges
}

fn values(values: Values<String>) -> Vec<String> {
    values.to_vec()
}

/// A key with its values on both sides.
type Sides = (u8, (Vec<String>, Vec<String>));

fn cogrouped(left: &[Record], right: &[Record]) -> Vec<Sides> {
    let keys: Vec<Record> = left.iter().chain(right).cloned().collect();
    let of = |side: &[Record], key: u8| -> Vec<String> {
        let own = side.iter().filter(|(other, _)| *other == key);
        own.map(|(_, value)| value.clone()).collect()
    };
    let keys = grouped(&keys).into_iter().map(|(key, _)| key);
    keys.map(|key| (key, (of(left, key), of(right, key))))
        .collect()
}

/// A pair of a join, each side open.
type Joined = (u8, (Option<String>, Option<String>));

/// A join as it follows from a cogroup: a side that is kept open has a `None` if it has nothing.
fn joined(cogrouped: Vec<Sides>, left_open: bool, right_open: bool) -> Vec<Joined> {
    let side = |values: Vec<String>, open: bool| -> Vec<Option<String>> {
        match values.is_empty() && open {
            true => vec![None],
            false => values.into_iter().map(Some).collect(),
        }
    };
    let mut joined = Vec::new();
    for (key, (left, right)) in cogrouped {
        let rights = side(right, right_open);
        for left in side(left, left_open) {
            joined.extend(
                rights
                    .iter()
                    .map(|right| (key, (left.clone(), right.clone()))),
            );
        }
    }
    joined
}

proptest! {
    #![proptest_config(cases(20))]

    #[test]
    fn narrow_operators(records in records(), cut in 1_usize..6) {
        let made = made(2, cut, &records, |_, rdd| {
            let shown = rdd.map(|(key, value)| format!("{key}{value}"));
            let doubled = shown.flat_map(|text| [text.clone(), text]);
            let odd = rdd.filter(|(key, _)| key % 2 == 1).map_values(|value| value + "!");
            doubled.union(&odd.values()).union(&rdd.keys().map(|key| key.to_string()))
        });
        let slices = slices(&records, cut);
        let each = |of: &dyn Fn(&Record) -> Vec<String>| -> Vec<Vec<String>> {
            slices.iter().map(|slice| slice.iter().flat_map(of).collect()).collect()
        };
        let doubled = each(&|(key, value)| vec![format!("{key}{value}"); 2]);
        let odd = each(&|(key, value)| vec![format!("{value}!"); usize::from(key % 2)]);
        let keys = each(&|(key, _)| vec![key.to_string()]);
        prop_assert_eq!(made, [doubled, odd, keys].concat());
    }

    #[test]
    fn partitions_as_a_whole(records in records(), cut in 1_usize..6) {
        let made = made(2, cut, &records, |_, rdd| {
            rdd.map_partitions_with_index(|index, records| {
                [format!("{index}:{}", records.map(|(_, value)| value).collect::<String>())]
            })
        });
        let text = |(index, slice): (usize, Vec<Record>)| {
            let values: String = slice.into_iter().map(|(_, value)| value).collect();
            vec![format!("{index}:{values}")]
        };
        let expected: Vec<_> = slices(&records, cut).into_iter().enumerate().map(text).collect();
        prop_assert_eq!(made, expected);
    }

    #[test]
    fn zip_with_index(records in records(), cut in 1_usize..6) {
        let made = made(2, cut, &records, |_, rdd| rdd.zip_with_index());
        let indexed: Vec<(Record, u64)> = records.into_iter().zip(0..).collect();
        let lengths: Vec<usize> =
            slices(&indexed, cut).iter().map(Vec::len).collect();
        prop_assert_eq!(made.iter().map(Vec::len).collect::<Vec<_>>(), lengths);
        prop_assert_eq!(made.concat(), indexed);
    }

    #[test]
    fn sort_by(
        records in records(), cut in 1_usize..5, count in 1_usize..6, ascending: bool,
    ) {
        let slices = slices(&records, cut);
        let of_values = made(count, cut, &records, |_, rdd| {
            rdd.sort_by(|(key, value)| (*key % 3, value.clone()), ascending)
        });
        let expected =
            sorted(&slices, |(key, value)| (*key % 3, value.clone()), ascending, count);
        prop_assert_eq!(of_values, expected);
        let of_keys = made(count, cut, &records, |_, rdd| rdd.sort_by_key(ascending));
        prop_assert_eq!(&of_keys, &sorted(&slices, |(key, _)| *key, ascending, count));
        let told = made(1, cut, &records, |_, rdd| {
            rdd.sort_by_with(|(key, _)| *key, ascending, count as u32)
        });
        prop_assert_eq!(of_keys, told);
    }

    #[test]
    fn the_first_by_some_order(
        records in records(), cut in 1_usize..6, count in 0_usize..60,
    ) {
        let by_key = |(key, _): &Record| key % 4;
        let given = same(2, |ssc| {
            let rdd = ssc.parallelize_in(records.clone(), cut as u32);
            [
                rdd.take_ordered(count),
                rdd.top(count),
                rdd.take_ordered_by(count, by_key),
                rdd.top_by(count, by_key),
            ]
        });
        let first = |compare: &dyn Fn(&Record, &Record) -> std::cmp::Ordering| {
            let mut sorted = records.clone();
            sorted.sort_by(compare);
            sorted.truncate(count);
            sorted
        };
        let expected = [
            first(&|one, other| one.cmp(other)),
            first(&|one, other| other.cmp(one)),
            first(&|one, other| by_key(one).cmp(&by_key(other))),
            first(&|one, other| by_key(other).cmp(&by_key(one))),
        ];
        prop_assert_eq!(given, expected);
    }

    #[test]
    fn all_records_into_one(records in records(), cut in 1_usize..6) {
        let (reduced, folded, aggregated) = same(2, |ssc| {
            let rdd = ssc.parallelize_in(records.clone(), cut as u32);
            let values = rdd.values();
            let folded = values.fold("<".to_owned(), |a, b| a + &b);
            let aggregated = rdd.aggregate(
                Vec::new(),
                |mut keys, (key, _)| {
                    keys.push(key);
                    keys
                },
                |mut keys, more| {
                    keys.push(u8::MAX);
                    keys.extend(more);
                    keys
                },
            );
            (values.reduce(CONCATENATE), folded, aggregated)
        });
        let values = records.iter().map(|(_, value)| value.clone());
        prop_assert_eq!(reduced, values.reduce(CONCATENATE));
        // The zero counts once per partition and once more.
        let (mut fold, mut keys) = ("<".to_owned(), Vec::new());
        for slice in slices(&records, cut) {
            fold.push('<');
            keys.push(u8::MAX);
            for (key, value) in slice {
                fold.push_str(&value);
                keys.push(key);
            }
        }
        prop_assert_eq!(folded, fold);
        prop_assert_eq!(aggregated, keys);
    }

    #[test]
    fn every_record_and_every_partition_is_visited(records in records(), cut in 1_usize..6) {
        let (each, partitions) = same(2, |ssc| {
            let rdd = ssc.parallelize_in(records.clone(), cut as u32);
            let (each, partitions) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
            rdd.for_each(|record| each.lock().unwrap().push(record));
            rdd.for_each_partition(|records| {
                partitions.lock().unwrap().push(records.collect::<Vec<_>>());
            });
            let (mut each, mut partitions) =
                (each.into_inner().unwrap(), partitions.into_inner().unwrap());
            each.sort();
            partitions.sort();
            (each, partitions)
        });
        let (mut all, mut slices) = (records.clone(), slices(&records, cut));
        all.sort();
        slices.sort();
        prop_assert_eq!(each, all);
        prop_assert_eq!(partitions, slices);
    }

    #[test]
    fn values_by_key(records in records(), cut in 1_usize..6, partitions in 1_usize..5) {
        let groups = grouped(&records);
        let concatenated: Vec<Record> =
            groups.iter().map(|(key, values)| (*key, values.concat())).collect();
        let expected = parted(concatenated, partitions);
        let reduced = made(partitions, cut, &records, |_, rdd| rdd.reduce_by_key(CONCATENATE));
        prop_assert_eq!(&reduced, &expected);
        let told = made(1, cut, &records, |_, rdd| {
            rdd.reduce_by_key_with(CONCATENATE, partitions as u32)
        });
        prop_assert_eq!(&told, &expected);
        let combined = made(partitions, cut, &records, |_, rdd| {
            rdd.combine_by_key(|value| value, CONCATENATE, CONCATENATE)
        });
        prop_assert_eq!(&combined, &expected);
        let lists = made(partitions, cut, &records, |_, rdd| rdd.group_by_key().map_values(values));
        prop_assert_eq!(lists, parted(groups, partitions));
        let places = made(1, cut, &records, |_, rdd| rdd.partition_by(partitions as u32));
        prop_assert_eq!(places, parted(records, partitions));
    }

    #[test]
    fn values_that_occur(records in records(), cut in 1_usize..6, partitions in 1_usize..5) {
        let keys: Vec<u8> = records.iter().map(|(key, _)| *key).collect();
        let counts: Vec<(u8, i64)> =
            grouped(&records).iter().map(|(key, values)| (*key, values.len() as i64)).collect();
        let counts = parted(counts, partitions);
        let counted = made(partitions, cut, &keys, |_, rdd| rdd.count_by_value());
        prop_assert_eq!(&counted, &counts);
        let distinct = made(partitions, cut, &keys, |_, rdd| rdd.distinct());
        let once = |partition: &Vec<(u8, i64)>| partition.iter().map(|(key, _)| *key).collect();
        prop_assert_eq!(distinct, counts.iter().map(once).collect::<Vec<Vec<u8>>>());
    }

    #[test]
    fn two_sides(
        left in records(), right in records(), cut in 1_usize..4, partitions in 1_usize..5,
    ) {
        fn open((key, (left, right)): (u8, (String, String))) -> Joined {
            (key, (Some(left), Some(right)))
        }
        let cogroups = cogrouped(&left, &right);
        let sides = |parts: &[Vec<Sides>], left_open, right_open| -> Vec<Vec<_>> {
            parts.iter().map(|part| joined(part.clone(), left_open, right_open)).collect()
        };
        let expected = parted(cogroups, partitions);
        let with = |ssc: &StreamingContext| ssc.parallelize_in(right.clone(), 3);
        let made_of = made(partitions, cut, &left, |ssc, rdd| {
            rdd.cogroup(&with(ssc)).map_values(|(l, r)| (values(l), values(r)))
        });
        prop_assert_eq!(&made_of, &expected);
        let inner = made(partitions, cut, &left, |ssc, rdd| rdd.join(&with(ssc)).map(open));
        prop_assert_eq!(inner, sides(&expected, false, false));
        let lefts = made(partitions, cut, &left, |ssc, rdd| {
            rdd.left_outer_join(&with(ssc)).map(|(key, (l, r))| (key, (Some(l), r)))
        });
        prop_assert_eq!(lefts, sides(&expected, false, true));
        let rights = made(partitions, cut, &left, |ssc, rdd| {
            rdd.right_outer_join(&with(ssc)).map(|(key, (l, r))| (key, (l, Some(r))))
        });
        prop_assert_eq!(rights, sides(&expected, true, false));
        let both = made(1, cut, &left, |ssc, rdd| {
            rdd.full_outer_join_with(&with(ssc), partitions as u32)
        });
        prop_assert_eq!(both, sides(&expected, true, true));
    }

    /// Received records are one partition in many pieces, and pieces do not show.
    #[test]
    fn what_was_received(
        messages in messages(), partitions in 1_usize..4, block_bytes in block_bytes(),
    ) {
        let everything = |rdd: &Rdd<String>| {
            let pairs = rdd.map(|line| (line.len() % 3, line));
            let parts = [
                pairs.reduce_by_key(CONCATENATE).map(|pair| format!("{pair:?}")),
                pairs.join(&pairs.keys().distinct().map(|key| (key, ()))).map(|pair| format!("{pair:?}")),
                rdd.sort_by(String::clone, true),
                rdd.zip_with_index().map(|(line, index)| format!("{index}{line}")),
                rdd.map_partitions(|lines| [lines.collect::<String>()]),
            ];
            let values = format!(
                "{:?} {:?} {:?} {:?} {:?}",
                rdd.reduce(CONCATENATE),
                rdd.fold("<".to_owned(), CONCATENATE),
                rdd.top(2),
                rdd.take(2),
                rdd.count(),
            );
            let all = parts.iter().skip(1).fold(parts[0].clone(), |all, part| all.union(part));
            all.union(&rdd.map(move |_| values.clone()))
        };
        let run = |setup: Setup| setup.run_batches(&messages, |lines| {
            lines.map(|line| line.to_string()).transform(everything)
        });
        let uncut = run(Setup { workers: 1, partitions, block_bytes: usize::MAX });
        for setup in setups(partitions, block_bytes) {
            prop_assert_eq!(&run(setup), &uncut);
        }
    }
}
