"""Operations on the RDD of a batch, as foreachRDD sees it."""

from shared import each, each_with_time, lists


def foreach_rdd_with_time(numbers):
    each_with_time(numbers, lambda batch, rdd: [batch, rdd.collect()])


def foreach_rdd_twice(numbers):
    each(numbers, lambda rdd: rdd.collect())
    each(numbers.map(lambda x: x * x), lambda rdd: [rdd.count()])


def rdd_collect(three_partitions):
    each(three_partitions, lambda rdd: rdd.collect())


def rdd_take(three_partitions):
    each(three_partitions, lambda rdd: [rdd.take(0), rdd.take(2), rdd.take(5), rdd.take(100)])


def rdd_first(three_partitions):
    each(three_partitions, lambda rdd: [] if rdd.isEmpty() else [rdd.first()])


def rdd_count(gap):
    each(gap, lambda rdd: [rdd.count()])


def rdd_is_empty(gap):
    each(gap, lambda rdd: [rdd.isEmpty()])


def rdd_partitions(gap):
    each(gap, lambda rdd: [rdd.getNumPartitions(), rdd.map(lambda x: x).getNumPartitions()])


def rdd_partitions_after_shuffle(three_partitions):
    each(
        three_partitions.map(lambda x: (x, 1)),
        lambda rdd: [
            rdd.reduceByKey(lambda a, b: a + b).getNumPartitions(),
            rdd.groupByKey(5).getNumPartitions(),
            rdd.union(rdd).getNumPartitions(),
            rdd.distinct().getNumPartitions(),
            rdd.repartition(4).getNumPartitions(),
            rdd.join(rdd).getNumPartitions(),
        ],
    )


def rdd_chain(numbers):
    each(
        numbers,
        lambda rdd: rdd.flatMap(lambda x: [x, x + 100])
        .filter(lambda x: x % 2 == 0)
        .map(str)
        .collect(),
    )


def rdd_map_partitions(three_partitions):
    each(three_partitions, lambda rdd: rdd.mapPartitions(lambda items: [sorted(items)]).collect())


def rdd_glom(gap):
    each(gap, lambda rdd: rdd.glom().collect())


def rdd_union(numbers):
    each(numbers, lambda rdd: rdd.union(rdd.map(lambda x: -x)).glom().collect())


def rdd_distinct(three_partitions):
    each(three_partitions, lambda rdd: rdd.distinct().glom().collect())


def rdd_distinct_two_partitions(words):
    each(words, lambda rdd: rdd.distinct(2).glom().collect())


def rdd_zip_with_index(three_partitions):
    each(three_partitions, lambda rdd: rdd.zipWithIndex().collect())


def rdd_sort_by(three_partitions):
    each(three_partitions, lambda rdd: rdd.sortBy(lambda x: x).collect())


def rdd_sort_by_descending(words):
    each(words, lambda rdd: rdd.sortBy(lambda word: len(word), ascending=False).collect())


def rdd_sort_by_partitions(long_run):
    each(long_run, lambda rdd: rdd.sortBy(lambda x: -x, numPartitions=3).glom().collect())


def rdd_sort_by_unicode(unicode):
    each(unicode, lambda rdd: rdd.sortBy(lambda word: word, numPartitions=1).collect())


def rdd_sort_by_key(pairs):
    each(pairs, lambda rdd: rdd.sortByKey().collect())


def rdd_sort_by_key_descending(integer_keys):
    each(integer_keys, lambda rdd: rdd.sortByKey(ascending=False, numPartitions=2).collect())


def rdd_sort_by_key_partitions(long_run):
    each(
        long_run.map(lambda x: (x * 7 % 11, x)),
        lambda rdd: rdd.sortByKey(numPartitions=4).glom().collect(),
    )


def rdd_top(three_partitions):
    each(three_partitions, lambda rdd: [rdd.top(3), rdd.top(100), rdd.top(1)])


def rdd_top_by_key(words):
    each(words, lambda rdd: [rdd.top(3, key=lambda word: len(word))])


def rdd_take_ordered(three_partitions):
    each(three_partitions, lambda rdd: [rdd.takeOrdered(3), rdd.takeOrdered(4, key=lambda x: -x)])


def rdd_reduce(words):
    each(words, lambda rdd: [] if rdd.isEmpty() else [rdd.reduce(lambda a, b: a + "-" + b)])


def rdd_fold(numbers):
    each(numbers, lambda rdd: [rdd.fold(0, lambda a, b: a + b)])


def rdd_fold_zero_counts(numbers):
    each(numbers, lambda rdd: [rdd.fold(1000, lambda a, b: a + b)])


def rdd_aggregate(three_partitions):
    each(
        three_partitions,
        lambda rdd: [
            rdd.aggregate(
                (0, 0), lambda t, x: (t[0] + x, t[1] + 1), lambda a, b: (a[0] + b[0], a[1] + b[1])
            )
        ],
    )


def rdd_aggregate_in_order(words):
    each(words, lambda rdd: [rdd.aggregate("", lambda t, x: t + x[0], lambda a, b: a + "|" + b)])


def rdd_reduce_by_key(three_partitions):
    each(
        three_partitions.map(lambda x: (x % 4, x)),
        lambda rdd: rdd.reduceByKey(lambda a, b: a + b).glom().collect(),
    )


def rdd_reduce_by_key_two_partitions(words):
    each(
        words.map(lambda word: (word, 1)),
        lambda rdd: rdd.reduceByKey(lambda a, b: a + b, 2).collect(),
    )


def rdd_group_by_key(letters):
    each(letters, lambda rdd: rdd.groupByKey().mapValues(list).collect())


def rdd_join(letters):
    each(letters, lambda rdd: rdd.join(rdd.mapValues(lambda x: x + "!")).collect())


def rdd_join_with_table(sc, ages):
    table = sc.parallelize([("anna", True), ("emil", False), ("bert", True), ("anna", False)], 3)
    each(ages, lambda rdd: rdd.join(table, 2).glom().collect())


def rdd_left_outer_join(sc, ages):
    table = sc.parallelize([("anna", "A"), ("fred", "F")], 1)
    each(ages, lambda rdd: rdd.leftOuterJoin(table).collect())


def rdd_full_outer_join(sc, ages):
    table = sc.parallelize([("anna", "A"), ("fred", "F")], 1)
    each(ages, lambda rdd: rdd.fullOuterJoin(table).collect())


def rdd_cogroup(sc, ages):
    table = sc.parallelize([("anna", "A"), ("fred", "F"), ("anna", "B")], 2)
    each(ages, lambda rdd: rdd.cogroup(table).mapValues(lists).collect())


def rdd_keys_and_values(pairs):
    each(pairs, lambda rdd: [rdd.keys().collect(), rdd.values().collect()])


def rdd_count_by_value(words):
    each(words, lambda rdd: sorted(rdd.countByValue().items()))


def rdd_foreach_accumulator(sc, numbers):
    total = sc.accumulator(0)
    each(numbers, lambda rdd: rdd.foreach(lambda x: total.add(x)) or [total.value])


def rdd_foreach_partition_accumulator(sc, numbers):
    partitions = sc.accumulator(0)
    each(
        numbers,
        lambda rdd: rdd.foreachPartition(lambda items: partitions.add(1)) or [partitions.value],
    )
