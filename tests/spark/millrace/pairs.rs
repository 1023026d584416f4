//! Operators on pairs of a key and a value, of one stream.

use millrace::partition::{Partitioner, Partitions};

/// Partitions by a number that a function gives a key, with Python's modulo.
struct By<K>(i64, fn(&K) -> i64);

impl<K: 'static> Partitioner<K> for By<K> {
    fn partitions(&self) -> usize {
        usize::try_from(self.0).unwrap()
    }

    fn partition(&self, key: &K) -> usize {
        usize::try_from((self.1)(key).rem_euclid(self.0)).unwrap()
    }
}

fn by<K: 'static>(partitions: i64, function: fn(&K) -> i64) -> Partitions<K> {
    Partitions::by(By(partitions, function))
}

fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn append(a: String, b: String) -> String {
    a + &b
}

case!(map_values, |case| {
    case.pairs().map_values(|value| value * 10).pprint();
});

case!(map_values_options, |case| {
    case.optional_values()
        .map_values(|value| (value, value.is_none()))
        .pprint();
});

case!(map_values_keeps_partitions, |case| {
    let parted = case.pairs().partition_by(3);
    parted.map_values(|value| -value).glom().pprint();
});

case!(flat_map_values, |case| {
    case.pairs()
        .flat_map_values(|value| 0..value.min(3))
        .print_num(20);
});

case!(flat_map_values_characters, |case| {
    case.unicode_pairs()
        .map(|(text, number)| (number, text))
        .flat_map_values(|text| text.chars().map(String::from).collect::<Vec<_>>())
        .print_num(40);
});

case!(group_by_key, |case| {
    let groups = case.letters().group_by_key();
    groups.map_values(|values| values.to_vec()).pprint();
});

case!(group_by_key_one_partition, |case| {
    let groups = case.letters().group_by_key_with(1);
    groups.map_values(|values| values.to_vec()).glom().pprint();
});

case!(group_by_key_five_partitions, |case| {
    let groups = case.letters().group_by_key_with(5);
    groups.map_values(|values| values.to_vec()).glom().pprint();
});

case!(group_by_key_option_keys, |case| {
    let groups = case.optional_keys().group_by_key();
    groups.map_values(|values| values.to_vec()).pprint();
});

case!(group_by_key_option_values, |case| {
    let groups = case.optional_values().group_by_key();
    groups.map_values(|values| values.to_vec()).pprint();
});

case!(group_by_key_no_partition, |case| {
    let groups = case.gap_pairs().group_by_key();
    groups.map_values(|values| values.to_vec()).glom().pprint();
});

case!(reduce_by_key_words, |case| {
    let ones = case.words().map(|word| (word, 1));
    ones.reduce_by_key(add).print_num(20);
});

case!(reduce_by_key_in_order, |case| {
    case.letters().reduce_by_key(append).pprint();
});

case!(reduce_by_key_seven_partitions, |case| {
    case.pairs().reduce_by_key_with(add, 7).glom().pprint();
});

case!(reduce_by_key_one_partition, |case| {
    let ones = case.many_partitions().map(|word| (word, 1));
    ones.reduce_by_key_with(add, 1).pprint();
});

case!(reduce_by_key_many_partitions, |case| {
    let twice = case.many_partitions().map(|word| (word.clone(), word));
    twice.reduce_by_key(append).pprint();
});

case!(reduce_by_key_integer_keys, |case| {
    case.integer_keys().reduce_by_key(add).pprint();
});

case!(reduce_by_key_float_keys, |case| {
    case.float_keys().reduce_by_key_with(add, 3).pprint();
});

case!(reduce_by_key_boolean_keys, |case| {
    case.boolean_keys().reduce_by_key(add).pprint();
});

case!(reduce_by_key_tuple_keys, |case| {
    case.tuple_keys().reduce_by_key_with(add, 4).glom().pprint();
});

case!(reduce_by_key_nested_keys, |case| {
    let sums = case.nested_keys().reduce_by_key_with(add, 3);
    sums.glom().pprint();
});

case!(reduce_by_key_unicode_keys, |case| {
    let sums = case.unicode_pairs().reduce_by_key_with(add, 3);
    sums.glom().pprint();
});

case!(reduce_by_key_option_keys, |case| {
    let sums = case.optional_keys().reduce_by_key_with(add, 3);
    sums.glom().pprint();
});

case!(reduce_by_key_one_worker, |case| {
    let ones = case.words().map(|word| (word, 1));
    ones.reduce_by_key(add).print_num(20);
});

case!(reduce_by_key_three_workers, |case| {
    let ones = case.words().map(|word| (word, 1));
    ones.reduce_by_key(add).glom().pprint();
});

case!(reduce_by_key_twice, |case| {
    case.words()
        .map(|word| (word, 1))
        .reduce_by_key(add)
        .map(|(word, count)| (count, word))
        .reduce_by_key(|a, b| a + "," + &b)
        .pprint();
});

case!(combine_by_key_average, |case| {
    case.pairs()
        .combine_by_key(
            |value| (value, 1),
            |(sum, count), value| (sum + value, count + 1),
            |(sum, count), (more, times)| (sum + more, count + times),
        )
        .map_values(|(sum, count)| sum as f64 / f64::from(count))
        .pprint();
});

case!(combine_by_key_lists, |case| {
    let add = |mut items: Vec<String>, value| {
        items.push(value);
        items
    };
    case.letters()
        .combine_by_key(|value| vec![value], add, |a, b| [a, b].concat())
        .pprint();
});

case!(combine_by_key_three_partitions, |case| {
    case.tuple_keys()
        .combine_by_key_with(
            |value| value.to_string(),
            |text, value| format!("{text},{value}"),
            |a, b| a + "|" + &b,
            3,
        )
        .pprint();
});

case!(partition_by_three, |case| {
    case.pairs().partition_by(3).glom().pprint();
});

case!(partition_by_one, |case| {
    case.pairs().partition_by(1).glom().pprint();
});

case!(partition_by_function, |case| {
    let parted = case.integer_keys().partition_by(by(3, |key| *key));
    parted.glom().pprint();
});

case!(partition_by_length, |case| {
    let length = |key: &String| i64::try_from(key.chars().count()).unwrap();
    let parted = case.unicode_pairs().partition_by(by(4, length));
    parted.glom().pprint();
});

case!(partition_by_then_reduce, |case| {
    let parted = case.integer_keys().partition_by(by(2, |key| *key));
    parted.reduce_by_key(add).glom().pprint();
});
