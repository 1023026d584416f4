//! The operators on streams of pairs against their models: laws 2 and 3, the empty batch, and
//! the rules that they share.

use std::collections::HashMap;

use millrace::partition::{Partitioner, Partitions};
use millrace::testing::Setup;
use proptest::prelude::*;

use super::feeding::{Batch, Parts, feeding, parted};
use super::model;
use super::support::{CONCATENATE, Pair, cases};

/// The number of partitions that an operator is given, if it is given one.
fn given() -> impl Strategy<Value = Option<u32>> {
    prop::option::of(1_u32..=4)
}

fn partitions(given: Option<u32>, default: usize) -> usize {
    given.map_or(default, |given| given as usize)
}

/// The values of a key on either side.
type Sided = (Vec<String>, Vec<String>);

/// The values of both sides of every key, in the order in which the keys come.
fn cogrouped(batch: &Batch) -> Vec<(String, Sided)> {
    let mut left: HashMap<_, _> = model::grouped(batch.lefts()).into_iter().collect();
    let mut right: HashMap<_, _> = model::grouped(batch.rights()).into_iter().collect();
    let both = [batch.lefts(), batch.rights()].concat();
    let keys = model::grouped(both).into_iter().map(|(key, _)| key);
    keys.map(|key| {
        let sides = (left.remove(&key), right.remove(&key));
        let sides = (sides.0.unwrap_or_default(), sides.1.unwrap_or_default());
        (key, sides)
    })
    .collect()
}

/// A key's values as a side of a join has them: one `None` for none, if the side may be open.
fn side(values: Vec<String>, open: bool) -> Vec<Option<String>> {
    if values.is_empty() && open {
        return vec![None];
    }
    values.into_iter().map(Some).collect()
}

type Joined = (String, (Option<String>, Option<String>));

fn joined(batch: &Batch, open: (bool, bool), partitions: usize) -> Parts<Joined> {
    let mut pairs = Vec::new();
    for (key, (left, right)) in cogrouped(batch) {
        for one in side(left, open.0) {
            for other in side(right.clone(), open.1) {
                pairs.push((key.clone(), (one.clone(), other)));
            }
        }
    }
    parted(pairs, partitions)
}

fn inner<K, A, B>(parts: Parts<(K, (Option<A>, B))>) -> Parts<(K, (A, B))> {
    let there = |(key, (one, other)): (K, (Option<A>, B))| (key, (one.unwrap(), other));
    let part = |part: Vec<_>| part.into_iter().map(there).collect();
    parts.into_iter().map(part).collect()
}

fn swapped<K, A, B>(parts: Parts<(K, (A, B))>) -> Parts<(K, (B, A))> {
    let swap = |(key, (one, other)): (K, (A, B))| (key, (other, one));
    let part = |part: Vec<_>| part.into_iter().map(swap).collect();
    parts.into_iter().map(part).collect()
}

