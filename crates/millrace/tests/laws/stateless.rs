//! The operators that see batches and no keys against their models: laws 2 and 3, the empty
//! batch; what they call and how often; what they hold on to; and the rules that they share.

use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use millrace::pipeline::Lines;
use millrace::testing::{Setup, run_outputs};
use millrace::{DStream, Duration, ErrorKind, Text, keys};
use proptest::prelude::*;

use super::feeding::{Batch, Parts, feeding};
use super::support::{Live, Pair, behind_batch, cases, failure, run_to_the_end, watched};

/// A pair as one word.
fn word((key, value): Pair) -> String {
    key + &value
}

fn words(parts: &Parts<Pair>) -> Parts<String> {
    let part = |part: &Vec<Pair>| part.iter().cloned().map(word).collect();
    parts.iter().map(part).collect()
}

/// The parts of one side, then those of the other.
fn both<T: Clone>(left: &Parts<T>, right: &Parts<T>) -> Parts<T> {
    [left.clone(), right.clone()].concat()
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn glom(feeding in feeding()) {
        feeding.check(
            |sides| sides.left.glom(),
            |batch| batch.left.iter().map(|part| vec![part.clone()]).collect(),
        )?;
    }

    #[test]
    fn map_partitions(feeding in feeding()) {
        feeding.check(
            |sides| sides.left.map_partitions(|pairs| [pairs.map(word).collect::<Vec<_>>().concat()]),
            |batch| words(&batch.left).iter().map(|part| vec![part.concat()]).collect(),
        )?;
    }

    #[test]
    fn map_partitions_with_index(feeding in feeding()) {
        feeding.check(
            |sides| {
                let numbered = |index, pairs: std::vec::IntoIter<Pair>| {
                    pairs.map(move |pair| (index, word(pair))).collect::<Vec<_>>()
                };
                // A partition has its number in the union.
                sides.left.union(&sides.right).map_partitions_with_index(numbered)
            },
            |batch| {
                let parts = words(&both(&batch.left, &batch.right)).into_iter().enumerate();
                parts.map(|(index, part)| part.into_iter().map(|word| (index, word)).collect()).collect()
            },
        )?;
    }

    #[test]
    fn repartition(feeding in feeding(), partitions in 1_u32..=5, times in 1_usize..=6) {
        // Batches that are more than one parcel.
        let many = move |pair: Pair| (0..times).map(move |n| (n, pair.clone())).collect::<Vec<_>>();
        feeding.check(
            |sides| sides.left.flat_map(many).repartition(partitions),
            |batch| dealt(&batch.left, many, partitions as usize),
        )?;
    }

    #[test]
    fn union(feeding in feeding(), order in prop::collection::vec(any::<bool>(), 1..5)) {
        feeding.check(
            |sides| {
                let of = |&left: &bool| if left { sides.left.clone() } else { sides.right.clone() };
                sides.context.union(&order.iter().map(of).collect::<Vec<_>>())
            },
            |batch| {
                let of = |&left: &bool| if left { &batch.left } else { &batch.right };
                order.iter().flat_map(|left| of(left).clone()).collect()
            },
        )?;
    }

    #[test]
    fn union_of_two(feeding in feeding()) {
        feeding.check(
            |sides| sides.left.union(&sides.right.map(|(key, value)| (value, key))),
            |batch| {
                let swap = |part: &Vec<Pair>| {
                    part.iter().map(|(key, value)| (value.clone(), key.clone())).collect()
                };
                both(&batch.left, &batch.right.iter().map(swap).collect())
            },
        )?;
    }

    #[test]
    fn a_union_is_shuffled_in_its_order(feeding in feeding()) {
        feeding.check(
            |sides| sides.context.union(&[sides.right.clone(), sides.left.clone()]).map(word).reduce(|a, b| a + &b),
            |batch| {
                let all = words(&both(&batch.right, &batch.left)).concat();
                vec![all.into_iter().reduce(|a, b| a + &b).into_iter().collect()]
            },
        )?;
    }

    #[test]
    fn count(feeding in feeding()) {
        feeding.check(
            |sides| sides.left.count(),
            |batch| vec![vec![batch.lefts().len() as i64]],
        )?;
        // Of something that knows how many it has.
        feeding.check(
            |sides| sides.left.group_by_key().count(),
            |batch| vec![vec![super::model::grouped(batch.lefts()).len() as i64]],
        )?;
    }

    #[test]
    fn reduce(feeding in feeding()) {
        feeding.check(
            |sides| sides.left.map(word).reduce(|a, b| a + "," + &b),
            |batch| {
                let words = words(&batch.left).concat();
                vec![words.into_iter().reduce(|a, b| a + "," + &b).into_iter().collect()]
            },
        )?;
    }

    #[test]
    fn transform_with_time(feeding in feeding()) {
        let times = Mutex::new(Vec::new());
        feeding.check(
            |sides| {
                sides.left.transform_with_time(|rdd, time| {
                    rdd.map(move |pair| (time.as_millis(), word(pair)))
                })
            },
            |batch| {
                let mut times = times.lock().unwrap();
                times.push(());
                let time = 1000 * times.len() as i64;
                let stamped = |part: Vec<String>| part.into_iter().map(|word| (time, word)).collect();
                words(&batch.left).into_iter().map(stamped).collect()
            },
        )?;
    }

    #[test]
    fn transform_with(feeding in feeding()) {
        feeding.check(
            |sides| {
                let left = sides.left.map(word);
                left.transform_with(&sides.right, |left, right| right.map(word).union(left))
            },
            |batch| words(&both(&batch.right, &batch.left)),
        )?;
    }

    #[test]
    fn transform_of_many(feeding in feeding(), many in 1_usize..4) {
        feeding.check(
            |sides| {
                let streams = [sides.left.clone(), sides.right.clone(), sides.left.clone()];
                sides.context.transform(&streams[..many], |rdds, _| {
                    rdds.iter().skip(1).fold(rdds[0].clone(), |all, rdd| rdd.union(&all))
                })
            },
            |batch| {
                let parts = [&batch.left, &batch.right, &batch.left];
                parts[..many].iter().rev().flat_map(|&parts| parts.clone()).collect()
            },
        )?;
    }

    #[test]
    fn persist(feeding in feeding()) {
        feeding.check(
            |sides| {
                let kept = sides.left.union(&sides.right).persist();
                kept.union(&kept.cache())
            },
            |batch: &Batch| {
                let all = both(&batch.left, &batch.right);
                both(&all, &all)
            },
        )?;
    }
}

