"""Operators on pairs of a key and a value, of one stream."""


def map_values(pairs):
    pairs.mapValues(lambda value: value * 10).pprint()


def map_values_options(optional_values):
    optional_values.mapValues(lambda value: (value, value is None)).pprint()


def map_values_keeps_partitions(pairs):
    pairs.partitionBy(3).mapValues(lambda value: -value).glom().pprint()


def flat_map_values(pairs):
    pairs.flatMapValues(lambda value: range(min(value, 3))).pprint(20)


def flat_map_values_characters(unicode_pairs):
    unicode_pairs.map(lambda pair: (pair[1], pair[0])).flatMapValues(lambda text: text).pprint(40)


def group_by_key(letters):
    letters.groupByKey().mapValues(list).pprint()


def group_by_key_one_partition(letters):
    letters.groupByKey(1).mapValues(list).glom().pprint()


def group_by_key_five_partitions(letters):
    letters.groupByKey(5).mapValues(list).glom().pprint()


def group_by_key_option_keys(optional_keys):
    optional_keys.groupByKey().mapValues(list).pprint()


def group_by_key_option_values(optional_values):
    optional_values.groupByKey().mapValues(list).pprint()


def group_by_key_no_partition(gap_pairs):
    gap_pairs.groupByKey().mapValues(list).glom().pprint()


def reduce_by_key_words(words):
    words.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b).pprint(20)


def reduce_by_key_in_order(letters):
    letters.reduceByKey(lambda a, b: a + b).pprint()


def reduce_by_key_seven_partitions(pairs):
    pairs.reduceByKey(lambda a, b: a + b, 7).glom().pprint()


def reduce_by_key_one_partition(many_partitions):
    many_partitions.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b, 1).pprint()


def reduce_by_key_many_partitions(many_partitions):
    many_partitions.map(lambda word: (word, word)).reduceByKey(lambda a, b: a + b).pprint()


def reduce_by_key_integer_keys(integer_keys):
    integer_keys.reduceByKey(lambda a, b: a + b).pprint()


def reduce_by_key_float_keys(float_keys):
    float_keys.reduceByKey(lambda a, b: a + b, 3).pprint()


def reduce_by_key_boolean_keys(boolean_keys):
    boolean_keys.reduceByKey(lambda a, b: a + b).pprint()


def reduce_by_key_tuple_keys(tuple_keys):
    tuple_keys.reduceByKey(lambda a, b: a + b, 4).glom().pprint()


def reduce_by_key_nested_keys(nested_keys):
    nested_keys.reduceByKey(lambda a, b: a + b, 3).glom().pprint()


def reduce_by_key_unicode_keys(unicode_pairs):
    unicode_pairs.reduceByKey(lambda a, b: a + b, 3).glom().pprint()


def reduce_by_key_option_keys(optional_keys):
    optional_keys.reduceByKey(lambda a, b: a + b, 3).glom().pprint()


def reduce_by_key_one_worker(words):
    words.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b).pprint(20)


def reduce_by_key_three_workers(words):
    words.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b).glom().pprint()


def reduce_by_key_twice(words):
    words.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b).map(
        lambda pair: (pair[1], pair[0])
    ).reduceByKey(lambda a, b: a + "," + b).pprint()


def combine_by_key_average(pairs):
    pairs.combineByKey(
        lambda value: (value, 1),
        lambda total, value: (total[0] + value, total[1] + 1),
        lambda a, b: (a[0] + b[0], a[1] + b[1]),
    ).mapValues(lambda total: total[0] / total[1]).pprint()


def combine_by_key_lists(letters):
    letters.combineByKey(
        lambda value: [value], lambda items, value: items + [value], lambda a, b: a + b
    ).pprint()


def combine_by_key_three_partitions(tuple_keys):
    tuple_keys.combineByKey(
        lambda value: str(value), lambda text, value: f"{text},{value}", lambda a, b: a + "|" + b, 3
    ).pprint()


def partition_by_three(pairs):
    pairs.partitionBy(3).glom().pprint()


def partition_by_one(pairs):
    pairs.partitionBy(1).glom().pprint()


def partition_by_function(integer_keys):
    integer_keys.partitionBy(3, lambda key: key).glom().pprint()


def partition_by_length(unicode_pairs):
    unicode_pairs.partitionBy(4, lambda key: len(key)).glom().pprint()


def partition_by_then_reduce(integer_keys):
    integer_keys.partitionBy(2, lambda key: key).reduceByKey(lambda a, b: a + b).glom().pprint()