/// The result of `combine_by_key` for values, in words: shows which function saw what, but not
/// where one part ended and the next began.
fn combined(values: &[String]) -> String {
    values.iter().map(|value| format!("({value})")).collect()
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn map_values(feeding in feeding()) {
        feeding.check(
            |sides| sides.left.map_values(|value| value + "!"),
            |batch| {
                let part = |part: &Vec<Pair>| {
                    part.iter().map(|(key, value)| (key.clone(), format!("{value}!"))).collect()
                };
                batch.left.iter().map(part).collect()
            },
        )?;
    }

    #[test]
    fn flat_map_values(feeding in feeding()) {
        fn times(value: &str) -> usize {
            value.parse::<usize>().unwrap_or(1) % 3
        }
        feeding.check(
            |sides| sides.left.flat_map_values(|value| (0..times(&value)).map(move |n| (n, value.clone()))),
            |batch| {
                let part = |part: &Vec<Pair>| {
                    let mut pairs = Vec::new();
                    for (key, value) in part {
                        for n in 0..times(value) {
                            pairs.push((key.clone(), (n, value.clone())));
                        }
                    }
                    pairs
                };
                batch.left.iter().map(part).collect()
            },
        )?;
    }

    #[test]
    fn group_by_key(feeding in feeding(), given in given()) {
        let partitions = partitions(given, feeding.partitions);
        feeding.check(
            |sides| match given {
                None => sides.left.group_by_key(),
                Some(given) => sides.left.group_by_key_with(given),
            },
            |batch| {
                let groups = model::grouped(batch.lefts()).into_iter();
                let values = groups.map(|(key, values)| (key, values.into_iter().collect()));
                parted(values.collect(), partitions)
            },
        )?;
    }

    #[test]
    fn combine_by_key(feeding in feeding(), given in given()) {
        let create = |value: String| format!("({value})");
        let add = |all: String, value: String| format!("{all}({value})");
        let partitions = partitions(given, feeding.partitions);
        feeding.check(
            |sides| match given {
                None => sides.left.combine_by_key(create, add, CONCATENATE),
                Some(given) => sides.left.combine_by_key_with(create, add, CONCATENATE, given),
            },
            |batch| {
                let groups = model::grouped(batch.lefts()).into_iter();
                let values = groups.map(|(key, values)| (key, combined(&values)));
                parted(values.collect(), partitions)
            },
        )?;
    }

    #[test]
    fn reduce_by_key(feeding in feeding(), given in given()) {
        let partitions = partitions(given, feeding.partitions);
        feeding.check(
            |sides| match given {
                None => sides.left.reduce_by_key(CONCATENATE),
                Some(given) => sides.left.reduce_by_key_with(CONCATENATE, given),
            },
            |batch| {
                let groups = model::grouped(batch.lefts()).into_iter();
                let values = groups.map(|(key, values)| (key, values.concat()));
                parted(values.collect(), partitions)
            },
        )?;
    }

    #[test]
    fn count_by_value(feeding in feeding(), given in given()) {
        let partitions = partitions(given, feeding.partitions);
        feeding.check(
            |sides| match given {
                None => sides.left.count_by_value(),
                Some(given) => sides.left.count_by_value_with(given),
            },
            |batch| {
                let ones = batch.lefts().into_iter().map(|pair| (pair, ())).collect();
                let groups = model::grouped(ones).into_iter();
                let counts = groups.map(|(pair, ones)| (pair, ones.len() as i64));
                parted(counts.collect(), partitions)
            },
        )?;
    }

    #[test]
    fn partition_by(feeding in feeding(), partitions in 1_u32..=5) {
        feeding.check(
            |sides| sides.left.partition_by(partitions),
            |batch| parted(batch.lefts(), partitions as usize),
        )?;
    }

    #[test]
    fn cogroup(feeding in feeding(), given in given()) {
        let partitions = partitions(given, feeding.partitions);
        feeding.check(
            |sides| match given {
                None => sides.left.cogroup(&sides.right),
                Some(given) => sides.left.cogroup_with(&sides.right, given),
            },
            |batch| {
                let groups = cogrouped(batch).into_iter().map(|(key, (left, right))| {
                    (key, (left.into_iter().collect(), right.into_iter().collect()))
                });
                parted(groups.collect(), partitions)
            },
        )?;
    }

    #[test]
    fn join(feeding in feeding(), given in given()) {
        let partitions = partitions(given, feeding.partitions);
        feeding.check(
            |sides| match given {
                None => sides.left.join(&sides.right),
                Some(given) => sides.left.join_with(&sides.right, given),
            },
            |batch| swapped(inner(swapped(inner(joined(batch, (false, false), partitions))))),
        )?;
    }

    #[test]
    fn left_outer_join(feeding in feeding(), given in given()) {
        let partitions = partitions(given, feeding.partitions);
        feeding.check(
            |sides| match given {
                None => sides.left.left_outer_join(&sides.right),
                Some(given) => sides.left.left_outer_join_with(&sides.right, given),
            },
            |batch| inner(joined(batch, (false, true), partitions)),
        )?;
    }

    #[test]
    fn right_outer_join(feeding in feeding(), given in given()) {
        let partitions = partitions(given, feeding.partitions);
        feeding.check(
            |sides| match given {
                None => sides.left.right_outer_join(&sides.right),
                Some(given) => sides.left.right_outer_join_with(&sides.right, given),
            },
            |batch| swapped(inner(swapped(joined(batch, (true, false), partitions)))),
        )?;
    }

    #[test]
    fn full_outer_join(feeding in feeding(), given in given()) {
        let partitions = partitions(given, feeding.partitions);
        feeding.check(
            |sides| match given {
                None => sides.left.full_outer_join(&sides.right),
                Some(given) => sides.left.full_outer_join_with(&sides.right, given),
            },
            |batch| joined(batch, (true, true), partitions),
        )?;
    }

    #[test]
    fn a_stream_with_itself(feeding in feeding()) {
        let both = |batch: &Batch| Batch { left: batch.left.clone(), right: batch.left.clone() };
        let partitions = feeding.partitions;
        feeding.check(
            |sides| sides.left.full_outer_join(&sides.left),
            |batch| joined(&both(batch), (true, true), partitions),
        )?;
    }

    /// The result of a shuffle goes into the next one.
    #[test]
    fn a_join_of_groups(feeding in feeding()) {
        let partitions = feeding.partitions;
        feeding.check(
            |sides| {
                let groups = sides.left.group_by_key().map_values(|values| values.len());
                groups.join_with(&sides.right.group_by_key(), 2).map_values(|(n, all)| (n, all.to_vec()))
            },
            |batch| {
                let groups = |pairs| parted(model::grouped(pairs), partitions).concat();
                let right: HashMap<_, _> = groups(batch.rights()).into_iter().collect();
                let left = groups(batch.lefts()).into_iter();
                let pairs = left.filter_map(|(key, values)| {
                    let others = right.get(&key)?.clone();
                    Some((key, (values.len(), others)))
                });
                parted(pairs.collect(), 2)
            },
        )?;
    }
}