/// The records as `repartition` deals them: in parcels of ten, one partition after the other.
fn dealt<T: Clone>(
    parts: &Parts<Pair>,
    make: impl Fn(Pair) -> Vec<T>,
    partitions: usize,
) -> Parts<T> {
    let mut spread: Parts<T> = vec![Vec::new(); partitions];
    for (number, part) in parts.iter().enumerate() {
        let all: Vec<T> = part.iter().cloned().flat_map(&make).collect();
        for (parcel, records) in all.chunks(10).enumerate() {
            spread[(begins(number, partitions) + parcel) % partitions].extend_from_slice(records);
        }
    }
    spread
}

/// The partition into which PySpark 3.5.9 put the first record of partition 0, 1 or 2.
fn begins(number: usize, partitions: usize) -> usize {
    let seen = [[0, 0, 0], [1, 1, 0], [0, 1, 2], [1, 1, 0], [4, 4, 4]];
    seen[partitions - 1][number]
}

/// A function runs once per record, however many read what is kept; and as often as it is read if
/// it is not kept.
#[test]
fn what_is_kept_is_computed_once() {
    let calls = |keep: bool| {
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&calls);
        run_outputs(&["a\nb\n", "c\n"], move |lines| {
            let mapped = lines.map(move |line| {
                counter.fetch_add(1, Ordering::Relaxed);
                line.to_string()
            });
            let mapped = if keep {
                mapped.persist().erased()
            } else {
                mapped.erased()
            };
            (0..3).for_each(|_| mapped.foreach_rdd(|rdd| drop(rdd.collect())));
            mapped
                .count_by_value()
                .foreach_rdd(|rdd| drop(rdd.collect()));
        });
        calls.load(Ordering::Relaxed)
    };
    assert_eq!((calls(true), calls(false)), (3, 4 * 3));
}

/// Sends far more than the budget before the batch ends, which is not before everything was
/// received: whatever holds on to received text waits for ever.
fn in_one_batch(program: impl FnOnce(&DStream<Text, Lines>) + Send + 'static) {
    watched(|| {
        let settings = [
            (keys::MAX_BYTES_IN_FLIGHT, "2m"),
            (keys::STOP_AT_EOF, "true"),
        ];
        let live = Live::new(Duration::seconds(3600), &settings);
        program(&live.lines);
        let listener = live.listener;
        let sender = thread::spawn(move || {
            let (mut connection, _) = listener.accept().unwrap();
            let lines: String = (0..MANY)
                .map(|n| format!("a long line of number {n}\n"))
                .collect();
            connection.write_all(lines.as_bytes()).unwrap();
        });
        live.context.start().unwrap();
        live.context.await_termination().unwrap();
        sender.join().unwrap();
    });
}

