//! The everyday operators of an `Rdd`, each against plain vectors, or against figures that PySpark's
//! own Python code gave.

#![allow(clippy::unwrap_used)]

use millrace::partition::{HashPartitioner, Partitioner};
use millrace::testing::{parallelize, run_context};
use millrace::{ErrorKind, Rdd};
use proptest::prelude::*;

type Pair = (u8, u32);

/// Spark's slices of a list.
fn slices<T: Clone>(records: &[T], count: usize) -> Vec<Vec<T>> {
    let bound = |i| records.len() * i / count;
    let slice = |i| records[bound(i)..bound(i + 1)].to_vec();
    (0..count).map(slice).collect()
}

fn pairs() -> impl Strategy<Value = Vec<Pair>> {
    let keys = prop::collection::vec(0_u8..6, 0..30);
    keys.prop_map(|keys| keys.into_iter().zip(0..).collect())
}

/// The records that `keep` holds for by PySpark's partition of their keys, those of a key together
/// where the key came first.
fn by_key(records: &[Pair], partitions: usize, keep: impl Fn(&Pair) -> bool) -> Vec<Vec<Pair>> {
    let count = u32::try_from(partitions).unwrap().try_into().unwrap();
    let partitioner = HashPartitioner::new(count);
    let mut keys: Vec<u8> = Vec::new();
    for (key, _) in records {
        if !keys.contains(key) {
            keys.push(*key);
        }
    }
    let mut parts = vec![Vec::new(); partitions];
    for key in keys {
        let own = records.iter().filter(|pair| pair.0 == key && keep(pair));
        parts[partitioner.partition(&key)].extend(own.copied());
    }
    parts
}

