"""Datasets: layout and order are PySpark's (every expected value was printed by PySpark 3.5.9)."""

import pytest


def pairs(sc):
    return sc.parallelize([("a", 1), ("b", 2), ("a", 3)], 3)


def test_slices_and_dealing_out(sc):
    numbers = sc.parallelize(range(10), 3)
    assert numbers.glom().collect() == [[0, 1, 2], [3, 4, 5], [6, 7, 8, 9]]
    assert numbers.repartition(2).glom().collect() == [[6, 7, 8, 9], [0, 1, 2, 3, 4, 5]]
    assert numbers.coalesce(2).glom().collect() == [[0, 1, 2], [3, 4, 5, 6, 7, 8, 9]]
    assert numbers.sortBy(lambda x: -x).glom().collect() == [[9, 8, 7, 6], [5, 4, 3], [2, 1, 0]]


def test_a_list_is_sliced_in_the_batches_that_pyspark_makes_of_it(sc):
    """Each batch has a partition's share of the records, and the last partition what is left."""
    assert sc.parallelize(list(range(10)), 4).glom().collect() == [
        [0, 1], [2, 3], [4, 5], [6, 7, 8, 9]
    ]
    assert sc.parallelize((x for x in range(5)), 3).glom().collect() == [[0], [1, 2], [3, 4]]
    assert sc.parallelize("hello world, this is", 3).map(ord).glom().map(len).collect() == [6, 6, 8]
    assert sc.parallelize(list(range(5001)), 3).glom().map(len).collect() == [1024, 2048, 1929]
    assert sc.parallelize(list(range(5000)), 4).glom().map(len).collect() == [1024, 1024, 1024, 1928]
    assert sc.parallelize([], 2).glom().collect() == [[], []]
    assert sc.parallelize(range(10), 4).glom().collect() == [[0, 1], [2, 3, 4], [5, 6], [7, 8, 9]]


def test_samples_are_those_of_the_seed(sc):
    numbers = sc.parallelize(range(10), 3)
    assert numbers.sample(False, 0.5, 7).collect() == [0, 1, 2, 3, 7, 8, 9]
    assert numbers.takeSample(False, 3, 5) == [2, 3, 1]


def test_order_of_keys_is_partition_and_first_arrival(sc):
    counted = pairs(sc).reduceByKey(lambda a, b: a + b)
    assert counted.collect() == [("b", 2), ("a", 4)]
    joined = pairs(sc).leftOuterJoin(sc.parallelize([("a", 9), ("c", 8)], 3))
    assert joined.collect() == [("b", (2, None)), ("a", (1, 9)), ("a", (3, 9))]


def test_functions_get_copies_of_what_they_capture(sc):
    seen = []

    def note(x):
        seen.append(x)
        return len(seen)

    assert sc.parallelize([1, 2, 3], 1).map(note).collect() == [1, 2, 3]
    assert seen == []


def test_an_error_shows_the_line_of_the_function(sc):
    from py4j.protocol import Py4JJavaError

    with pytest.raises(Py4JJavaError) as raised:
        sc.parallelize([1, 0]).map(lambda x: 1 // x).collect()
    assert "map(lambda x: 1 // x)" in str(raised.value)
    assert "ZeroDivisionError" in str(raised.value)
    assert "pyspark/_rdd" not in str(raised.value)


def test_what_ends_the_records_silently_is_an_error(sc):
    with pytest.raises(Exception, match="StopIteration"):
        sc.parallelize([1, 2]).map(lambda x: next(iter(()))).collect()
