//! Operators that see one record, one partition or one batch at a time.

use std::iter::repeat_n;

case!(map_double, |case| case.numbers().map(|x| 2 * x).pprint());

case!(map_to_tuple, |case| {
    let with_length = |word: String| {
        let length = word.chars().count();
        (word, length)
    };
    case.words().map(with_length).pprint();
});

case!(map_to_option, |case| {
    let long = |word: String| (word.chars().count() > 3).then_some(word);
    case.words().map(long).pprint();
});

case!(map_to_nested, |case| {
    let nested = |x: i64| {
        let nothing: (Option<i64>, Vec<i64>) = (None, Vec::new());
        (
            x,
            vec![x, x + 1],
            (nothing.0, x > 0),
            (x.to_string(),),
            nothing.1,
        )
    };
    case.numbers().map(nested).pprint();
});

case!(map_to_float, |case| {
    case.numbers().map(|x| x as f64 / 4.0).pprint();
});

case!(map_floats, |case| case.floats().map(|x| (x, -x)).pprint());

case!(map_text_in_tuple, |case| {
    let twice = |word: String| {
        let loud = format!("{word}!");
        (word, loud)
    };
    case.unicode().map(twice).pprint();
});

case!(map_text, |case| {
    case.unicode().map(|word| word + "!").pprint();
});

case!(map_booleans, |case| case.booleans().map(|x| !x).pprint());

case!(map_cached, |case| {
    let squares = case.numbers().map(|x| x * x).cache();
    squares.pprint();
    squares.map(|x| x + 1).pprint();
});

case!(map_with_broadcast, |case| {
    let factor = case.ssc.broadcast(3);
    case.numbers().map(move |x| x * *factor.value()).pprint();
});

case!(flat_map_split, |case| {
    let split = |line: String| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    case.lines().flat_map(split).print_num(20);
});

case!(flat_map_characters, |case| {
    case.lines().flat_map(characters).print_num(30);
});

case!(flat_map_some_to_nothing, |case| {
    let repeat = |x: i64| {
        let times = if x > 1 { x } else { 0 };
        repeat_n(x, usize::try_from(times).unwrap())
    };
    case.numbers().flat_map(repeat).print_num(20);
});

case!(filter_positive, |case| {
    case.numbers().filter(|x| *x > 0).pprint();
});

case!(filter_everything, |case| {
    case.words().filter(|_| false).pprint();
});

case!(filter_some, |case| {
    case.optional_numbers().filter(Option::is_some).pprint();
});

case!(glom_partitions, |case| case.numbers().glom().pprint());

case!(glom_many_partitions, |case| {
    case.many_partitions().glom().pprint();
});

case!(glom_no_partition, |case| case.gap().glom().pprint());

case!(map_partitions_sum, |case| {
    let sum = |items: std::vec::IntoIter<i64>| [items.sum::<i64>()];
    case.numbers().map_partitions(sum).pprint();
});

case!(map_partitions_first, |case| {
    case.three_partitions()
        .map_partitions(|items| items.take(1))
        .pprint();
});

case!(map_partitions_no_partition, |case| {
    let sum = |items: std::vec::IntoIter<i64>| [items.sum::<i64>()];
    case.gap().map_partitions(sum).pprint();
});

case!(map_partitions_with_index, |case| {
    case.three_partitions()
        .map_partitions_with_index(|index, items| items.map(move |x| (index, x)))
        .print_num(20);
});

case!(map_partitions_with_index_sizes, |case| {
    case.many_partitions()
        .map_partitions_with_index(|index, items| [(index, items.count())])
        .pprint();
});

case!(repartition_up, |case| {
    case.numbers().repartition(3).glom().pprint();
});

case!(repartition_down, |case| {
    case.three_partitions().repartition(1).glom().pprint();
});

case!(repartition_long, |case| {
    case.long_run().repartition(3).glom().pprint();
});

case!(repartition_then_sort, |case| {
    case.long_run()
        .repartition(4)
        .transform(|rdd| rdd.sort_by(|x| *x, true))
        .print_num(40);
});

case!(union_method, |case| {
    case.numbers().union(&case.more_numbers()).pprint();
});

case!(union_with_itself, |case| {
    let numbers = case.numbers();
    numbers.union(&numbers).glom().pprint();
});

case!(union_of_different_lengths, |case| {
    case.few_numbers()
        .union(&case.more_numbers())
        .glom()
        .pprint();
});

case!(context_union_three, |case| {
    let streams = [case.numbers(), case.more_numbers(), case.few_numbers()];
    case.ssc.union(&streams).glom().pprint();
});

case!(context_union_one, |case| {
    case.ssc.union(&[case.numbers()]).pprint();
});

case!(count_numbers, |case| case.numbers().count().pprint());

case!(count_filtered, |case| {
    case.numbers().filter(|x| *x > 3).count().pprint();
});

case!(count_no_partition, |case| case.gap().count().pprint());

case!(count_by_value_words, |case| {
    case.words().count_by_value().print_num(20);
});

case!(count_by_value_options, |case| {
    case.optional_numbers().count_by_value().pprint();
});

case!(count_by_value_tuples, |case| {
    case.points().count_by_value().pprint();
});

case!(count_by_value_one_worker, |case| {
    case.many_partitions().count_by_value().pprint();
});

case!(count_by_value_three_workers, |case| {
    case.three_partitions().count_by_value().print_num(20);
});

case!(count_by_value_unicode, |case| {
    case.unicode().count_by_value().pprint();
});

case!(reduce_sum, |case| case
    .numbers()
    .reduce(|a, b| a + b)
    .pprint());

case!(reduce_in_order, |case| {
    case.words().reduce(|a, b| format!("{a} {b}")).pprint();
});

case!(reduce_one_record, |case| {
    case.few_numbers().reduce(|a, b| a * b).pprint();
});

case!(reduce_max, |case| {
    case.floats()
        .reduce(|a, b| if b > a { b } else { a })
        .pprint();
});

case!(reduce_no_partition, |case| {
    case.gap().reduce(|a, b| a + b).pprint();
});

/// The characters of a text.
fn characters(text: String) -> Vec<String> {
    text.chars().map(String::from).collect()
}