fn glommed<T: Clone + Send + Sync + 'static>(rdd: &Rdd<T>) -> Vec<Vec<T>> {
    let parts = rdd.glom().collect();
    assert_eq!(rdd.partitions(), parts.len());
    assert_eq!(
        rdd.count(),
        parts.iter().map(|part| part.len() as u64).sum::<u64>()
    );
    parts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn products_and_neighbours(
        left in pairs(), right in prop::collection::vec(any::<u16>(), 0..9),
        cut in 1_usize..5, others in 1_usize..4, fewer in 1_u32..7,
    ) {
        let rdd = parallelize(left.clone(), cut);
        let product = rdd.cartesian(&parallelize(right.clone(), others));
        let mut expected = Vec::new();
        for one in slices(&left, cut) {
            for other in slices(&right, others) {
                let row = |l: &Pair| other.iter().map(|r| (*l, *r)).collect::<Vec<_>>();
                expected.push(one.iter().flat_map(row).collect::<Vec<_>>());
            }
        }
        prop_assert_eq!(glommed(&product), expected);

        let kept = (fewer as usize).min(cut);
        let together = slices(&slices(&left, cut), kept);
        let together: Vec<Vec<Pair>> = together.into_iter().map(|parts| parts.concat()).collect();
        prop_assert_eq!(glommed(&rdd.coalesce(fewer)), together);

        let zipped = rdd.zip(&rdd.map(|(key, n)| (n, key)).persist());
        let with_itself: Vec<_> = left.iter().map(|&(key, n)| ((key, n), (n, key))).collect();
        prop_assert_eq!(glommed(&zipped), slices(&with_itself, cut));

        let ids = rdd.zip_with_unique_id();
        let id = |(k, part): (usize, Vec<Pair>)| {
            part.into_iter().zip((k as u64..).step_by(cut)).collect::<Vec<_>>()
        };
        let expected: Vec<_> = slices(&left, cut).into_iter().enumerate().map(id).collect();
        prop_assert_eq!(glommed(&ids), expected);
    }

    #[test]
    fn one_record_of_all(records in pairs(), cut in 1_usize..5) {
        let rdd = parallelize(records.clone(), cut);
        prop_assert_eq!(rdd.max(), records.iter().max().copied());
        prop_assert_eq!(rdd.min(), records.iter().min().copied());
        // Of equal ones the first, in both.
        let greatest = records.iter().map(|(key, _)| key).max();
        let first = records.iter().find(|(key, _)| Some(key) == greatest);
        prop_assert_eq!(rdd.max_by(|(key, _)| *key), first.copied());
        prop_assert_eq!(rdd.min_by(|(key, _)| *key), records.iter().min_by_key(|(key, _)| *key).copied());
        prop_assert_eq!(rdd.values().sum(), records.iter().map(|(_, n)| n).sum::<u32>());
        let own = records.iter().filter(|(key, _)| *key == 3).map(|(_, n)| *n);
        prop_assert_eq!(rdd.lookup(&3), own.collect::<Vec<_>>());
    }

    #[test]
    fn keys(
        left in pairs(), right in pairs(), cut in 1_usize..4, partitions in 1_usize..4,
    ) {
        let (one, other) = (parallelize(left.clone(), cut), parallelize(right.clone(), 2));
        let count = partitions as u32;
        let is_there = |pair: &Pair| right.iter().any(|(key, _)| *key == pair.0);

        // The keys of the left side come first, so that those of the right side change no order.
        let rest = by_key(&left, partitions, |pair| !is_there(pair));
        prop_assert_eq!(glommed(&one.subtract_by_key_with(&other, count)), rest.clone());
        let keys = |parts: &[Vec<Pair>]| -> Vec<Vec<u8>> {
            parts.iter().map(|part| part.iter().map(|pair| pair.0).collect()).collect()
        };
        let rest_of_keys = one.keys().subtract_with(&other.keys(), count);
        prop_assert_eq!(glommed(&rest_of_keys), keys(&rest));
        // What was told no number has as many as both sides; `parallelize` has told it.
        prop_assert_eq!(one.subtract_by_key(&other).collect(), by_key(&left, cut, |pair| !is_there(pair)).concat());
        let rest = one.keys().subtract(&other.keys());
        prop_assert_eq!(glommed(&rest), keys(&by_key(&left, cut, |pair| !is_there(pair))));
        let mut both = keys(&by_key(&left, cut, is_there));
        both.iter_mut().for_each(Vec::dedup);
        prop_assert_eq!(glommed(&one.keys().intersection(&other.keys())), both);

        let sums = |start: u32, parts: usize| -> Vec<Vec<Pair>> {
            let sum = |part: Vec<Pair>| {
                part.chunk_by(|a, b| a.0 == b.0)
                    .map(|all| (all[0].0, start + all.iter().map(|pair| pair.1).sum::<u32>()))
                    .collect()
            };
            by_key(&left, parts, |_| true).into_iter().map(sum).collect()
        };
        let add = |a: u32, b: u32| a + b;
        prop_assert_eq!(glommed(&one.fold_by_key_with(0, add, count)), sums(0, partitions));
        prop_assert_eq!(glommed(&one.aggregate_by_key_with(0, add, add, count)), sums(0, partitions));
        prop_assert_eq!(glommed(&one.fold_by_key(0, add)), sums(0, cut));
        // One task has one zero per key.
        let whole = parallelize(left.clone(), 1);
        prop_assert_eq!(glommed(&whole.aggregate_by_key(9, add, add)), sums(9, 1));

        let counted: Vec<(u8, i64)> = by_key(&left, cut, |_| true).concat()
            .chunk_by(|a, b| a.0 == b.0).map(|all| (all[0].0, all.len() as i64)).collect();
        prop_assert_eq!(one.count_by_key().collect(), counted);

        let grouped = |rdd: Rdd<(u8, millrace::Values<Pair>)>| rdd.map(|(_, all)| all.to_vec()).collect().concat();
        let groups = by_key(&left, cut, |_| true).concat();
        prop_assert_eq!(grouped(one.group_by(|pair| pair.0)), groups);
        let groups = by_key(&left, partitions, |_| true).concat();
        prop_assert_eq!(grouped(one.group_by_with(|pair| pair.0, count)), groups);
        let twice = one.flat_map_values(|n| [n, n + 1]).values();
        prop_assert_eq!(twice.collect(), left.iter().flat_map(|(_, n)| [*n, n + 1]).collect::<Vec<_>>());
        let keyed = one.key_by(|(_, n)| n % 2);
        prop_assert_eq!(keyed.collect(), left.iter().map(|pair| (pair.1 % 2, *pair)).collect::<Vec<_>>());

        let mut sorted = left.clone();
        sorted.sort_by_key(|pair| std::cmp::Reverse(pair.0));
        let falling = one.sort_by_key_with(false, count);
        prop_assert_eq!(falling.collect(), sorted);
    }

    #[test]
    fn statistics(numbers in prop::collection::vec(-1000_i32..1000, 0..50), cut in 1_usize..5) {
        let rdd = parallelize(numbers.clone(), cut);
        let stats = rdd.stats();
        let all = || numbers.iter().copied().map(f64::from);
        let (count, sum) = (numbers.len() as f64, all().sum::<f64>());
        let near = |one: f64, other: f64| {
            one.is_nan() && other.is_nan() || (one - other).abs() <= 1e-9 * other.abs().max(1.0)
        };
        let mean = if count == 0.0 { 0.0 } else { sum / count };
        let squares: f64 = all().map(|n| (n - mean) * (n - mean)).sum();
        let sample = if count < 2.0 { f64::NAN } else { squares / (count - 1.0) };
        prop_assert_eq!(stats.count(), numbers.len() as u64);
        prop_assert!(near(stats.sum(), sum) && near(rdd.mean(), mean));
        prop_assert!(near(rdd.variance(), squares / count), "{} {}", stats, squares / count);
        prop_assert!(near(rdd.stdev(), (squares / count).sqrt()));
        prop_assert!(near(rdd.sample_variance(), sample) && near(rdd.sample_stdev(), sample.sqrt()));
        prop_assert!(near(stats.sample_variance(), sample) && near(stats.sample_stdev(), sample.sqrt()));
        prop_assert_eq!(stats.variance().to_bits(), rdd.variance().to_bits());
        prop_assert_eq!(stats.stdev().to_bits(), rdd.stdev().to_bits());
        prop_assert_eq!(stats.max(), all().fold(f64::NEG_INFINITY, f64::max));
        prop_assert_eq!(stats.min(), all().fold(f64::INFINITY, f64::min));
    }

    #[test]
    fn numbers_fall_into_ranges(
        numbers in prop::collection::vec(-100_i32..100, 1..50), cut in 1_usize..4,
        bounds in prop::collection::btree_set(-60_i32..60, 2..8), buckets in 1_u32..9,
    ) {
        let rdd = parallelize(numbers.clone(), cut);
        let counts = |bounds: &[f64]| -> Vec<u64> {
            let last = bounds.len() - 2;
            let is_in = |n: f64, i: usize| {
                bounds[i] <= n && (n < bounds[i + 1] || i == last && n == bounds[i + 1])
            };
            let count = |i| numbers.iter().filter(|n| is_in(f64::from(**n), i)).count() as u64;
            (0..=last).map(count).collect()
        };
        let bounds: Vec<f64> = bounds.into_iter().map(f64::from).collect();
        prop_assert_eq!(rdd.histogram_in(&bounds).unwrap(), counts(&bounds));
        let (bounds, made) = rdd.histogram(buckets).unwrap();
        prop_assert_eq!(made.iter().sum::<u64>(), numbers.len() as u64);
        let (min, max) = (*numbers.iter().min().unwrap(), *numbers.iter().max().unwrap());
        prop_assert_eq!((bounds[0], *bounds.last().unwrap()), (f64::from(min), f64::from(max)));
        prop_assert_eq!(made.len(), if min == max { 1 } else { buckets as usize });
        // Whole widths have no rounding between a number and its range.
        if (max - min) % buckets as i32 == 0 && max > min {
            prop_assert_eq!(made, counts(&bounds));
        }
    }

    #[test]
    fn a_sample_has_the_size_and_the_records_that_were_asked_for(
        records in pairs(), cut in 1_usize..5, count in 0_usize..40, seed: i64,
    ) {
        let rdd = parallelize(records.clone(), cut);
        let mut drawn = rdd.take_sample(false, count, seed);
        prop_assert_eq!(drawn.len(), count.min(records.len()));
        drawn.sort();
        drawn.dedup();
        prop_assert_eq!(drawn.len(), count.min(records.len()), "none is drawn twice");
        prop_assert!(drawn.iter().all(|record| records.contains(record)));
        let drawn = rdd.take_sample(true, count, seed);
        prop_assert_eq!(drawn.len(), if records.is_empty() { 0 } else { count });
        let all = rdd.sample(false, 1.0, seed);
        prop_assert_eq!(glommed(&all), slices(&records, cut));
        prop_assert!(rdd.sample(false, 0.0, seed).is_empty());
        let some = rdd.sample(true, 0.7, seed);
        prop_assert_eq!(some.collect(), some.collect(), "the same whenever it is read");
    }
}

