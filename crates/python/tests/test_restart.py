"""State of a program that was killed: a new run goes on from its last batch."""

import json
import signal
import subprocess
import threading

import pytest
from built import built

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


CORES = """
import sys
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

def create():
    ssc = StreamingContext(SparkContext(sys.argv[1], "cores"), 0.1)
    ssc.checkpoint("kept")
    pairs = ssc.queueStream([list(sys.argv[2])]).map(lambda word: (word, 1))
    sums = pairs.reduceByKeyAndWindow(lambda a, b: a + b, lambda a, b: a - b, 100, 0.1)
    for stream in (pairs.updateStateByKey(lambda new, old: sum(new) + (old or 0)), sums):
        stream.foreachRDD(lambda rdd: print(rdd.getNumPartitions(), rdd.keys().collect()))
    return ssc

ssc = StreamingContext.getOrCreate("kept", create)
ssc.start()
ssc.awaitTermination()
"""


def test_another_number_of_cores_changes_neither_partitions_nor_order(program):
    shown = []
    for cores, words in (("2", "abcdefgh"), ("5", "a"), ("1", "b")):
        conf = {"millrace.maxBatches": "1"}
        ended = program(CORES, "local[%s]" % cores, words, conf=conf)
        assert ended.returncode == 0, ended.stderr
        shown.append(ended.stdout)
    assert len(set(shown)) == 1 and shown[0].startswith("2 ["), shown


VALUES = """
import os, sys
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

class Point:
    def __init__(self, x):
        self.x = x
    def __repr__(self):
        return "Point(%d)" % self.x

MADE = {
    "number": 7, "float": 0.5, "text": "\u00e9t\u00e9", "none": (None, True), "big": 2 ** 70,
    "list": [1, [2, "x"]], "dict": {"k": [1], 2: (3,)}, "bytes": b"\\xff", "object": Point(3),
}
shown = []

def update(new, old):
    return MADE[new[-1]] if new else old

def create():
    ssc = StreamingContext(SparkContext("local[2]", "values"), 0.1)
    ssc.checkpoint("kept")
    lines = ssc.socketTextStream("127.0.0.1", int(sys.argv[1]))
    THE STREAM
    return ssc

def show(rdd):
    states = sorted(rdd.collect())
    shown.append(len(states))
    # By the second batch that shows all of them the first one is in the checkpoint.
    if shown.count(len(MADE)) == 3 and sys.argv[2] == "die":
        os.kill(os.getpid(), 9)
    if sys.argv[2] != "die":
        print(states, flush=True)

ssc = StreamingContext.getOrCreate("kept", create)
ssc.start()
ssc.awaitTermination()
"""

STATES = "lines.map(lambda line: (line, line)).updateStateByKey(update).foreachRDD(show)"
# The same state, by other code.
CHANGED = """keyed = lines.map(lambda line: (line.strip(), line.strip()))
    keyed.updateStateByKey(lambda new, old: old).foreachRDD(show)"""


def test_values_of_python_go_on_after_a_kill_and_are_data_for_millrace_state(
    program, sender, tmp_path
):
    names = ["number", "float", "text", "none", "big", "list", "dict", "bytes", "object"]
    clients = []

    def feed():
        # Open for as long as the test runs.
        clients.append(sender.accept())
        clients[0].sendall(("\n".join(names) + "\n").encode())

    threading.Thread(target=feed, daemon=True).start()
    killed = program(VALUES.replace("THE STREAM", STATES), sender.port, "die")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    sender.send_to_first([])
    again = program(VALUES.replace("THE STREAM", CHANGED), sender.port, "live", conf={"millrace.maxBatches": "1"})
    assert again.returncode == 0, again.stderr
    assert again.stdout == (
        "[('big', 1180591620717411303424), ('bytes', b'\\xff'), ('dict', {'k': [1], 2: (3,)}), "
        "('float', 0.5), ('list', [1, [2, 'x']]), ('none', (None, True)), ('number', 7), "
        "('object', Point(3)), ('text', '\u00e9t\u00e9')]\n"
    )
    state = built("millrace-state")
    if state is None:
        pytest.skip("millrace-state has not been built")
    lines = subprocess.run([state, "export", "kept"], cwd=tmp_path, capture_output=True, text=True)
    kept = {each["key"]: each["value"] for each in map(json.loads, lines.stdout.splitlines())}
    # What JSON has no form of its own for is named; a list is none, since a tuple is one here.
    assert kept.pop("object")["pickle"][:2] == [0x80, 4]
    assert kept == {
        "number": 7,
        "float": 0.5,
        "text": "\u00e9t\u00e9",
        "none": [None, True],
        "big": {"int": str(2**70)},
        "list": {"list": [1, {"list": [2, "x"]}]},
        "dict": {"dict": [["k", {"list": [1]}], [2, [3]]]},
        "bytes": [255],
    }


