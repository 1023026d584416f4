//! Windows. A batch is one second, so 3 is a window of three batches.

use super::case::seconds;

fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn subtract(a: i64, b: i64) -> i64 {
    a - b
}

case!(window_two, |case| {
    case.days().window(seconds(2), None).pprint();
});

case!(window_of_one_batch, |case| {
    case.days().window(seconds(1), None).pprint();
});

case!(window_four_slide_two, |case| {
    case.days().window(seconds(4), seconds(2)).pprint();
});

case!(window_two_slide_three, |case| {
    case.days().window(seconds(2), seconds(3)).pprint();
});

case!(window_keeps_partitions, |case| {
    let window = case.days().window(seconds(2), seconds(1));
    window.glom().pprint();
});

case!(window_of_window, |case| {
    let window = case.steps().window(seconds(2), seconds(2));
    window.window(seconds(4), seconds(2)).print_num(20);
});

case!(window_then_count, |case| {
    case.steps().window(seconds(3), None).count().pprint();
});

case!(window_then_reduce_by_key, |case| {
    let window = case.clicks().window(seconds(3), None);
    window.reduce_by_key(add).pprint();
});

case!(window_then_join, |case| {
    let mark = |day: String| (day.chars().take(1).collect(), day);
    let marks = case.days().map(mark).window(seconds(3), seconds(2));
    let initial = |(key, count): (String, i64)| {
        let initial = if key == "a" { "m" } else { "t" };
        (initial.to_owned(), count)
    };
    let initials = case.clicks().map(initial);
    initials
        .window(seconds(2), seconds(2))
        .join(&marks)
        .print_num(30);
});

case!(reduce_by_window_sum, |case| {
    case.steps()
        .reduce_by_window(add, seconds(3), seconds(1))
        .pprint();
});

case!(reduce_by_window_in_order, |case| {
    case.days()
        .reduce_by_window(|a, b| format!("{a} {b}"), seconds(4), seconds(2))
        .pprint();
});

case!(reduce_by_window_inverse, |case| {
    case.steps()
        .reduce_by_window_inverse(add, subtract, seconds(3), seconds(1))
        .pprint();
});

case!(reduce_by_window_inverse_long, |case| {
    case.steps()
        .reduce_by_window_inverse(add, subtract, seconds(5), seconds(1))
        .pprint();
});

case!(count_by_window, |case| {
    case.steps()
        .count_by_window(seconds(2), seconds(1))
        .pprint();
});

case!(count_by_window_long, |case| {
    case.clicks()
        .count_by_window(seconds(5), seconds(1))
        .pprint();
});

case!(count_by_window_slide_two, |case| {
    case.days().count_by_window(seconds(4), seconds(2)).pprint();
});

case!(count_by_value_and_window, |case| {
    case.days()
        .count_by_value_and_window(seconds(3), seconds(1))
        .pprint();
});

case!(count_by_value_and_window_long, |case| {
    case.days()
        .count_by_value_and_window(seconds(5), seconds(1))
        .pprint();
});

case!(count_by_value_and_window_slide_two, |case| {
    case.days()
        .count_by_value_and_window_with(seconds(4), seconds(2), 3)
        .glom()
        .pprint();
});

case!(group_by_key_and_window, |case| {
    case.clicks()
        .group_by_key_and_window(seconds(2), seconds(1))
        .map_values(|values| values.to_vec())
        .pprint();
});

case!(group_by_key_and_window_long, |case| {
    case.clicks()
        .group_by_key_and_window(seconds(5), seconds(1))
        .map_values(|values| values.to_vec())
        .pprint();
});

case!(group_by_key_and_window_slide_two, |case| {
    case.clicks()
        .group_by_key_and_window_with(seconds(4), seconds(2), 3)
        .map_values(|values| values.to_vec())
        .glom()
        .pprint();
});

case!(reduce_by_key_and_window, |case| {
    case.clicks()
        .reduce_by_key_and_window(add, seconds(3), None)
        .pprint();
});

case!(reduce_by_key_and_window_slide_two, |case| {
    case.clicks()
        .reduce_by_key_and_window(add, seconds(4), seconds(2))
        .pprint();
});

case!(reduce_by_key_and_window_partitions, |case| {
    case.clicks()
        .reduce_by_key_and_window_with(add, seconds(3), seconds(1), 3)
        .glom()
        .pprint();
});

case!(reduce_by_key_and_window_in_order, |case| {
    case.clicks()
        .map(|(key, count)| (key, count.to_string()))
        .reduce_by_key_and_window(|a, b| a + "," + &b, seconds(4), seconds(1))
        .pprint();
});

case!(reduce_by_key_and_window_inverse_short, |case| {
    case.clicks()
        .reduce_by_key_and_window_inverse(add, subtract, seconds(4), seconds(1))
        .pprint();
});

case!(reduce_by_key_and_window_inverse_five, |case| {
    case.clicks()
        .reduce_by_key_and_window_inverse(add, subtract, seconds(5), seconds(1))
        .pprint();
});

case!(reduce_by_key_and_window_inverse_six, |case| {
    case.clicks()
        .reduce_by_key_and_window_inverse_with(add, subtract, seconds(6), seconds(1), 1)
        .pprint();
});

case!(reduce_by_key_and_window_inverse_slide, |case| {
    case.clicks()
        .reduce_by_key_and_window_inverse(add, subtract, seconds(6), seconds(2))
        .pprint();
});

case!(reduce_by_key_and_window_filter, |case| {
    let (window, slide) = (seconds(5), seconds(1));
    let positive = |_: &String, count: &i64| *count > 0;
    case.clicks()
        .reduce_by_key_and_window_inverse_filter_with(add, subtract, window, slide, 2, positive)
        .pprint();
});

case!(reduce_by_key_and_window_filter_short, |case| {
    let (window, slide) = (seconds(2), seconds(1));
    let several = |_: &String, count: &i64| *count > 1;
    case.clicks()
        .reduce_by_key_and_window_inverse_filter_with(add, subtract, window, slide, 2, several)
        .pprint();
});

// PySpark does not ask a filter that comes without an inverse; here there is none to be given.
case!(reduce_by_key_and_window_filter_alone, |case| {
    case.clicks()
        .reduce_by_key_and_window_with(add, seconds(2), seconds(1), 2)
        .pprint();
});
