"""Keeps a running count of words, which needs a checkpoint directory both sides can write."""

import sys

from pyspark import SparkContext
from pyspark.streaming import StreamingContext

BATCHES = [["a", "b", "a"], [], ["b", "c"], ["a"]]

sc = SparkContext(appName="state")
ssc = StreamingContext(sc, 1)
ssc.checkpoint(sys.argv[1])
seen = []


def update(new, old):
    return sum(new) + (old or 0)


pairs = ssc.queueStream([sc.parallelize(batch, 2) for batch in BATCHES]).map(lambda word: (word, 1))
pairs.updateStateByKey(update).foreachRDD(lambda rdd: seen.append(sorted(rdd.collect())))
ssc.start()
while len(seen) < len(BATCHES):
    ssc.awaitTerminationOrTimeout(0.1)
ssc.stop()
for number, state in enumerate(seen[: len(BATCHES)]):
    print(number, state)
