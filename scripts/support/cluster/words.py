"""Counts the words of lines in a queue, batch by batch."""

from pyspark import SparkContext
from pyspark.streaming import StreamingContext

BATCHES = [["to be or not to be"], ["that is the question"], ["to be", "or to be"]]

sc = SparkContext(appName="words")
ssc = StreamingContext(sc, 1)
seen = []
words = ssc.queueStream(BATCHES).flatMap(lambda line: line.split(" "))
counts = words.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b)
counts.foreachRDD(lambda rdd: seen.append(rdd.collect()))
ssc.start()
while len(seen) < len(BATCHES):
    ssc.awaitTerminationOrTimeout(0.1)
ssc.stop()
for number, batch in enumerate(seen[: len(BATCHES)]):
    for pair in batch:
        print(number, pair)
