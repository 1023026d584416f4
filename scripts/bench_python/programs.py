"""The programs that are measured, as text, and the files that they are run from."""

import os

WORD_COUNT = """
import sys
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

sc = SparkContext(appName="WordCount")
ssc = StreamingContext(sc, %(interval)s)
ssc.checkpoint(%(directory)r)
lines = ssc.socketTextStream(sys.argv[1], int(sys.argv[2]))
%(body)s
ssc.start()
ssc.awaitTermination()
"""

COUNT = """
words = lines.flatMap(lambda line: line.split(" "))
words.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b).pprint()
"""

STATE = """
def update(new_values, last_sum):
    return sum(new_values) + (last_sum or 0)

words = lines.flatMap(lambda line: line.split(" ")).map(lambda word: (word, 1))
words.updateStateByKey(update).pprint()
"""

# An exception that is caught is what no lowered form knows.
INTERPRETED = """
def cut(line):
    try:
        return line.split(" ")
    except AttributeError:
        return []

def pair(word):
    try:
        return (word, 1)
    except MemoryError:
        return None

def add(a, b):
    try:
        return a + b
    except TypeError:
        return 0

lines.flatMap(cut).map(pair).reduceByKey(add).pprint()
"""

# Nor does any know an object that is called.
OBJECTS = """
class Cut:
    def __call__(self, line):
        return line.split(" ")

class Pair:
    def __call__(self, word):
        return (word, 1)

class Add:
    def __call__(self, a, b):
        return a + b

lines.flatMap(Cut()).map(Pair()).reduceByKey(Add()).pprint()
"""

# Letters beyond ASCII are Python's to lower: the engine gives those words back.
GUARDED = """
words = lines.flatMap(lambda line: line.split(" "))
words.map(lambda word: (word.lower(), 1)).reduceByKey(lambda a, b: a + b).pprint()
"""

# The shape of a course's programs: rows to the driver in every batch.
SMALL = """
def show(rdd):
    rdd.map(lambda line: len(line)).take(5)
    rdd.flatMap(lambda line: line.split(" ")).map(lambda word: (word, 1)).reduceByKey(
        lambda a, b: a + b).collectAsMap()

lines.foreachRDD(show)
"""

# The functions of SMALL: their cost on the RDD of a batch, and the cost of lowering them, which are
# new ones in every batch.
RDDS = """
import time
from millrace._compile import lower
from pyspark import SparkContext

sc = SparkContext(appName="RDDs")

def show(rdd):
    rdd.map(lambda line: len(line)).take(5)
    rdd.flatMap(lambda line: line.split(" ")).map(lambda word: (word, 1)).reduceByKey(
        lambda a, b: a + b).collectAsMap()

def lowered(_):
    lower(lambda line: len(line), 1, False)
    lower(lambda line: line.split(" "), 1, True)
    lower(lambda word: (word, 1), 1, False)
    lower(lambda a, b: a + b, 2, False)

def cost(call, rdd, times):
    costs = []
    for _ in range(7):
        began = time.process_time()
        for _ in range(times):
            call(rdd)
        costs.append((time.process_time() - began) / times)
    return min(costs) * 1e3

for count in (1, 100, 1000, 10000):
    rdd = sc.parallelize(["twelve short words that stand in one line of a batch"] * count, 2)
    took = cost(show, rdd, max(1, %(times)d // count))
    print("  an RDD of %%d lines: %%.2f ms of CPU for four functions in CPython" %% (count, took))
print("  to lower the four: %%.2f ms of CPU" %% cost(lowered, None, %(times)d // 10), flush=True)
"""

# Windows of thirty batches. A class is what no lowered form knows: with it CPython puts together
# what the engine has counted of every batch.
WINDOWS = """
import os, time

class Call:
    def __init__(self, function):
        self.function = function
    def __call__(self, a, b):
        return self.function(a, b)

add, take = lambda a, b: a + b, lambda a, b: a - b
pairs = lines.flatMap(lambda line: line.split(" ")).map(lambda word: (word, 1))
%s.pprint()

# The window is full after so many batches; then so many are measured.
fill, full, spent = %d, %d, []

def tell(rdd):
    spent.append(time.process_time())
    if len(spent) == fill + full + 1:
        print("spent %%.3f" %% ((spent[-1] - spent[fill]) / full * 1e3), flush=True)
        os._exit(0)

lines.foreachRDD(tell)
"""

# What a batch costs once the keys are there: the first batches bring them, and what loading leaves
# to be done is done in some more.
KEYS = """
import os, time

def update(new_values, last_sum):
    return sum(new_values) + (last_sum or 0)

words = lines.flatMap(lambda line: line.split(" ")).map(lambda word: (word, 1))
words.updateStateByKey(update).foreachRDD(lambda rdd: None)

few, more, spent = %(few)d, %(more)d, []

def tell(rdd):
    spent.append(time.process_time())
    if len(spent) == few + more + 1:
        costs = sorted(after - before for before, after in zip(spent[few:], spent[few + 1:]))
        print("spent", *(cost * 1e3 for cost in (sum(costs) / more, costs[0], costs[-1])), flush=True)
        os._exit(0)

lines.foreachRDD(tell)
"""

OF_WINDOWS = [
    ("with an inverse, values", "pairs.reduceByKeyAndWindow(add, take, %(window)s, %(slide)s)"),
    ("with an inverse, CPython", "pairs.reduceByKeyAndWindow(add, Call(take), %(window)s, %(slide)s)"),
    ("without, values", "pairs.reduceByKeyAndWindow(add, None, %(window)s, %(slide)s)"),
    (
        "without, CPython",
        "pairs.reduceByKey(add).window(%(window)s, %(slide)s).reduceByKey(Call(add))",
    ),
    ("no window", "pairs.reduceByKey(add)"),
]


def written(directory, name, body, interval=1):
    """A Python program in a file."""
    path = os.path.join(directory, name + ".py")
    with open(path, "w", encoding="utf-8") as file:
        keep = os.path.join(directory, name + "-state")
        file.write(WORD_COUNT % {"body": body, "interval": interval, "directory": keep})
    return path
