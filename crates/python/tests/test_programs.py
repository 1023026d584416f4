"""Whole programs over real sockets, as processes."""

COUNT = """
import sys
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

sc = SparkContext(appName="count")
ssc = StreamingContext(sc, 1)
lines = ssc.socketTextStream("127.0.0.1", int(sys.argv[1]))
lines.flatMap(lambda line: line.split(" ")).map(lambda word: (word, 1)) \\
     .reduceByKey(lambda a, b: a + b).pprint()
ssc.start()
ssc.awaitTermination()
"""

#: One batch for all that is sent, which ends the run.
ONE_BATCH = {
    "spark.master": "local[2]",
    "millrace.batchInterval": "36500d",
    "millrace.stopAtEof": "true",
}


def test_words_are_counted(program, sender):
    sender.send_to_first([b"hello wor", b"ld\nthe quick the hello\n"])
    ended = program(COUNT, sender.port, conf=ONE_BATCH)
    assert ended.returncode == 0, ended.stderr
    line = "-" * 43 + "\n"
    assert ended.stdout == (
        line + "Time: 2069-12-07 00:00:00\n" + line
        + "('hello', 2)\n('world', 1)\n('quick', 1)\n('the', 2)\n\n"
    )


STATE = """
import sys
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

def create():
    ssc = StreamingContext(SparkContext(appName="state"), 1)
    lines = ssc.socketTextStream("127.0.0.1", int(sys.argv[1]))
    counts = lines.map(lambda line: (line, 1)).updateStateByKey(
        lambda new, old: sum(new) + (old or 0))
    counts.foreachRDD(lambda rdd: print(rdd.collect()))
    return ssc

ssc = StreamingContext.getOrCreate("kept", create)
ssc.start()
ssc.awaitTermination()
"""


def test_get_or_create_goes_on(program, sender):
    sender.send_to_first([b"a\nb\n"])
    ended = program(STATE, sender.port, conf=ONE_BATCH)
    assert ended.stdout == "[('b', 1), ('a', 1)]\n", ended.stderr
    sender.send_to_first([b"b\nc\n"])
    ended = program(STATE, sender.port, conf=ONE_BATCH)
    assert ended.stdout.splitlines()[-1] == "[('b', 2), ('c', 1), ('a', 1)]", ended.stderr


def test_a_reader_that_leaves_ends_the_run_quietly(program):
    source = """
import os, sys
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

read, write = os.pipe()
os.dup2(write, 1)
os.close(read)
ssc = StreamingContext(SparkContext("local[2]", "closed"), 0.05)
ssc.queueStream([[1]]).pprint()
ssc.start()
ssc.awaitTermination()
"""
    ended = program(source)
    assert (ended.returncode, ended.stderr) == (0, "")
