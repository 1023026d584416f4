"""``--explain`` and ``explain()``: every function of a program, where it runs, and why."""

import re

from test_failing_streams import HEAD

STREAMS = """
import json
def add(a, b):
    return a + b
def take(a, b):
    return a - b
def show(rdd):
    print(rdd.collect())
def seen(a, b):
    print(a)
pairs.reduceByKeyAndWindow(add, take, 0.5, 0.05, None, lambda pair: pair[1] > 0).pprint()
pairs.reduceByKeyAndWindow(add, seen, 0.5, 0.05).mapValues(str).pprint()
pairs.window(0.5).reduceByKey(add).pprint()
pairs.window(0.5).mapValues(str).foreachRDD(show)
lines.countByWindow(0.5, 0.05).pprint()
lines.mapPartitions(lambda part: part).combineByKey(str, take, add).pprint()
pairs.partitionBy(2, len).pprint()
pairs.transform(lambda rdd: rdd).foreachRDD(show)
pairs.join(pairs).count().pprint()
lines.reduce(add).pprint()
lines.map(json.loads).pprint()
pairs.explain()
ssc.start()
"""

ENGINES = "compiled"
AFTER = "CPython: what comes before it runs there, too"
BESIDE = "CPython: another function of the window runs there"
COMBINERS = "CPython: combiners are made in CPython"
ONCE = "CPython: it runs once a batch, in the program itself"

TOLD = [
    ("program.py:8", "map", "lambda line: (line, 1)", ENGINES),
    ("program.py:18", "reduceByKey", "add", ENGINES),
    ("program.py:18", "reduceByKeyAndWindow", "add", ENGINES),
    ("program.py:20", "reduceByKeyAndWindow", "take", ENGINES),
    ("program.py:26", "reduceByKeyAndWindow", "lambda pair: pair[1] > 0", ENGINES),
    ("program.py:18", "reduceByKey", "add", ENGINES),
    ("program.py:18", "reduceByKeyAndWindow", "add", BESIDE),
    ("program.py:24", "reduceByKeyAndWindow", "seen", "CPython: it calls print (line 25)"),
    ("program.py:27", "mapValues", "str", AFTER),
    ("program.py:18", "reduceByKey", "add", ENGINES),
    ("program.py:29", "mapValues", "str", AFTER),
    ("program.py:22", "foreachRDD", "show", ONCE),
    ("program.py:30", "countByWindow: map", "lambda x: 1", ENGINES),
    ("program.py:30", "countByWindow: map", "lambda x: (1, x)", ENGINES),
    ("program.py:30", "countByWindow: reduceByKey", "lambda a, b: a + b", ENGINES),
    ("program.py:30", "countByWindow: map", "lambda pair: pair[1]", ENGINES),
    ("program.py:31", "mapPartitions", "lambda part: part",
     "CPython: it goes through the records of a partition itself"),
    ("program.py:31", "combineByKey", "str", COMBINERS),
    ("program.py:20", "combineByKey", "take", COMBINERS),
    ("program.py:18", "combineByKey", "add", COMBINERS),
    ("program.py:32", "partitionBy", "len", "CPython: it chooses partitions"),
    ("program.py:33", "transform", "lambda rdd: rdd", ONCE),
    ("program.py:22", "foreachRDD", "show", ONCE),
    # Joins have no function; of `count` there are three of its own, which are left out here.
    ("program.py:35", "reduce: map", "lambda x: (None, x)", ENGINES),
    ("program.py:18", "reduceByKey", "add", ENGINES),
    ("program.py:35", "reduce: map", "lambda pair: pair[1]", ENGINES),
    # A function of a library has the line that hands it over.
    ("program.py:36", "map", "loads", ENGINES),
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
