"""Datasets in functions of foreachRDD: broadcast, accumulators, joins, sorts."""

from pyspark import SparkContext
from pyspark.streaming import StreamingContext

BATCHES = [list(range(10)), list(range(5, 25)), [3, 1, 2]]

sc = SparkContext(appName="batches")
ssc = StreamingContext(sc, 1)
limit = sc.broadcast(4)
small = sc.accumulator(0)
names = sc.parallelize([(0, "even"), (1, "odd")])
seen = []


def note(number):
    if number < limit.value:
        small.add(1)


def show(rdd):
    rdd.foreach(note)
    named = rdd.map(lambda n: (n % 2, n)).join(names).map(lambda pair: (pair[1][1], pair[1][0]))
    sums = named.reduceByKey(lambda a, b: a + b)
    seen.append((rdd.count(), rdd.top(3), sorted(sums.collect()), small.value))


ssc.queueStream(BATCHES).foreachRDD(show)
ssc.start()
while len(seen) < len(BATCHES):
    ssc.awaitTerminationOrTimeout(0.1)
ssc.stop()
for line in seen[: len(BATCHES)]:
    print(*line)