WINDOWS = """
import os, sys
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

class Call:
    def __init__(self, function):
        self.function = function
    def __call__(self, a, b):
        return self.function(a, b)

shown = []

def create():
    ssc = StreamingContext(SparkContext("local[2]", "windows"), 0.1)
    ssc.checkpoint("kept")
    lines = ssc.socketTextStream("127.0.0.1", int(sys.argv[1]))
    pairs = lines.map(lambda line: (line, 1))
    sums = pairs.reduceByKeyAndWindow(lambda a, b: a + b, TIER(lambda a, b: a - b), 100, 0.1)
    counts = pairs.reduceByKey(lambda a, b: a + b)
    whole = counts.window(100, 0.1).reduceByKey(TIER(lambda a, b: a + b))
    sums.foreachRDD(lambda rdd: shown.append(sorted(rdd.collect())))
    whole.foreachRDD(show)
    return ssc

def show(rdd):
    both = [shown[-1], sorted(rdd.collect())]
    # By the second batch that shows all of them the first one is in the checkpoint.
    if sys.argv[2] == "die" and shown.count([("a", 2), ("b", 1)]) == 3:
        os.kill(os.getpid(), 9)
    if sys.argv[2] != "die":
        print(*both, flush=True)

ssc = StreamingContext.getOrCreate("kept", create)
ssc.start()
ssc.awaitTermination()
"""

#: Wrappers that leave the functions of windows in a tier.
TIERS = {"values": "", "CPython": "Call"}


@pytest.mark.parametrize("tiers", [("values", "values"), ("CPython", "values"), ("values", "CPython")])
def test_windows_go_on_after_a_kill_whichever_tier_has_noted_them(tiers, program, sender):
    first, then = (WINDOWS.replace("TIER", TIERS[tier]) for tier in tiers)
    clients = []

    def feed():
        # Open for as long as the test runs.
        clients.append(sender.accept())
        clients[0].sendall(b"a\nb\na\n")

    threading.Thread(target=feed, daemon=True).start()
    killed = program(first, sender.port, "die")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    sender.send_to_first([])
    again = program(then, sender.port, "live", conf={"millrace.maxBatches": "2"})
    assert again.returncode == 0, again.stderr
    assert again.stdout == "[('a', 2), ('b', 1)] [('a', 2), ('b', 1)]\n" * 2


OF_A_CLASS = """
import sys
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

class Tally:
    pass

def create():
    ssc = StreamingContext(SparkContext("local[2]", "classes"), 0.05)
    ssc.checkpoint("kept")
    pairs = ssc.%s
    pairs.updateStateByKey(lambda new, old: old or Tally()).foreachRDD(lambda rdd: None)
    return ssc

ssc = StreamingContext.getOrCreate("kept", create)
ssc.start()
ssc.awaitTermination()
"""


@pytest.mark.parametrize("source", ["socketTextStream('localhost', PORT)", "queueStream([['a']])"])
def test_a_class_that_is_gone_is_no_damage(source, program, sender):
    sender.send_to_first([b"a\n"])
    pairs = source.replace("PORT", str(sender.port)) + ".map(lambda word: (word, 1))"
    settings = {"millrace.maxBatches": "40", "millrace.stopAtEof": "true"}
    first = program(OF_A_CLASS % pairs, conf=settings)
    assert first.returncode == 0, first.stderr
    second = program((OF_A_CLASS % pairs).replace("Tally", "Count"), conf=settings)
    assert second.returncode == 1
    last = second.stderr.strip().split("\n")[-1]
    assert "has an object that this program cannot make: AttributeError: " in last
    assert "'Tally'" in last and "define the class where it was" in last
    assert "damaged" not in second.stderr
