"""Windows. A batch is one second, so 3 is a window of three batches."""

from shared import add, positive, subtract


def window_two(days):
    days.window(2).pprint()


def window_of_one_batch(days):
    days.window(1).pprint()


def window_four_slide_two(days):
    days.window(4, 2).pprint()


def window_two_slide_three(days):
    days.window(2, 3).pprint()


def window_keeps_partitions(days):
    days.window(2, 1).glom().pprint()


def window_of_window(steps):
    steps.window(2, 2).window(4, 2).pprint(20)


def window_then_count(steps):
    steps.window(3).count().pprint()


def window_then_reduce_by_key(clicks):
    clicks.window(3).reduceByKey(add).pprint()


def window_then_join(days, clicks):
    marks = days.map(lambda day: (day[0], day)).window(3, 2)
    initials = clicks.map(lambda pair: ("m" if pair[0] == "a" else "t", pair[1]))
    initials.window(2, 2).join(marks).pprint(30)


def reduce_by_window_sum(steps):
    steps.reduceByWindow(add, None, 3, 1).pprint()


def reduce_by_window_in_order(days):
    days.reduceByWindow(lambda a, b: a + " " + b, None, 4, 2).pprint()


def reduce_by_window_inverse(steps):
    steps.reduceByWindow(add, subtract, 3, 1).pprint()


def reduce_by_window_inverse_long(steps):
    steps.reduceByWindow(add, subtract, 5, 1).pprint()


def count_by_window(steps):
    steps.countByWindow(2, 1).pprint()


def count_by_window_long(clicks):
    clicks.countByWindow(5, 1).pprint()


def count_by_window_slide_two(days):
    days.countByWindow(4, 2).pprint()


def count_by_value_and_window(days):
    days.countByValueAndWindow(3, 1).pprint()


def count_by_value_and_window_long(days):
    days.countByValueAndWindow(5, 1).pprint()


def count_by_value_and_window_slide_two(days):
    days.countByValueAndWindow(4, 2, 3).glom().pprint()


def group_by_key_and_window(clicks):
    clicks.groupByKeyAndWindow(2, 1).mapValues(list).pprint()


def group_by_key_and_window_long(clicks):
    clicks.groupByKeyAndWindow(5, 1).mapValues(list).pprint()


def group_by_key_and_window_slide_two(clicks):
    clicks.groupByKeyAndWindow(4, 2, 3).mapValues(list).glom().pprint()


def reduce_by_key_and_window(clicks):
    clicks.reduceByKeyAndWindow(add, None, 3).pprint()


def reduce_by_key_and_window_slide_two(clicks):
    clicks.reduceByKeyAndWindow(add, None, 4, 2).pprint()


def reduce_by_key_and_window_partitions(clicks):
    clicks.reduceByKeyAndWindow(add, None, 3, 1, 3).glom().pprint()


def reduce_by_key_and_window_in_order(clicks):
    clicks.map(lambda pair: (pair[0], str(pair[1]))).reduceByKeyAndWindow(
        lambda a, b: a + "," + b, None, 4, 1
    ).pprint()


def reduce_by_key_and_window_inverse_short(clicks):
    clicks.reduceByKeyAndWindow(add, subtract, 4, 1).pprint()


def reduce_by_key_and_window_inverse_five(clicks):
    clicks.reduceByKeyAndWindow(add, subtract, 5, 1).pprint()


def reduce_by_key_and_window_inverse_six(clicks):
    clicks.reduceByKeyAndWindow(add, subtract, 6, 1, 1).pprint()


def reduce_by_key_and_window_inverse_slide(clicks):
    clicks.reduceByKeyAndWindow(add, subtract, 6, 2).pprint()


def reduce_by_key_and_window_filter(clicks):
    clicks.reduceByKeyAndWindow(add, subtract, 5, 1, 2, positive).pprint()


def reduce_by_key_and_window_filter_short(clicks):
    clicks.reduceByKeyAndWindow(add, subtract, 2, 1, 2, lambda pair: pair[1] > 1).pprint()


def reduce_by_key_and_window_filter_alone(clicks):
    clicks.reduceByKeyAndWindow(add, None, 2, 1, 2, lambda pair: pair[1] > 1).pprint()
