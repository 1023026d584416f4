"""Mistakes of a program: its own lines, one clear message, the right code, nothing of ours."""

import os
import signal
import subprocess
import sys

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
    "an exit in an output": (
        "def show(rdd):\n    sys.exit(5)\nssc.queueStream([[1]]).foreachRDD(show)\n" + RUN,
        ["in show", "SystemExit: 5", "foreachRDD at"],
    ),
    "an exception at the top level": (
        'ssc.queueStream([[1]]).pprint()\nssc.start()\nraise ValueError("top")\n',
        ["in <module>", "ValueError: top"],
    ),
    "a second SparkContext": (
        'SparkContext("local[2]", "two")\n',
        ["ValueError: Cannot run multiple SparkContexts at once; existing SparkContext(app=bad, "
         "master=local[2]) created by __init__ at "],
    ),
    "a second StreamingContext that starts": (
        "other = StreamingContext(sc, 1)\nfor each in (ssc, other):\n"
        "    each.queueStream([[1]]).pprint()\n    each.start()\n",
        ["IllegalStateException: Only one StreamingContext may be started"],
    ),
    "a stream that is described too late": (
        "ssc.queueStream([[1]]).pprint()\nssc.start()\nssc.queueStream([[1]])\n",
        ["Adding new inputs, transformations, and output operations after starting a context"],
    ),
    "a file in a record function": (
        "file = open('written', 'w')\n"
        "ssc.queueStream([[1]]).map(lambda x: file.name).pprint()\n" + RUN,
        ["PicklingError: Could not serialize object: TypeError: cannot pickle "],
    ),
    "a cluster's master in the program": (
        'sc.stop()\nSparkContext("spark://host:7077", "bad")\n',
        ["master 'spark://host:7077' is a cluster's", "leave it out of the program",
         "'millrace-submit --master spark://host:7077'"],
    ),
    "a program that was pasted from a shell": (
        "spark.range(5)\n",
        ["NameError: name 'spark' is not defined",
         "millrace: spark is made by a shell: run the program by 'millrace-submit --shell'"],
    ),
    "a name of Python 2": (
        "ssc.queueStream([[1]]).map(lambda x: unicode(x)).pprint()\n" + RUN,
        ["NameError: name 'unicode' is not defined",
         "millrace: unicode is of Python 2, and this is Python 3: use str"],
    ),
    "a method of Python 2": (
        "for pair in {1: 2}.iteritems():\n    pass\n",
        ["AttributeError: 'dict' object has no attribute 'iteritems'",
         "millrace: iteritems is of Python 2, and this is Python 3: use items"],
    ),
    "print to a file in Python 2": (
        "print >>sys.stderr, 1\n",
        ["TypeError", "millrace: print >> file is of Python 2", "use print(..., file=file)"],
    ),
    "a module of Python 2": (
        "import urllib2\n",
        ["ModuleNotFoundError", "millrace: urllib2 is of Python 2", "use urllib.request"],
    ),
    "a batch duration that is no number": (
        'StreamingContext(sc, "1")\n',
        ["The batch duration must be a positive number of seconds, and is '1'"],
    ),
    "a batch duration that is too long": (
        "StreamingContext(sc, 1e30)\n",
        ["The batch duration must be a positive number of seconds, and is 1e+30"],
    ),
    "no streams to transform": (
        "ssc.transform([], lambda rdds: rdds)\n",
        ["IllegalArgumentException: requirement failed: List of DStreams to transform is empty"],
    ),
    "a dataset where a stream is needed": (
        "pairs = ssc.queueStream([[(1, 2)]])\npairs.join(sc.parallelize([(1, 3)])).pprint()\n",
        ["AttributeError: 'RDD' object has no attribute '_jdstream': an RDD is put to a stream in "
         "transform, by a function of the stream's RDDs", "pairs.join("],
    ),
    "a directory of another machine": (
        "ssc.textFileStream('hdfs://host/in')\n",
        ["ValueError: file stream hdfs://host/in at ", "program.py:", "there are no hdfs: locations"],
    ),
    "an empty name of a directory": (
        "ssc.binaryRecordsStream('', 4)\n",
        ["ValueError: ", "program.py:7: the name of the directory is empty"],
    ),
    "a number where a stream is needed": (
        "ssc.queueStream([[1]]).union(5)\n",
        ["AttributeError: 'int' object has no attribute '_jdstream'"],
    ),
    "a window that does not slide": (
        "ssc.queueStream([[1]]).window(0.1, 0)\n",
        ["ValueError: slideDuration must be positive, and is 0"],
    ),
    "a listener that is none": (
        "ssc.addStreamingListener(5)\n",
        ["TypeError: a StreamingListener is needed, not 5"],
    ),
    "a stream that cannot be made of the batch": (
        "ssc.queueStream([[1]]).repartition(0).pprint()\n" + RUN,
        ["ValueError: Number of partitions must be positive.", ": repartition at "],
    ),
    "a bad function of transform": (
        "ssc.queueStream([[1]]).transform(lambda rdd: rdd.foo).pprint()\n" + RUN,
        ["in <lambda>", "AttributeError: 'RDD' object has no attribute 'foo'", ": transform at "],
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
seen = []
numbers = ssc.queueStream([[1], [0], [3]])
numbers.map(lambda x: 6 // x).pprint()
numbers.foreachRDD(lambda rdd: seen.append(1))
ssc.start()
while len(seen) < 3:
    time.sleep(0.01)
ssc.stop()
"""
    ended = program(HEAD + body)
    shown = [line for line in ended.stdout.splitlines() if line.isdigit()]
    assert shown == ["6", "2"]
    assert ended.returncode == 0
    assert "ZeroDivisionError" in ended.stderr


def test_starts_again_are_said_once_for_a_while(program):
    body = """
ssc.queueStream([[1]]).pprint()
ssc.start()
for _ in range(50):
    ssc.start()
ssc.stop()
"""
    ended = program(HEAD + body)
    assert ended.returncode == 0
    assert ended.stderr.count("StreamingContext has already been started") == 1, ended.stderr


PYTHON2 = {
    'print "a", 1': "print without parentheses",
    "print x": "print without parentheses",
    "try:\n    x = 1\nexcept ValueError, e:\n    x = 2": "except with a comma",
    'raise ValueError, "no"': "raise with a comma",
    "f = lambda (k, v): v": "a lambda that takes a tuple apart",
    "def f(time, (k, v)):\n    return v": "a function that takes a tuple apart",
    "x = 1 <> 2": "the operator <>",
    "x = `1`": "backquotes",
    "x = 0777": "an octal number without 0o",
    "x = 10L": "a long number",
    'exec "x = 1"': "exec without parentheses",
}


@pytest.mark.parametrize("lines", PYTHON2)
def test_a_construct_of_python_2_is_named_with_its_line(lines, program):
    ended = program("import sys\n" + lines + "\n")
    assert ended.returncode == 1
    assert "Error" in ended.stderr
    line = 4 if lines.startswith("try") else 2
    said = "program.py, line %d: %s is of Python 2, and this is Python 3: port the program"
    assert said % (line, PYTHON2[lines]) in ended.stderr
    assert "/millrace/" not in ended.stderr


@pytest.mark.parametrize("lines", ["x = (1,", "x = 1 +* 2", "  x = 1", 'print("a" "b" c)', "for"])
def test_any_other_syntax_error_is_pythons_own(lines, program):
    ended = program("import sys\n" + lines + "\n")
    assert ended.returncode == 1
    assert "program.py" in ended.stderr and "Error: " in ended.stderr
    assert "millrace" not in ended.stderr


@pytest.mark.parametrize("module", ["pyspark", "millrace"])
def test_an_interpreter_that_is_too_old_is_told_so_in_one_line(module, program):
    ended = program("import sys\nsys.version_info = (3, 8, 18)\nimport %s\n" % module)
    assert ended.returncode == 1
    assert ended.stderr.startswith("millrace: Python 3.9 or later is needed, and ")
    assert " is 3.8.18; name another one by PYSPARK_PYTHON" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_another_sitecustomize_is_not_hidden(program, tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text("import builtins\nbuiltins.customized = 7\n")
    path = os.environ["PYTHONPATH"] + os.pathsep + str(tmp_path)
    monkeypatch.setenv("PYTHONPATH", path)
    assert program("import sys\nprint(customized)\n").stdout == "7\n"


NEVER = HEAD + """
import time

began = []

def never(rdd):
    print("called", flush=True)
    began.append(1)
    while True:
        time.sleep(0.01)

ssc.queueStream([[1]]).foreachRDD(never)
ssc.start()
while not began:
    time.sleep(0.01)
"""

ENDS = {
    "waiting": "ssc.awaitTermination()\n",
    "stopping": "ssc.stop()\n",
    "stopping with grace": "ssc.stop(stopGraceFully=True)\n",
    "leaving": "",
}


@pytest.mark.parametrize("end", ENDS)
def test_a_callback_that_never_returns_is_ended_by_a_second_signal(end, tmp_path):
    path = tmp_path / "program.py"
    path.write_text(NEVER + ENDS[end])
    settings = "# settings\nspark.ui.enabled=false\n"
    running = subprocess.Popen(
        [sys.executable, str(path)],
        env=dict(os.environ, MILLRACE_SUBMIT_CONF=settings, PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that starts its commands in the background has them ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        assert running.stdout.readline() == "called\n"
        said = []
        while not any("a second signal ends at once" in line for line in said):
            if end == "waiting" and not said:
                running.send_signal(signal.SIGINT)
            said.append(running.stderr.readline())
            assert said[-1], said
        for _ in range(2):
            if running.poll() is None:
                running.send_signal(signal.SIGINT)
                try:
                    running.wait(5)
                except subprocess.TimeoutExpired:
                    pass
        assert running.wait(240) == 128 + signal.SIGINT
    finally:
        running.kill()
        running.wait()
