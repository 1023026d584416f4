//! State that lives from batch to batch.

use millrace::{StateOptions, Values};

/// The running sum.
fn total(values: &Values<i64>, before: Option<i64>) -> Option<i64> {
    Some(values.iter().sum::<i64>() + before.unwrap_or(0))
}

fn pairs<const N: usize>(pairs: [(&str, i64); N]) -> Vec<(String, i64)> {
    pairs.map(|(key, value)| (key.to_owned(), value)).to_vec()
}

case!(update_state_sum, |case| {
    case.visits().update_state_by_key(total).pprint();
});

case!(update_state_three_partitions, 3, |case| {
    case.visits().update_state_by_key(total).glom().pprint();
});

case!(update_state_keeps_arrival, |case| {
    let append = |values: &Values<i64>, before: Option<Vec<i64>>| {
        Some([before.unwrap_or_default(), values.to_vec()].concat())
    };
    case.visits().update_state_by_key(append).pprint();
});

case!(update_state_removes, |case| {
    let below_eight = |values: &Values<i64>, before| total(values, before).filter(|sum| *sum < 8);
    case.visits().update_state_by_key(below_eight).pprint();
});

case!(update_state_forgets_the_idle, |case| {
    let sum = |values: &Values<i64>, _: Option<i64>| {
        (!values.is_empty()).then(|| values.iter().sum::<i64>())
    };
    case.visits().update_state_by_key(sum).pprint();
});

case!(update_state_of_idle_keys, |case| {
    let idle = |values: &Values<i64>, before: Option<(i64, i64)>| match before {
        Some((sum, idle)) if values.is_empty() => Some((sum, idle + 1)),
        _ => Some((values.iter().sum(), 0)),
    };
    case.visits().update_state_by_key(idle).pprint();
});

case!(update_state_never_kept, |case| {
    let nothing = |_: &Values<i64>, _: Option<i64>| None;
    case.visits().update_state_by_key(nothing).pprint();
});

case!(update_state_initial_list, |case| {
    let initial = StateOptions::new().initial_state(pairs([("hello", 1), ("world", 1), ("b", 5)]));
    let totals = case.visits().update_state_by_key_with(total, initial);
    totals.pprint();
});

case!(update_state_initial_rdd, 3, |case| {
    let initial = pairs([("d", 10), ("x", 1), ("a", 100), ("y", 2)]);
    let initial = case.ssc.parallelize_in(initial, 3);
    let initial = StateOptions::new().initial_state(initial.collect());
    let totals = case.visits().update_state_by_key_with(total, initial);
    totals.glom().pprint();
});

case!(update_state_initial_duplicates, |case| {
    let initial = pairs([("a", 100), ("b", 1), ("a", 200)]);
    let initial = case.ssc.parallelize_in(initial, 2);
    let initial = StateOptions::new().initial_state(initial.collect());
    let totals = case.visits().update_state_by_key_with(total, initial);
    totals.pprint();
});

case!(update_state_initial_empty, |case| {
    let initial = StateOptions::new().initial_state([]);
    let totals = case.visits().update_state_by_key_with(total, initial);
    totals.pprint();
});

case!(update_state_option_keys, 3, |case| {
    case.optional_keys().update_state_by_key(total).pprint();
});

case!(update_state_integer_keys, 3, |case| {
    // Python's modulo.
    let small = case.integer_keys().map_values(|value| value.rem_euclid(7));
    small.update_state_by_key(total).print_num(20);
});

case!(update_state_one_worker, |case| {
    let ones = case.words().map(|word| (word, 1));
    ones.update_state_by_key(total).print_num(20);
});

case!(update_state_four_workers, |case| {
    let ones = case.words().map(|word| (word, 1));
    ones.update_state_by_key(total).glom().pprint();
});

case!(update_state_no_partition, |case| {
    case.gap_pairs().update_state_by_key(total).pprint();
});

case!(update_state_of_window, |case| {
    let window = case
        .visits()
        .window(super::case::seconds(2), super::case::seconds(2));
    window.update_state_by_key(total).pprint();
});

case!(update_state_then_join, |case| {
    let totals = case.visits().update_state_by_key(total);
    totals.join(&case.clicks()).pprint();
});
