"""``--explain`` and ``explain()``: every function of a program, where it runs, and why."""

import re

from test_failing_streams import HEAD

STREAMS = """
def add(a, b):
    return a + b
def take(a, b):
    return a - b
def show(rdd):
    print(rdd.collect())
pairs.reduceByKeyAndWindow(add, take, 0.5, 0.05, None, lambda pair: pair[1] > 0).pprint()
lines.countByWindow(0.5, 0.05).pprint()
lines.mapPartitions(lambda part: part).combineByKey(str, take, add).pprint()
pairs.partitionBy(2, len).pprint()
pairs.transform(lambda rdd: rdd).foreachRDD(show)
pairs.join(pairs).count().pprint()
lines.reduce(add).pprint()
pairs.explain()
ssc.start()
"""

ENGINES = "compiled"
AFTER = "CPython: what comes before it runs there, too"
WINDOWS = "CPython: windows are put together in CPython"
COMBINERS = "CPython: combiners are made in CPython"
ONCE = "CPython: it runs once a batch, in the program itself"

TOLD = [
    ("program.py:8", "map", "lambda line: (line, 1)", ENGINES),
    ("program.py:17", "reduceByKey", "add", ENGINES),
    ("program.py:17", "reduceByKeyAndWindow", "add", WINDOWS),
    ("program.py:19", "reduceByKeyAndWindow", "take", WINDOWS),
    ("program.py:23", "reduceByKeyAndWindow", "lambda pair: pair[1] > 0", WINDOWS),
    ("program.py:24", "countByWindow: map", "lambda x: 1", ENGINES),
    ("program.py:24", "countByWindow: map", "lambda x: (1, x)", ENGINES),
    ("program.py:24", "countByWindow: reduceByKey", "lambda a, b: a + b", ENGINES),
    ("program.py:24", "countByWindow: map", "lambda pair: pair[1]", AFTER),
    ("program.py:25", "mapPartitions", "lambda part: part",
     "CPython: it goes through the records of a partition itself"),
    ("program.py:25", "combineByKey", "str", COMBINERS),
    ("program.py:19", "combineByKey", "take", COMBINERS),
    ("program.py:17", "combineByKey", "add", COMBINERS),
    ("program.py:26", "partitionBy", "len", "CPython: it chooses partitions"),
    ("program.py:27", "transform", "lambda rdd: rdd", ONCE),
    ("program.py:21", "foreachRDD", "show", ONCE),
    # Joins have no function; of `count` there are three of its own, which are left out here.
    ("program.py:29", "reduce: map", "lambda x: (None, x)", ENGINES),
    ("program.py:17", "reduceByKey", "add", ENGINES),
    ("program.py:29", "reduce: map", "lambda pair: pair[1]", ENGINES),
]


def cells(text):
    return [tuple(re.split("  +", line)) for line in text.splitlines()]


def test_every_function_of_a_program_is_told_with_its_tier(program, monkeypatch):
    monkeypatch.setenv("MILLRACE_EXPLAIN", "1")
    ended = program(HEAD + STREAMS, 9)
    assert ended.returncode == 0, ended.stderr
    of_pairs, *told = cells(ended.stdout)
    assert of_pairs == TOLD[0]
    assert [row for row in told if not row[1].startswith("count: ")] == TOLD
