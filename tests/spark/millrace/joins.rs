//! Operators on the pairs of two streams.

use millrace::dstream::Computed;

use millrace::{Data, Values};

/// The groups of both sides as lists.
fn lists<V: Data, W: Data>((left, right): (Values<V>, Values<W>)) -> (Vec<V>, Vec<W>) {
    (left.to_vec(), right.to_vec())
}

case!(cogroup_streams, |case| {
    let groups = case.ages().cogroup(&case.cities());
    groups.map_values(lists).pprint();
});

case!(cogroup_three_partitions, |case| {
    let groups = case.ages().cogroup_with(&case.cities(), 3);
    groups.map_values(lists).glom().pprint();
});

case!(cogroup_with_itself, |case| {
    let pairs = case.pairs();
    pairs.cogroup(&pairs).map_values(lists).pprint();
});

case!(cogroup_options, |case| {
    let groups = case.optional_values().cogroup(&case.optional_cities());
    groups.map_values(lists).pprint();
});

case!(join_streams, |case| case
    .ages()
    .join(&case.cities())
    .pprint());

case!(join_streams_swapped, |case| {
    let ages = case.ages();
    case.cities().join(&ages).pprint();
});

case!(join_with_itself, |case| {
    let letters = case.letters();
    letters.join(&letters).print_num(20);
});

case!(join_three_partitions, |case| {
    let swapped = case.letters().map(|(key, letter)| (letter, key));
    case.pairs().join_with(&swapped, 3).glom().pprint();
});

case!(join_options, |case| {
    let cities = case.optional_cities();
    case.optional_values().join(&cities).pprint();
});

case!(join_option_keys, |case| {
    let keys = case.optional_keys();
    let negative = keys.map_values(|value| -value);
    keys.join_with(&negative, 1).print_num(20);
});

case!(join_three_workers, |case| {
    case.ages().join(&case.cities()).glom().pprint();
});

case!(join_no_partition, |case| {
    case.gap_pairs().join(&case.pairs()).pprint();
});

case!(left_outer_join_streams, |case| {
    case.ages().left_outer_join(&case.cities()).pprint();
});

case!(left_outer_join_one_partition, |case| {
    let joined = case.ages().left_outer_join_with(&case.cities(), 1);
    joined.glom().pprint();
});

case!(left_outer_join_options, |case| {
    let cities = case.optional_cities();
    case.optional_values().left_outer_join(&cities).pprint();
});

case!(right_outer_join_streams, |case| {
    case.ages().right_outer_join(&case.cities()).pprint();
});

case!(right_outer_join_three_partitions, |case| {
    let joined = case.ages().right_outer_join_with(&case.cities(), 3);
    joined.glom().pprint();
});

case!(right_outer_join_options, |case| {
    let cities = case.optional_cities();
    case.optional_values().right_outer_join(&cities).pprint();
});

case!(full_outer_join_streams, |case| {
    case.ages().full_outer_join(&case.cities()).pprint();
});

case!(full_outer_join_three_partitions, |case| {
    let joined = case.ages().full_outer_join_with(&case.cities(), 3);
    joined.glom().pprint();
});

case!(full_outer_join_options, |case| {
    let cities = case.optional_cities();
    case.optional_values().full_outer_join(&cities).pprint();
});

case!(full_outer_join_of_counts, |case| {
    let counts = |stream: Computed<String>| {
        let ones = stream.map(|word| (word, 1));
        ones.reduce_by_key(|a, b| a + b)
    };
    counts(case.words())
        .full_outer_join(&counts(case.many_partitions()))
        .print_num(20);
});