/// Lines of some thirty bytes: many times the budget, and more than kernels keep for a socket.
const MANY: i64 = 1_000_000;

#[test]
fn count_and_reduce_let_go_of_what_they_have_seen() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    in_one_batch(move |lines| {
        let counted = Arc::clone(&noted);
        lines.count().foreach_rdd(move |rdd| {
            counted.lock().unwrap().extend(rdd.collect());
        });
        // Texts that are cut out of their blocks.
        let last = |one: Text, other: Text| {
            if number(&one) > number(&other) {
                one
            } else {
                other
            }
        };
        lines.reduce(last).foreach_rdd(move |rdd| {
            noted
                .lock()
                .unwrap()
                .extend(rdd.collect().iter().map(number));
        });
    });
    assert_eq!(*seen.lock().unwrap(), [MANY, MANY - 1]);
}

#[test]
fn cogroup_lets_go_of_what_it_has_seen() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    in_one_batch(move |lines| {
        let last = lines.map(|line| (number(&line) % 10, number(&line)));
        let both = last.cogroup(&last.filter(|(digit, _)| *digit == 3));
        both.foreach_rdd(move |rdd| {
            let sizes = rdd
                .collect()
                .into_iter()
                .map(|(digit, (all, some))| (digit, all.len() as i64, some.len() as i64));
            noted.lock().unwrap().extend(sizes);
        });
    });
    let mut seen = seen.lock().unwrap().clone();
    seen.sort_unstable();
    let third = |digit| if digit == 3 { MANY / 10 } else { 0 };
    let expected: Vec<_> = (0..10)
        .map(|digit| (digit, MANY / 10, third(digit)))
        .collect();
    assert_eq!(seen, expected);
}

fn number(line: &Text) -> i64 {
    line.rsplit(' ')
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap()
}

/// Law 7: whoever's function it was is named.
#[test]
fn functions_are_blamed() {
    type Program = fn(&DStream<Text, Lines>);
    let programs: [(&str, Program); 7] = [
        ("reduce", |lines| {
            lines.reduce(|_, _| panic!("no good")).foreach_rdd(|_| ());
        }),
        ("count", |lines| {
            let picky = lines.filter(|_| panic!("no good"));
            picky.count().foreach_rdd(|_| ());
        }),
        ("transform", |lines| {
            lines
                .transform_with_time(|rdd, _| {
                    assert!(rdd.is_empty(), "no good");
                    rdd.clone()
                })
                .foreach_rdd(|_| ());
        }),
        ("transform_with", |lines| {
            let both = lines.transform_with(lines, |rdd, _| {
                assert!(rdd.is_empty(), "no good");
                rdd.clone()
            });
            both.foreach_rdd(|_| ());
        }),
        ("persist", |lines| {
            lines
                .map_partitions(|_| -> [Text; 1] { panic!("no good") })
                .persist()
                .foreach_rdd(|_| ());
        }),
        ("combine_by_key", |lines| {
            let ones = lines.map(|line| (line, 1));
            ones.combine_by_key(|_| -> i32 { panic!("no good") }, |a, _| a, |a, _| a)
                .foreach_rdd(|_| ());
        }),
        ("join", |lines| {
            let picky = lines
                .map(|line| (line, 1))
                .map_values(|_| -> i32 { panic!("no good") });
            picky.join(&picky).foreach_rdd(|_| ());
        }),
    ];
    for (name, program) in programs {
        let error = failure(run_to_the_end("a\nb\n", move |_, lines| program(lines)));
        assert_eq!(error.kind(), ErrorKind::Task, "{error}");
        let (error, stage) = (error.to_string(), format!("{name} at {}:", file!()));
        assert!(
            behind_batch(&error).starts_with(&stage),
            "{error} does not name {name}"
        );
        assert!(error.ends_with("no good"), "{error}");
    }
}

/// A stream that one block of many makes: every worker has something to do, and nothing of it
/// is seen.
#[test]
fn what_is_received_is_one_partition_however_it_is_cut() {
    for block_bytes in [1, 7, 64, usize::MAX] {
        let setup = Setup {
            workers: 4,
            partitions: 1,
            block_bytes,
        };
        let batches = setup.run_batches(&["a\nb\nc\nd\n", "", "e\n"], |lines| {
            lines.persist().map(|line| line.to_string()).glom()
        });
        let expected: [Parts<&str>; 3] = [vec![vec!["a", "b", "c", "d"]], vec![], vec![vec!["e"]]];
        assert_eq!(batches, expected, "{block_bytes}");
    }
}
