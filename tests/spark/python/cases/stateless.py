"""Operators that see one record, one partition or one batch at a time."""


def map_double(numbers):
    numbers.map(lambda x: 2 * x).pprint()


def map_to_tuple(words):
    words.map(lambda word: (word, len(word))).pprint()


def map_to_option(words):
    words.map(lambda word: word if len(word) > 3 else None).pprint()


def map_to_nested(numbers):
    numbers.map(lambda x: (x, [x, x + 1], (None, x > 0), (str(x),), [])).pprint()


def map_to_float(numbers):
    numbers.map(lambda x: x / 4).pprint()


def map_floats(floats):
    floats.map(lambda x: (x, -x)).pprint()


def map_text_in_tuple(unicode):
    unicode.map(lambda word: (word, word + "!")).pprint()


def map_text(unicode):
    unicode.map(lambda word: word + "!").pprint()


def map_booleans(booleans):
    booleans.map(lambda x: not x).pprint()


def map_cached(numbers):
    squares = numbers.map(lambda x: x * x).cache()
    squares.pprint()
    squares.map(lambda x: x + 1).pprint()


def map_with_broadcast(sc, numbers):
    factor = sc.broadcast(3)
    numbers.map(lambda x: x * factor.value).pprint()


def flat_map_split(lines):
    lines.flatMap(lambda line: line.split(" ")).pprint(20)


def flat_map_characters(lines):
    lines.flatMap(lambda line: line).pprint(30)


def flat_map_some_to_nothing(numbers):
    numbers.flatMap(lambda x: [x] * x if x > 1 else []).pprint(20)


def filter_positive(numbers):
    numbers.filter(lambda x: x > 0).pprint()


def filter_everything(words):
    words.filter(lambda word: False).pprint()


def filter_some(optional_numbers):
    optional_numbers.filter(lambda x: x is not None).pprint()


def glom_partitions(numbers):
    numbers.glom().pprint()


def glom_many_partitions(many_partitions):
    many_partitions.glom().pprint()


def glom_no_partition(gap):
    gap.glom().pprint()


def map_partitions_sum(numbers):
    numbers.mapPartitions(lambda items: [sum(items)]).pprint()


def map_partitions_first(three_partitions):
    three_partitions.mapPartitions(lambda items: [x for x in items][:1]).pprint()


def map_partitions_no_partition(gap):
    gap.mapPartitions(lambda items: [sum(items)]).pprint()


def map_partitions_with_index(three_partitions):
    three_partitions.mapPartitionsWithIndex(
        lambda index, items: [(index, x) for x in items]
    ).pprint(20)


def map_partitions_with_index_sizes(many_partitions):
    many_partitions.mapPartitionsWithIndex(
        lambda index, items: [(index, len(list(items)))]
    ).pprint()


def repartition_up(numbers):
    numbers.repartition(3).glom().pprint()


def repartition_down(three_partitions):
    three_partitions.repartition(1).glom().pprint()


def repartition_long(long_run):
    long_run.repartition(3).glom().pprint()


def repartition_then_sort(long_run):
    long_run.repartition(4).transform(lambda rdd: rdd.sortBy(lambda x: x)).pprint(40)


def union_method(numbers, more_numbers):
    numbers.union(more_numbers).pprint()


def union_with_itself(numbers):
    numbers.union(numbers).glom().pprint()


def union_of_different_lengths(few_numbers, more_numbers):
    few_numbers.union(more_numbers).glom().pprint()


def context_union_three(ssc, numbers, more_numbers, few_numbers):
    ssc.union(numbers, more_numbers, few_numbers).glom().pprint()


def context_union_one(ssc, numbers):
    ssc.union(numbers).pprint()


def count_numbers(numbers):
    numbers.count().pprint()


def count_filtered(numbers):
    numbers.filter(lambda x: x > 3).count().pprint()


def count_no_partition(gap):
    gap.count().pprint()


def count_by_value_words(words):
    words.countByValue().pprint(20)


def count_by_value_options(optional_numbers):
    optional_numbers.countByValue().pprint()


def count_by_value_tuples(points):
    points.countByValue().pprint()


def count_by_value_one_worker(many_partitions):
    many_partitions.countByValue().pprint()


def count_by_value_three_workers(three_partitions):
    three_partitions.countByValue().pprint(20)


def count_by_value_unicode(unicode):
    unicode.countByValue().pprint()


def reduce_sum(numbers):
    numbers.reduce(lambda a, b: a + b).pprint()


def reduce_in_order(words):
    words.reduce(lambda a, b: a + " " + b).pprint()


def reduce_one_record(few_numbers):
    few_numbers.reduce(lambda a, b: a * b).pprint()


def reduce_max(floats):
    floats.reduce(max).pprint()


def reduce_no_partition(gap):
    gap.reduce(lambda a, b: a + b).pprint()