/// A partitioner of the program's own.
#[derive(Clone, Copy)]
struct LastFirst;

impl Partitioner<String> for LastFirst {
    fn partitions(&self) -> usize {
        2
    }

    fn partition(&self, key: &String) -> usize {
        usize::from(key.as_str() < "c")
    }
}

#[test]
fn a_partitioner_decides() {
    let own = || Partitions::by(LastFirst);
    let run = |operator: u8| {
        Setup::default().run_batches(&["a\nd\nb\nc\n"], |lines| {
            let pairs = lines.map(|line| (line.to_string(), 1));
            let keyed = match operator {
                0 => pairs.group_by_key_with(own()).map(|(key, _)| key).glom(),
                1 => {
                    let sums = pairs.combine_by_key_with(|n| n, |a, b| a + b, |a, b| a + b, own());
                    sums.map(|(key, _)| key).glom()
                }
                2 => pairs.partition_by(own()).map(|(key, _)| key).glom(),
                3 => pairs.cogroup_with(&pairs, own()).map(|(key, _)| key).glom(),
                4 => pairs.join_with(&pairs, own()).map(|(key, _)| key).glom(),
                _ => {
                    let keys = pairs.map(|(key, _)| key).count_by_value_with(own());
                    keys.map(|(key, _)| key).glom()
                }
            };
            keyed.map(|keys| keys.join(" "))
        })
    };
    for operator in 0..=5 {
        assert_eq!(run(operator), [["d c", "a b"]], "operator {operator}");
    }
}

/// A list is printed as Python prints one, whether its values are kept as runs or not.
#[test]
fn groups_are_printed() {
    let printed = millrace::testing::run_printed(&["a1\nb2\na1\na3\n"], |lines| {
        let pairs = lines.map(|line| (line[..1].to_owned(), line[1..].parse::<i64>().unwrap()));
        pairs.group_by_key().print();
        let words = pairs.map_values(|n| format!("{n}'"));
        pairs.cogroup(&words.filter(|(key, _)| key == "b")).print();
        pairs
            .left_outer_join(&words.filter(|(key, _)| key == "b"))
            .print();
    });
    let records: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with('('))
        .collect();
    assert_eq!(
        records,
        [
            "('a', [1, 1, 3])",
            "('b', [2])",
            "('a', ([1, 1, 3], []))",
            "('b', ([2], [\"2'\"]))",
            "('a', (1, None))",
            "('a', (1, None))",
            "('a', (3, None))",
            "('b', (2, \"2'\"))",
        ]
    );
}

