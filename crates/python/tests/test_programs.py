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