#[test]
fn samples_are_pysparks() {
    let numbers = |count, partitions| parallelize((0..count).collect::<Vec<i32>>(), partitions);
    let drawn = glommed(&numbers(40, 3).sample(false, 0.25, 42));
    let expected: [&[i32]; 3] = [
        &[0, 1, 3, 4, 7, 10],
        &[19, 20, 21, 22, 23, 25],
        &[28, 29, 32],
    ];
    assert_eq!(drawn, expected);
    let drawn = glommed(&numbers(12, 2).sample(true, 0.9, -3));
    let expected: [&[i32]; 2] = [&[0, 0, 1, 3, 3, 4, 4, 5, 5], &[6, 7, 8, 9, 9, 10, 11]];
    assert_eq!(drawn, expected);
    let counts = numbers(3, 2).sample(true, 25.0, 5).count_by_value();
    let mut counts = counts.collect();
    counts.sort();
    let expected: [i64; 3] = [25, 20, 23];
    assert!(
        counts.iter().map(|(_, count)| *count).eq(expected),
        "{counts:?}"
    );
    assert_eq!(
        numbers(30, 3).take_sample(false, 8, 11),
        [19, 9, 13, 12, 22, 11, 28, 7]
    );
    assert_eq!(
        numbers(5, 2).take_sample(true, 9, 11),
        [2, 2, 1, 3, 0, 0, 0, 2, 0]
    );
    assert_eq!(numbers(4, 2).take_sample(false, 9, 2), [1, 2, 3, 0]);
}

