"""Records that a function raises an exception at, and that are skipped."""

import glob
import json

import pytest

HEAD = """
import sys
from pyspark import SparkContext
from pyspark.streaming import StreamingContext
sc = SparkContext("local[2]", "skipping")
ssc = StreamingContext(sc, 0.05)
lines = ssc.socketTextStream("127.0.0.1", int(sys.argv[1]))
"""

RUN = """
ssc.start()
ssc.awaitTermination()
"""

#: The same chain, in the tier that its functions ask for.
CHAINS = {
    "compiled": "lines.flatMap(lambda line: line.split(' ')).map(lambda word: 12 // int(word))",
    "in CPython": (
        "import math\nlines.flatMap(lambda line: iter(line.split(' ')))"
        ".map(lambda word: math.trunc(12 // int(word)))"
    ),
    "in both": (
        "import math\nlines.flatMap(lambda line: line.split(' '))"
        ".map(lambda word: math.trunc(12 // int(word)))"
    ),
    "of a dataset": (
        "lines.transform(lambda rdd: rdd.flatMap(lambda line: line.split(' '))"
        ".map(lambda word: 12 // int(word)))"
    ),
}

ENDS = {
    "printed": ".pprint()",
    "read twice": ".foreachRDD(lambda rdd: print(rdd.count(), sorted(rdd.collect())))",
    "reduced": ".map(lambda n: (n % 2, n)).reduceByKey(lambda a, b: a + b).pprint()",
}


def chained(chain, end):
    *before, last = chain.split("\n")
    return "\n".join([HEAD, *before, last + end, RUN])


def results(text):
    """The printed records, whatever the batches were."""
    return [line for line in text.splitlines() if line and line[0] in "(0123456789[" and "0 []" not in line]


def letters(directory):
    """All dead letters."""
    files = sorted(glob.glob("%s/batch-*.jsonl" % directory))
    return [json.loads(line) for name in files for line in open(name, encoding="utf-8")]


def skipping(tmp_path, **more):
    settings = {
        "millrace.onRecordError": "skip",
        "millrace.deadLetterDir": str(tmp_path / "letters"),
        "millrace.stopAtEof": "true",
    }
    settings.update(more)
    return list(settings.items())


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("chain", CHAINS)
def test_what_comes_out_is_as_if_they_had_not_come_in(chain, end, program, sender, tmp_path):
    sender.send_to_first([b"1 2\n3 0 4\n5 x\n6\n"])
    source = chained(CHAINS[chain], ENDS[end])
    ended = program(source, sender.port, conf=skipping(tmp_path))
    assert ended.returncode == 0, ended.stderr
    expected = {
        "printed": ["12", "6", "2"],
        "read twice": ["3 [2, 6, 12]"],
        "reduced": ["(0, 20)"],
    }
    assert results(ended.stdout) == expected[end]
    found = letters(tmp_path / "letters")
    assert [letter["record"] for letter in found] == ["3 0 4", "5 x"]
    messages = [letter["message"] for letter in found]
    assert "by zero (program.py:" in messages[0]
    assert "invalid literal for int() with base 10: 'x' (program.py:" in messages[1]
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "whole",
    [
        ".map(lambda n: (n, n)).reduceByKey(lambda a, b: a // 0).pprint()",
        ".map(lambda n: (n, n)).updateStateByKey(lambda new, old: 1 // 0).pprint()",
        ".foreachRDD(lambda rdd: rdd.foreach(lambda n: 1 // 0))",
        ".mapPartitions(lambda records: [n // 0 for n in records]).pprint()",
    ],
)
def test_functions_that_see_more_than_a_record_fail(whole, program, sender, tmp_path):
    sender.send_to_first([b"1\nx\n1\n"])
    source = chained("ssc.checkpoint('state')\nlines.map(lambda line: int(line))", whole)
    ended = program(source, sender.port, conf=skipping(tmp_path))
    assert ended.returncode == 1
    # What was skipped is said by another thread, before the traceback or behind it.
    shown, error, _ = ended.stderr.split("Traceback")[-1].partition("ZeroDivisionError")
    assert error and "invalid literal" not in shown


@pytest.mark.parametrize("chain", CHAINS)
def test_too_many_end_the_program(chain, program, sender, tmp_path):
    sender.send_to_first([b"x\ny\nz\n"])
    source = chained(CHAINS[chain], ".pprint()")
    settings = skipping(tmp_path, **{"millrace.maxRecordErrors": "2"})
    ended = program(source, sender.port, conf=settings)
    assert ended.returncode == 1
    assert "more than 2 records have failed since the start" in ended.stderr
