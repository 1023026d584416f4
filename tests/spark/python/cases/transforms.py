"""Operators that see the RDD of a batch, with and without its time."""

from shared import number


def transform_map(numbers):
    numbers.transform(lambda rdd: rdd.map(lambda x: x + 1)).pprint()


def transform_with_the_time(numbers):
    def tag(time, rdd):
        batch = number(time)
        return rdd.map(lambda x: (batch, x))

    numbers.transform(tag).pprint()


def transform_sort(three_partitions):
    three_partitions.transform(lambda rdd: rdd.sortBy(lambda x: -x)).pprint(20)


def transform_distinct(words):
    words.transform(lambda rdd: rdd.distinct()).pprint()


def transform_join_with_table(sc, pairs):
    table = sc.parallelize([("a", "alpha"), ("d", "delta"), ("x", "xi")], 2)
    pairs.transform(lambda rdd: rdd.join(table)).pprint()


def transform_constant(sc, numbers):
    table = sc.parallelize([7, 8, 9], 2)
    numbers.transform(lambda rdd: table).pprint()


def transform_after_window(days):
    days.window(2).transform(lambda rdd: rdd.distinct()).pprint()


def transform_with_union(numbers, more_numbers):
    numbers.transformWith(lambda a, b: a.union(b), more_numbers).glom().pprint()


def transform_with_join(ages, cities):
    ages.transformWith(lambda a, b: a.join(b), cities).pprint()


def transform_with_both_and_time(numbers, more_numbers):
    def merge(time, a, b):
        batch = number(time)
        return a.map(lambda x: (batch, x)) if batch % 2 else b.map(lambda x: (batch, x))

    numbers.transformWith(merge, more_numbers).pprint()


def context_transform_two(ssc, ages, cities):
    ssc.transform([ages, cities], lambda rdds: rdds[0].leftOuterJoin(rdds[1])).pprint()


def context_transform_three(ssc, numbers, more_numbers, few_numbers):
    ssc.transform(
        [few_numbers, numbers, more_numbers],
        lambda rdds: rdds[0].union(rdds[1]).union(rdds[2]).filter(lambda x: x > 0),
    ).pprint(20)
