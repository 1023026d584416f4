"""Batches as pprint writes them, how queueStream feeds a program, and which RDDs a stream remembers."""

from shared import Lists, Rdds, each_with_time


def print_ten(long_run):
    long_run.pprint()


def print_exactly_ten(three_partitions):
    three_partitions.pprint()


def print_three(three_partitions):
    three_partitions.pprint(3)


def print_one(few_numbers):
    few_numbers.pprint(1)


def print_more_than_there_is(long_run):
    long_run.pprint(100)


def print_zero(numbers):
    numbers.pprint(0)


def print_minus_one(numbers):
    numbers.pprint(-1)


def print_several(numbers):
    numbers.pprint(1)
    numbers.count().pprint()
    numbers.map(lambda x: -x).pprint()


def print_several_slides(numbers):
    numbers.window(2, 2).pprint()
    numbers.pprint()


def print_options(optional_numbers):
    optional_numbers.pprint()


def print_tuples(nested_keys):
    nested_keys.pprint()


def print_text(unicode):
    unicode.map(lambda word: word + "\n" + word).pprint()


def print_floats(floats):
    floats.map(lambda x: [x, 1 / (1 + abs(x))]).pprint()


def print_no_partition(gap):
    gap.pprint()


def print_late_partition(three_partitions):
    three_partitions.filter(lambda x: x < -9).pprint(1)


def queue_one_at_a_time(ssc, numbers: Rdds):
    ssc.queueStream(numbers).glom().pprint()


def queue_all_at_once(ssc, numbers: Rdds):
    ssc.queueStream(numbers, oneAtATime=False).glom().pprint()


def queue_default(ssc, sc, few_numbers: Rdds):
    ssc.queueStream(few_numbers[:2], default=sc.parallelize([-1, -2, -3], 2)).glom().pprint()


def queue_all_at_once_with_default(ssc, sc, few_numbers: Rdds):
    ssc.queueStream(few_numbers, oneAtATime=False, default=sc.parallelize([0], 1)).glom().pprint()


def queue_of_lists(ssc, queued: Lists):
    ssc.queueStream(queued).glom().pprint()


def queue_of_lists_four_workers(ssc, queued: Lists):
    ssc.queueStream(queued).glom().pprint()


def slice_remembered(ssc, numbers):
    ssc.remember(10)
    each_with_time(
        numbers,
        lambda batch, rdd: [past.collect() for past in numbers.slice(max(batch - 1, 1), batch)],
    )
