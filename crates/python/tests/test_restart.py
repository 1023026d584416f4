"""State of a program that was killed: a new run goes on from its last batch."""

import signal

PROGRAM = """
import os, sys
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

items = [batch.split(",") for batch in sys.argv[2:]]
lives = int(sys.argv[1])
batches = []

def create():
    ssc = StreamingContext(SparkContext("local[2]", "restart"), 0.1)
    ssc.checkpoint("kept")
    words = ssc.queueStream(items)
    pairs = words.map(lambda word: (word, 1))
    state = pairs.updateStateByKey(lambda new, old: (old or []) + new)
    window = words.window(100, 0.1)
    sums = pairs.reduceByKeyAndWindow(lambda a, b: a + b, lambda a, b: a - b, 100, 0.1)
    for stream in (state, window, sums):
        stream.foreachRDD(show)
    state.foreachRDD(lambda rdd: batches.append(1))
    return ssc

def show(rdd):
    if len(batches) == lives:
        os.kill(os.getpid(), 9)
    print(sorted(rdd.collect()), flush=True)

ssc = StreamingContext.getOrCreate("kept", create)
ssc.start()
ssc.awaitTermination()
"""


def run(program, *words, **conf):
    return program(PROGRAM, *words, conf={"millrace.%s" % key: value for key, value in conf.items()})


def test_windows_and_states_of_python_survive_a_kill(program):
    killed = run(program, 2, "a,b", "a", "lost")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert killed.stdout.splitlines()[3:] == [
        "[('a', [1, 1]), ('b', [1])]", "['a', 'a', 'b']", "[('a', 2), ('b', 1)]"
    ]
    again = run(program, 9, "c,b", maxBatches=1)
    assert again.stdout.splitlines() == [
        "[('a', [1, 1]), ('b', [1, 1]), ('c', [1])]",
        "['a', 'a', 'b', 'b', 'c']",
        "[('a', 2), ('b', 2), ('c', 1)]",
    ], again.stderr
