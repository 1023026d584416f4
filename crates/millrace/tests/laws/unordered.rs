//! Law 3 from its other side: a reader who sees no order, as `for_each`, is given what a reader in
//! order is given, wherever the records are kept and whatever stands between.

use std::sync::Mutex;

use millrace::pipeline::Pipeline;
use millrace::{DStream, Duration, Rdd, State, StateOptions, StateSpec, StreamingContext, Values};

use super::support::setups;

type Pair = (u64, i64);

/// More keys than are put in order in passing, in every third batch; some of them in the others.
fn batch(number: u64) -> Vec<Pair> {
    let keys = if number.is_multiple_of(3) { 9_000 } else { 700 };
    let key = |index: u64| (index * 6_007 + number) % 10_007;
    (0..keys).map(|index| (key(index), index as i64)).collect()
}

/// The pairs that `for_each` is given, by key.
fn read(rdd: &Rdd<Pair>) -> Vec<Pair> {
    let seen = Mutex::new(Vec::new());
    rdd.for_each(|pair| seen.lock().unwrap().push(pair));
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    seen
}

/// Reads every batch without an order, in order, and without one again; and that of the batch
/// before, which is kept.
fn check<P: Pipeline<Item = Pair>>(stream: &DStream<Pair, P>) {
    let before: Mutex<Option<(Rdd<Pair>, Vec<Pair>)>> = Mutex::default();
    stream.foreach_rdd(move |rdd| {
        let (unordered, mut all) = (read(rdd), rdd.collect());
        let even = |(key, _): &Pair| key.is_multiple_of(2);
        let count = all.iter().filter(|pair| even(pair)).count() as u64;
        assert_eq!(rdd.filter(even).count(), count);
        all.sort_unstable();
        // Compared as a whole: what differs would be too long to show.
        assert!(unordered == all && read(rdd) == all);
        let twice = rdd.map(|(key, sum)| (key, sum * 2));
        assert!(
            read(&twice)
                .iter()
                .zip(&all)
                .all(|(two, one)| two.1 == one.1 * 2)
        );
        let mut before = before.lock().unwrap();
        if let Some((rdd, all)) = before.replace((rdd.clone(), all)) {
            assert!(read(&rdd) == all);
        }
    });
}

fn sum(new: &Values<i64>, old: Option<i64>) -> Option<i64> {
    let sum = new.iter().sum::<i64>() + old.unwrap_or(0);
    (sum % 7 != 0).then_some(sum)
}

fn program(ssc: &StreamingContext) {
    ssc.remember(Duration::seconds(3)).unwrap();
    let batches: Vec<Vec<Pair>> = (0..7).map(batch).collect();
    let pairs = ssc.queue_stream(batches);
    let sums = pairs.reduce_by_key(|a, b| a + b);
    check(&sums);
    check(&sums.map(|(key, sum)| (key + 1, sum)));
    check(&sums.union(&sums.filter(|(key, _)| key % 3 == 0)));
    check(&sums.union(&pairs));
    check(&pairs.update_state_by_key(sum));
    let idle = StateOptions::new().idle_keeps_state();
    check(
        &pairs
            .update_state_by_key_with(sum, idle)
            .map_values(|sum| sum - 1),
    );
    let spec = StateSpec::function(|key: &u64, new: Option<i64>, state: &mut State<i64>| {
        state.update(state.get().copied().unwrap_or(0) + new.unwrap_or(0));
        *key
    });
    check(&pairs.map_with_state(spec).state_snapshots());
    let (window, none) = (Duration::seconds(2), None);
    check(&pairs.reduce_by_key_and_window(|a, b| a + b, window, none));
    check(&pairs.reduce_by_key_and_window_inverse(|a, b| a + b, |a, b| a - b, window, none));
    let counts = pairs
        .map(|(key, _)| key)
        .count_by_value_and_window(window, Duration::seconds(1));
    check(&counts);
}

#[test]
fn a_reader_who_sees_no_order_is_given_the_same_records() {
    for setup in setups(3, usize::MAX).step_by(2) {
        setup.run_context(7, program);
    }
}