/// PySpark 3.5.9's results for left `[(d, 1), (a, 2), (b, 3), (a, 4), (f, 5), (d, 6)]` and right
/// `[(g, x), (a, y), (c, z), (d, u), (a, v), (b, w), (c, t)]` with 1, 2 and 3 partitions: the
/// partitions of `join`, `leftOuterJoin`, `rightOuterJoin`, `fullOuterJoin`, `cogroup`,
/// `groupByKey` of the right and `partitionBy` of the left side, one a line.
const SPARK: [&str; 3] = [
    "\
[('d', (1, 'u')), ('d', (6, 'u')), ('a', (2, 'y')), ('a', (2, 'v')), ('a', (4, 'y')), ('a', (4, 'v')), ('b', (3, 'w'))]
[('d', (1, 'u')), ('d', (6, 'u')), ('a', (2, 'y')), ('a', (2, 'v')), ('a', (4, 'y')), ('a', (4, 'v')), ('b', (3, 'w')), ('f', (5, None))]
[('d', (1, 'u')), ('d', (6, 'u')), ('a', (2, 'y')), ('a', (2, 'v')), ('a', (4, 'y')), ('a', (4, 'v')), ('b', (3, 'w')), ('g', (None, 'x')), ('c', (None, 'z')), ('c', (None, 't'))]
[('d', (1, 'u')), ('d', (6, 'u')), ('a', (2, 'y')), ('a', (2, 'v')), ('a', (4, 'y')), ('a', (4, 'v')), ('b', (3, 'w')), ('f', (5, None)), ('g', (None, 'x')), ('c', (None, 'z')), ('c', (None, 't'))]
[('d', ([1, 6], ['u'])), ('a', ([2, 4], ['y', 'v'])), ('b', ([3], ['w'])), ('f', ([5], [])), ('g', ([], ['x'])), ('c', ([], ['z', 't']))]
[('g', ['x']), ('a', ['y', 'v']), ('c', ['z', 't']), ('d', ['u']), ('b', ['w'])]
[('d', 1), ('a', 2), ('b', 3), ('a', 4), ('f', 5), ('d', 6)]
",
    "\
[('d', (1, 'u')), ('d', (6, 'u')), ('b', (3, 'w'))]
[('a', (2, 'y')), ('a', (2, 'v')), ('a', (4, 'y')), ('a', (4, 'v'))]
[('d', (1, 'u')), ('d', (6, 'u')), ('b', (3, 'w'))]
[('a', (2, 'y')), ('a', (2, 'v')), ('a', (4, 'y')), ('a', (4, 'v')), ('f', (5, None))]
[('d', (1, 'u')), ('d', (6, 'u')), ('b', (3, 'w')), ('g', (None, 'x')), ('c', (None, 'z')), ('c', (None, 't'))]
[('a', (2, 'y')), ('a', (2, 'v')), ('a', (4, 'y')), ('a', (4, 'v'))]
[('d', (1, 'u')), ('d', (6, 'u')), ('b', (3, 'w')), ('g', (None, 'x')), ('c', (None, 'z')), ('c', (None, 't'))]
[('a', (2, 'y')), ('a', (2, 'v')), ('a', (4, 'y')), ('a', (4, 'v')), ('f', (5, None))]
[('d', ([1, 6], ['u'])), ('b', ([3], ['w'])), ('g', ([], ['x'])), ('c', ([], ['z', 't']))]
[('a', ([2, 4], ['y', 'v'])), ('f', ([5], []))]
[('g', ['x']), ('c', ['z', 't']), ('d', ['u']), ('b', ['w'])]
[('a', ['y', 'v'])]
[('d', 1), ('b', 3), ('d', 6)]
[('a', 2), ('a', 4), ('f', 5)]
",
    "\
[('b', (3, 'w'))]
[('a', (2, 'y')), ('a', (2, 'v')), ('a', (4, 'y')), ('a', (4, 'v'))]
[('d', (1, 'u')), ('d', (6, 'u'))]
[('b', (3, 'w')), ('f', (5, None))]
[('a', (2, 'y')), ('a', (2, 'v')), ('a', (4, 'y')), ('a', (4, 'v'))]
[('d', (1, 'u')), ('d', (6, 'u'))]
[('b', (3, 'w'))]
[('a', (2, 'y')), ('a', (2, 'v')), ('a', (4, 'y')), ('a', (4, 'v')), ('c', (None, 'z')), ('c', (None, 't'))]
[('d', (1, 'u')), ('d', (6, 'u')), ('g', (None, 'x'))]
[('b', (3, 'w')), ('f', (5, None))]
[('a', (2, 'y')), ('a', (2, 'v')), ('a', (4, 'y')), ('a', (4, 'v')), ('c', (None, 'z')), ('c', (None, 't'))]
[('d', (1, 'u')), ('d', (6, 'u')), ('g', (None, 'x'))]
[('b', ([3], ['w'])), ('f', ([5], []))]
[('a', ([2, 4], ['y', 'v'])), ('c', ([], ['z', 't']))]
[('d', ([1, 6], ['u'])), ('g', ([], ['x']))]
[('b', ['w'])]
[('a', ['y', 'v']), ('c', ['z', 't'])]
[('g', ['x']), ('d', ['u'])]
[('b', 3), ('f', 5)]
[('a', 2), ('a', 4)]
[('d', 1), ('d', 6)]
",
];

#[test]
fn spark_has_the_same_partitions() {
    let message = "d1\na2\ngx\nay\nb3\na4\ncz\ndu\nf5\nav\nbw\nd6\nct\n";
    for (partitions, spark) in (1..).zip(SPARK) {
        let setup = Setup {
            partitions,
            ..Setup::default()
        };
        let printed = setup.run(&[message], |lines| {
            let pairs = lines.map(|line| (line[..1].to_owned(), line[1..].to_owned()));
            let left = pairs.flat_map(|(key, value)| Some((key, value.parse::<i64>().ok()?)));
            let right = pairs.filter(|(_, value)| value.parse::<i64>().is_err());
            left.join(&right).glom().print();
            left.left_outer_join(&right).glom().print();
            left.right_outer_join(&right).glom().print();
            left.full_outer_join(&right).glom().print();
            left.cogroup(&right).glom().print();
            right.group_by_key().glom().print();
            let parts = u32::try_from(partitions).unwrap();
            left.partition_by(parts).glom().print();
        });
        let records = printed.lines().filter(|line| line.starts_with('['));
        let records: String = records.map(|line| format!("{line}\n")).collect();
        assert_eq!(records, spark, "{partitions} partitions");
    }
}