#[test]
fn misuse_is_told_in_pysparks_words() {
    let numbers = parallelize(vec![1.0, 2.0], 1);
    let none = parallelize(Vec::<f64>::new(), 1);
    let infinite = parallelize(vec![1.0, f64::INFINITY], 1);
    let errors = [
        (numbers.histogram(0).err(), "number of buckets must be >= 1"),
        (
            none.histogram(2).err(),
            "can not generate buckets from empty RDD",
        ),
        (
            infinite.histogram(2).err(),
            "Can not generate buckets with infinite value",
        ),
        (
            numbers.histogram_in(&[1.0]).err(),
            "buckets should have more than one value",
        ),
        (
            numbers.histogram_in(&[1.0, f64::NAN]).err(),
            "can not have None or NaN in buckets",
        ),
        (
            numbers.histogram_in(&[2.0, 1.0]).err(),
            "buckets should be sorted",
        ),
        (
            numbers.histogram_in(&[1.0, 1.0]).err(),
            "buckets should not contain duplicated values",
        ),
    ];
    for (error, words) in errors {
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::Illegal);
        assert_eq!(error.to_string(), format!("histogram: {words}"));
    }
    run_context(0, |ssc| {
        let two = ssc.parallelize_in(vec![1, 2], 2);
        assert!(two.zip(&ssc.parallelize_in(vec![1, 2], 1)).is_empty());
        let error = ssc.take_misuse().unwrap().to_string();
        assert!(error.ends_with("same number of partitions"), "{error}");
        assert!(two.sample(false, -0.5, 1).is_empty());
        let error = ssc.take_misuse().unwrap().to_string();
        assert!(error.ends_with("Negative fraction value: -0.5"), "{error}");
        assert_eq!(two.coalesce(0).partitions(), 1);
        let error = ssc.take_misuse().unwrap().to_string();
        assert!(error.ends_with("must be positive"), "{error}");
    });
}
