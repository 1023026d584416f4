"""Datasets: layout and order are PySpark's (every expected value was printed by PySpark 3.5.9)."""

import gc
import weakref

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


def test_what_pyspark_gives_of_no_partition(sc):
    nothing = sc.emptyRDD()
    assert nothing.takeOrdered(1) == [] == nothing.collect()
    for action in (nothing.countByValue, nothing.countByKey, lambda: nothing.histogram(1)):
        with pytest.raises(ValueError, match="Can not reduce\\(\\) empty RDD"):
            action()
    with pytest.raises(ValueError, match="Cannot reduce empty RDD."):
        sc.parallelize([], 2).treeReduce(max)
    with pytest.raises(ValueError, match="top N cannot be negative"):
        nothing.takeOrdered(-1)


def test_the_zero_of_a_tree_counts_once_in_each_partition(sc):
    numbers = sc.parallelize([5, 3, 8, 1, 9, 2, 7], 3)
    assert numbers.aggregate(1, lambda a, b: a + b, lambda a, b: a + b) == 39
    assert numbers.treeAggregate(1, lambda a, b: a + b, lambda a, b: a + b, 3) == 38
    texts = sc.parallelize(range(20), 20).map(str)
    # Which partitions come together on which level can be seen in the order.
    assert texts.treeReduce(lambda a, b: a + b, 3) == "061218281441016171319391551117"
    assert texts.treeReduce(lambda a, b: a + b) == "048121615913172610141837111519"


def test_statistics_as_a_dict_are_of_a_sample_unless_one_is_asked_for(sc):
    """PySpark 3.5 has the two the wrong way round, and here they stay so."""
    stats = sc.parallelize([1.0, 2.0, 3.0, 4.0]).stats()
    assert stats.asDict()["variance"] == stats.sampleVariance()
    assert stats.asDict(sample=True)["variance"] == stats.variance()


def test_a_shuffle_takes_pairs_and_asks_the_programs_partitioner_for_each(sc):
    pairs = sc.parallelize([["a", 1], (1, 2), (True, 3)], 1)
    placed = pairs.partitionBy(2, lambda key: 0 if key is True else 1)
    assert placed.glom().collect() == [[(True, 3)], [("a", 1), (1, 2)]]
    with pytest.raises(Exception, match="too many values to unpack"):
        sc.parallelize([("a", 1, 2)]).partitionBy(2).collect()


def test_what_cannot_be_copied_is_told_as_it_is(sc):
    import pickle
    import threading

    lock = threading.Lock()
    words = "Could not serialize object: TypeError: cannot pickle '_thread.lock' object"
    for action in (
        lambda: sc.parallelize([1]).map(lambda x: lock.locked()).collect(),
        lambda: sc.parallelize([{"lock": lock}]),
    ):
        with pytest.raises(pickle.PicklingError, match=words):
            action()
    with pytest.raises(pickle.PicklingError, match="RDD_TRANSFORM_ONLY_VALID_ON_DRIVER"):
        other = sc.parallelize([1])
        sc.parallelize([1]).map(lambda x: other.count()).collect()


def test_functions_get_copies_of_what_only_pyspark_can_copy(sc, tmp_path):
    import collections
    import json
    import sys
    import types

    known = {"a": 1}
    keys, values, items = known.keys(), known.values(), known.items()
    ordered = collections.OrderedDict(a=1).keys()
    modules = {"json": json, "more": [{"double": lambda x: x * 2}]}
    out, view, proxy = sys.stdout, memoryview(b"ab"), types.MappingProxyType(known)
    (tmp_path / "lines").write_text("first\nsecond\n")
    letters = sc.parallelize(["a", "b"])
    assert letters.map(lambda x: x in keys).collect() == [True, False]
    assert letters.map(lambda x: (list(values), list(items), list(ordered))).first() == (
        [1], [("a", 1)], ["a"]
    )
    assert letters.map(lambda x: modules["json"].dumps(modules["more"][0]["double"](x))).first() == (
        '"aa"'
    )
    assert letters.map(lambda x: (out.write(""), bytes(view), proxy.get(x))).first() == (0, b"ab", 1)
    with open(str(tmp_path / "lines")) as file:
        assert file.readline() == "first\n"
        assert letters.map(lambda x: (file.name[-5:], file.readline())).collect() == [
            ("lines", "second\n"), ("lines", "second\n")
        ]
    assert sc.parallelize([json, keys]).count() == 2
    known["c"] = 2
    assert letters.map(lambda x: len(keys)).first() == 2
    counted = {"sum": sc.accumulator(0), "table": sc.broadcast({"a": 2}), "json": json}
    letters.foreach(lambda x: counted["sum"].add(counted["table"].value.get(x, 5)))
    assert counted["sum"].value == 7


