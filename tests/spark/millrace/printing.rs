//! The output of `pprint`, the queues of `queue_stream`, and the batches that a stream
//! remembers.

use millrace::source::{QueueOptions, RddQueue};

use super::case::{seconds, shown, time};

case!(print_ten, |case| case.long_run().pprint());

case!(print_exactly_ten, |case| case.three_partitions().pprint());

case!(print_three, |case| case.three_partitions().print_num(3));

case!(print_one, |case| case.few_numbers().print_num(1));

case!(print_more_than_there_is, |case| {
    case.long_run().print_num(100);
});

case!(print_zero, |case| case.numbers().print_num(0));

case!(print_minus_one, |case| case.numbers().print_num(-1));

case!(print_several, |case| {
    let numbers = case.numbers();
    numbers.print_num(1);
    numbers.count().pprint();
    numbers.map(|x| -x).pprint();
});

case!(print_several_slides, |case| {
    let numbers = case.numbers();
    numbers.window(seconds(2), seconds(2)).pprint();
    numbers.pprint();
});

case!(print_options, |case| case.optional_numbers().pprint());

case!(print_tuples, |case| case.nested_keys().pprint());

case!(print_text, |case| {
    let twice = |word: String| format!("{word}\n{word}");
    case.unicode().map(twice).pprint();
});

case!(print_floats, |case| {
    let both = |x: f64| vec![x, 1.0 / (1.0 + x.abs())];
    case.floats().map(both).pprint();
});

case!(print_no_partition, |case| case.gap().pprint());

case!(print_late_partition, |case| {
    case.three_partitions().filter(|x| *x < -9).print_num(1);
});

case!(queue_one_at_a_time, |case| {
    let queue: RddQueue<i64> = case.queue("numbers");
    case.ssc.queue_stream(queue).glom().pprint();
});

case!(queue_all_at_once, |case| {
    let queue: RddQueue<i64> = case.queue("numbers");
    let options = QueueOptions::new().all_at_once();
    let stream = case.ssc.queue_stream_with(queue, options);
    stream.glom().pprint();
});

case!(queue_default, |case| {
    let queue: RddQueue<i64> = RddQueue::new();
    for partitions in case.batches("few_numbers").into_iter().take(2) {
        queue.push_partitions(partitions);
    }
    // As many slices as the context's default.
    let options = QueueOptions::new().default_records(vec![-1, -2, -3]);
    let stream = case.ssc.queue_stream_with(queue, options);
    stream.glom().pprint();
});

case!(queue_all_at_once_with_default, |case| {
    let queue: RddQueue<i64> = case.queue("few_numbers");
    let options = QueueOptions::new()
        .all_at_once()
        .default_partitions(vec![vec![0]]);
    let stream = case.ssc.queue_stream_with(queue, options);
    stream.glom().pprint();
});

case!(queue_of_lists, |case| {
    let lists: Vec<Vec<i64>> = case
        .batches("queued")
        .into_iter()
        .map(|b| b.concat())
        .collect();
    case.ssc.queue_stream(lists).glom().pprint();
});

case!(queue_of_lists_four_workers, |case| {
    let lists: Vec<Vec<i64>> = case
        .batches("queued")
        .into_iter()
        .map(|b| b.concat())
        .collect();
    case.ssc.queue_stream(lists).glom().pprint();
});

case!(slice_remembered, |case| {
    case.ssc.remember(seconds(10)).unwrap();
    let numbers = case.numbers();
    let own = numbers.clone();
    case.each_with_number(&numbers, move |batch, _| {
        let past = own.slice(time((batch - 1).max(1)), time(batch)).unwrap();
        past.iter().map(|rdd| shown(&rdd.collect())).collect()
    });
});
