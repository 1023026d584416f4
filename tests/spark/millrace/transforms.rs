//! Operators that see the dataset of a batch, with and without its time.

use super::case::number;

case!(transform_map, |case| {
    case.numbers().transform(|rdd| rdd.map(|x| x + 1)).pprint();
});

case!(transform_with_the_time, |case| {
    case.numbers()
        .transform_with_time(|rdd, time| rdd.map(move |x| (number(time), x)))
        .pprint();
});

case!(transform_sort, |case| {
    case.three_partitions()
        .transform(|rdd| rdd.sort_by(|x| -x, true))
        .print_num(20);
});

case!(transform_distinct, |case| {
    case.words().transform(|rdd| rdd.distinct()).pprint();
});

case!(transform_join_with_table, |case| {
    let table = [("a", "alpha"), ("d", "delta"), ("x", "xi")];
    let table = table.map(|(letter, name)| (letter.to_owned(), name.to_owned()));
    let table = case.ssc.parallelize_in(table.to_vec(), 2);
    case.pairs().transform(move |rdd| rdd.join(&table)).pprint();
});

case!(transform_constant, |case| {
    let table = case.ssc.parallelize_in(vec![7, 8, 9], 2);
    case.numbers().transform(move |_| table.clone()).pprint();
});

case!(transform_after_window, |case| {
    case.days()
        .window(super::case::seconds(2), None)
        .transform(|rdd| rdd.distinct())
        .pprint();
});

case!(transform_with_union, |case| {
    case.numbers()
        .transform_with(&case.more_numbers(), |a, b| a.union(b))
        .glom()
        .pprint();
});

case!(transform_with_join, |case| {
    case.ages()
        .transform_with(&case.cities(), |a, b| a.join(b))
        .pprint();
});

case!(transform_with_both_and_time, |case| {
    case.numbers()
        .transform_with_and_time(&case.more_numbers(), |a, b, time| {
            let batch = number(time);
            let chosen = if batch % 2 == 1 { a } else { b };
            chosen.map(move |x| (batch, x))
        })
        .pprint();
});

// Streams of one type: either side has its values in a place of its own.
case!(context_transform_two, |case| {
    let ages = case.ages().map(|(name, age)| (name, (Some(age), None)));
    let cities = case.cities().map(|(name, city)| (name, (None, Some(city))));
    case.ssc
        .transform(&[ages.erased(), cities.erased()], |rdds, _| {
            let ages = rdds[0].flat_map(|(name, (age, _))| age.map(|age| (name, age)));
            let cities = rdds[1].flat_map(|(name, (_, city))| city.map(|city| (name, city)));
            ages.left_outer_join(&cities)
        })
        .pprint();
});

case!(context_transform_three, |case| {
    let streams = [case.few_numbers(), case.numbers(), case.more_numbers()];
    case.ssc
        .transform(&streams, |rdds, _| {
            let all = rdds[0].union(&rdds[1]).union(&rdds[2]);
            all.filter(|x| *x > 0)
        })
        .print_num(20);
});