def test_files_are_looked_for_when_they_are_read(sc, tmp_path):
    from py4j.protocol import Py4JJavaError

    path = str(tmp_path / "late.txt")
    lines = sc.textFile(path)
    sizes = lines.map(len).cache()
    with pytest.raises(Py4JJavaError, match="Input path does not exist: file:" + path):
        sizes.count()
    with open(path, "w") as file:
        file.write("one\ntwo\n")
    assert lines.union(lines).collect() == ["one", "two"] * 2
    assert sizes.collect() == [3, 3] and lines.getNumPartitions() == 2


def test_errors_call_classes_and_methods_as_pyspark_does(sc, tmp_path):
    from pyspark.streaming import StreamingContext

    stream = StreamingContext(sc, 1).queueStream([])
    for call, words in (
        (sc.parallelize([1]).sample, r"RDD.sample\(\) missing 2 required"),
        (stream.reduceByKeyAndWindow, r"DStream.reduceByKeyAndWindow\(\) missing 3 required"),
        (sc.addJobTag, r"SparkContext.addJobTag\(\) missing 1 required"),
    ):
        # Python 3.9 names the function alone.
        with pytest.raises(TypeError, match="(%s)|(%s)" % (words, words.partition(".")[2])):
            call()
        assert call.__qualname__ == words.partition("\\")[0]
    assert type(sc.textFile(str(tmp_path))).__name__ == "RDD"
    assert type(stream.window(1)).__name__ == "TransformedDStream"


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


OPERATORS = {
    "map": lambda rdd: rdd.map(lambda pair: pair),
    "filter": lambda rdd: rdd.filter(bool),
    "flatMap": lambda rdd: rdd.flatMap(lambda pair: [pair]),
    "mapValues": lambda rdd: rdd.mapValues(lambda value: value),
    "mapPartitions": lambda rdd: rdd.mapPartitions(lambda pairs: pairs),
    "reduceByKey": lambda rdd: rdd.reduceByKey(lambda a, b: a),
    "groupByKey": lambda rdd: rdd.groupByKey(),
    "partitionBy": lambda rdd: rdd.partitionBy(3),
    "repartition": lambda rdd: rdd.repartition(3),
    "coalesce": lambda rdd: rdd.coalesce(1),
    "distinct": lambda rdd: rdd.distinct(),
    "leftOuterJoin": lambda rdd: rdd.leftOuterJoin(rdd),
    "subtractByKey": lambda rdd: rdd.subtractByKey(rdd),
    "union": lambda rdd: rdd.union(rdd),
    "sortByKey": lambda rdd: rdd.sortByKey(),
    "sample": lambda rdd: rdd.sample(True, 0.5, 1),
    "zip": lambda rdd: rdd.zip(rdd),
    "cartesian": lambda rdd: rdd.cartesian(rdd),
    "cache": lambda rdd: rdd.map(lambda pair: pair).cache(),
}


@pytest.mark.parametrize("is_read", [False, True])
@pytest.mark.parametrize("name", sorted(OPERATORS))
def test_an_rdd_is_gone_as_soon_as_nobody_has_it(name, is_read, sc):
    # What lives longer than its batch is read at the batch's end.
    gc.disable()
    try:
        rdd = sc.parallelize([(1, 2), (3, 4)], 2)
        made = OPERATORS[name](rdd)
        if is_read:
            made.collect()
        references = [weakref.ref(rdd), weakref.ref(made)]
        del rdd, made
        assert [reference() for reference in references] == [None, None]
    finally:
        gc.enable()
