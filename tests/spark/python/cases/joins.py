"""Operators on the pairs of two streams."""

from shared import lists


def cogroup_streams(ages, cities):
    ages.cogroup(cities).mapValues(lists).pprint()


def cogroup_three_partitions(ages, cities):
    ages.cogroup(cities, 3).mapValues(lists).glom().pprint()


def cogroup_with_itself(pairs):
    pairs.cogroup(pairs).mapValues(lists).pprint()


def cogroup_options(optional_values, optional_cities):
    optional_values.cogroup(optional_cities).mapValues(lists).pprint()


def join_streams(ages, cities):
    ages.join(cities).pprint()


def join_streams_swapped(ages, cities):
    cities.join(ages).pprint()


def join_with_itself(letters):
    letters.join(letters).pprint(20)


def join_three_partitions(pairs, letters):
    pairs.join(letters.map(lambda pair: (pair[1], pair[0])), 3).glom().pprint()


def join_options(optional_values, optional_cities):
    optional_values.join(optional_cities).pprint()


def join_option_keys(optional_keys):
    optional_keys.join(optional_keys.mapValues(lambda value: -value), 1).pprint(20)


def join_three_workers(ages, cities):
    ages.join(cities).glom().pprint()


def join_no_partition(gap_pairs, pairs):
    gap_pairs.join(pairs).pprint()


def left_outer_join_streams(ages, cities):
    ages.leftOuterJoin(cities).pprint()


def left_outer_join_one_partition(ages, cities):
    ages.leftOuterJoin(cities, 1).glom().pprint()


def left_outer_join_options(optional_values, optional_cities):
    optional_values.leftOuterJoin(optional_cities).pprint()


def right_outer_join_streams(ages, cities):
    ages.rightOuterJoin(cities).pprint()


def right_outer_join_three_partitions(ages, cities):
    ages.rightOuterJoin(cities, 3).glom().pprint()


def right_outer_join_options(optional_values, optional_cities):
    optional_values.rightOuterJoin(optional_cities).pprint()


def full_outer_join_streams(ages, cities):
    ages.fullOuterJoin(cities).pprint()


def full_outer_join_three_partitions(ages, cities):
    ages.fullOuterJoin(cities, 3).glom().pprint()


def full_outer_join_options(optional_values, optional_cities):
    optional_values.fullOuterJoin(optional_cities).pprint()


def full_outer_join_of_counts(words, many_partitions):
    def counts(stream):
        return stream.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b)

    counts(words).fullOuterJoin(counts(many_partitions)).pprint(20)
