"""What a program did wrong: its own lines, one clear message, the right code, nothing of ours."""

import pytest

HEAD = """
import sys
from pyspark import SparkContext
from pyspark.streaming import StreamingContext
sc = SparkContext("local[2]", "bad")
ssc = StreamingContext(sc, 0.05)
"""

RUN = """
ssc.start()
ssc.awaitTermination()
"""

CASES = {
    "a bad record": (
        'ssc.queueStream([[1, 0]]).map(lambda x: 1 // x).pprint()\n' + RUN,
        ["in <lambda>", "ZeroDivisionError: integer division or modulo by zero", "pprint at"],
    ),
    "a bad output": (
        'def show(rdd):\n    raise ValueError("mine")\n'
        "ssc.queueStream([[1]]).foreachRDD(show)\n" + RUN,
        ["in show", "ValueError: mine", "foreachRDD at"],
    ),
    "a value from foreachRDD": (
        "ssc.queueStream([[1]]).foreachRDD(lambda rdd: rdd.count())\n" + RUN,
        ["AttributeError: 'int' object has no attribute '_jrdd'"],
    ),
    "an exit in a record function": (
        "ssc.queueStream([[1]]).map(lambda x: sys.exit(3)).pprint()\n" + RUN,
        ["in <lambda>", "SystemExit: 3"],
    ),
    "no output": (
        "ssc.queueStream([[1]])\nssc.start()\n",
        ["No output operations registered, so nothing to execute"],
    ),
    "state without a directory": (
        "ssc.queueStream([[(1, 2)]]).updateStateByKey(lambda new, old: 1).pprint()\nssc.start()\n",
        ["The checkpoint directory has not been set"],
    ),
    "a bad window": (
        "ssc.queueStream([[1]]).window(0.08)\n",
        ["ValueError: windowDuration must be multiple of the parent dstream's slide (batch) "
         "duration (50 ms)"],
    ),
    "a context in a record function": (
        "ssc.queueStream([[1]]).map(lambda x: sc.parallelize([x])).pprint()\n" + RUN,
        ["It appears that you are attempting to reference SparkContext"],
    ),
    "a lock in a record function": (
        "import threading\nlock = threading.Lock()\n"
        "ssc.queueStream([[1]]).map(lambda x: lock.locked()).pprint()\n" + RUN,
        ["PicklingError: Could not serialize object: TypeError: cannot pickle '_thread.lock'"],
    ),
    "endless recursion": (
        "def f(x):\n    return f(x)\nssc.queueStream([[1]]).map(f).pprint()\n" + RUN,
        ["RecursionError: maximum recursion depth exceeded"],
    ),
    "a master that is none": (
        'sc.stop()\nSparkContext("local[x]", "bad")\n',
        ["local[x]"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_one_clear_message(name, program):
    body, expected = CASES[name]
    ended = program(HEAD + body)
    assert ended.returncode == 1, ended.stderr
    for text in expected:
        assert text in ended.stderr
    assert "program.py" in ended.stderr
    assert "/millrace/" not in ended.stderr


def test_the_stream_goes_on_while_nobody_waits(program):
    body = """
import time
ssc.queueStream([[1], [0], [3]]).map(lambda x: 6 // x).pprint()
ssc.start()
time.sleep(0.6)
ssc.stop()
"""
    ended = program(HEAD + body)
    shown = [line for line in ended.stdout.splitlines() if line.isdigit()]
    assert shown == ["6", "2"]
    assert ended.returncode == 0
    assert "ZeroDivisionError" in ended.stderr
