"""A function fails at what the engine has received: who waits is told which batch and operator."""

import pytest

HEAD = """
import os, sys, time
from pyspark import SparkContext
from pyspark.streaming import StreamingContext
ssc = StreamingContext(SparkContext("local[2]", "failing"), 0.05)
ssc.checkpoint("kept")
lines = ssc.socketTextStream("127.0.0.1", int(sys.argv[1]))
pairs = lines.map(lambda line: (line, 1))
def wrong(a, b):
    raise ValueError("mine")
def exits(new, old):
    sys.exit(3)
def marks(new, old):
    open("marked", "w").close()
    raise ValueError("mine")
"""

RUN = """
ssc.start()
ssc.awaitTermination()
"""

FAILING = {
    "the states of a stream": ("pairs.updateStateByKey(wrong).pprint()", "updateStateByKey"),
    "states that are compiled": (
        "pairs.updateStateByKey(lambda new, old: len(new) // (old or 0)).pprint()",
        "updateStateByKey",
    ),
    "an exit": ("pairs.updateStateByKey(exits).pprint()", "updateStateByKey"),
    "what goes into a sum": (
        "lines.map(lambda line: (1, int(line))).reduceByKey(lambda a, b: a + b).pprint()",
        "reduceByKey",
    ),
    "a sum that no output reads": (
        "pairs.reduceByKey(wrong).updateStateByKey(lambda new, old: 1).count().pprint()",
        "reduceByKey",
    ),
}


@pytest.mark.parametrize("name", FAILING)
def test_the_batch_and_the_operator_are_named(name, program, sender):
    line, operator = FAILING[name]
    sender.send_to_first([b"a\na\n"])
    ended = program(HEAD + line + RUN, sender.port, conf={"millrace.stopAtEof": "true"})
    assert ended.returncode == 1, ended.stderr
    *shown, last = [line for line in ended.stderr.splitlines() if "closed the conn" not in line]
    assert last.startswith("millrace: batch ")
    at = HEAD.count("\n") + 1
    assert "%s at " % operator in last, last
    assert last.endswith("program.py:%d failed by this error" % at), last
    assert shown[0] == "Traceback (most recent call last):", ended.stderr
    assert shown.count(shown[-1]) == 1 and "Error: " in shown[-1] or shown[-1] == "SystemExit: 3"
    assert "/millrace/" not in ended.stderr and "crates/" not in ended.stderr


@pytest.mark.parametrize("end", ["ssc.stop()\n", "ssc.stop(stopGraceFully=True)\n", ""])
def test_what_nobody_waits_for_is_shown_when_the_program_ends(end, program, sender):
    sender.send_to_first([b"a\n"])
    body = """
pairs.updateStateByKey(marks).pprint()
ssc.start()
while not os.path.exists("marked"):
    time.sleep(0.01)
"""
    ended = program(HEAD + body + end, sender.port)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count("ValueError: mine") == 1, ended.stderr
    at = HEAD.count("\n") + 2
    assert "program.py:%d failed by this error" % at in ended.stderr


PARTITIONS = {
    "-1": "Number of partitions (-1) must be positive",
    "0": "Number of partitions (0) must be positive",
    "2 ** 16 + 1": "65537 partitions are too many: at most 65536",
    "2 ** 40": "1099511627776 partitions are too many: at most 65536",
}


@pytest.mark.parametrize("count", PARTITIONS)
def test_a_number_of_partitions_that_cannot_be_is_refused(count, program, sender):
    sender.send_to_first([b"a\n"])
    line = "pairs.reduceByKey(lambda a, b: a + b, %s).pprint()" % count
    conf = {"millrace.stopAtEof": "true", "millrace.maxBatches": "3"}
    ended = program(HEAD + line + RUN, sender.port, conf=conf)
    assert ended.returncode == 1, ended.stderr
    assert PARTITIONS[count] in ended.stderr and "program.py" in ended.stderr
    assert "OverflowError" not in ended.stderr and "crates/" not in ended.stderr


def test_a_port_and_a_length_that_cannot_be_are_refused_at_the_call(program):
    ended = program(HEAD.replace("int(sys.argv[1])", "1") + """
for wrong in (lambda: ssc.socketTextStream("localhost", 65536),
              lambda: ssc.socketTextStream("localhost", -1),
              lambda: ssc.binaryRecordsStream("files", 0),
              lambda: ssc.binaryRecordsStream("files", -1)):
    try:
        wrong()
    except Exception as error:
        print(type(error).__name__, error)
""")
    assert ended.stdout.splitlines() == [
        "IllegalArgumentException port out of range:65536",
        "IllegalArgumentException port out of range:-1",
        "IllegalArgumentException the length of a record must be positive, and is 0",
        "IllegalArgumentException the length of a record must be positive, and is -1",
    ], ended.stderr


def test_an_action_on_a_batch_fails_as_a_job(program, sender):
    actions = ("take(2)", "first()", "isEmpty()", "count()", "collect()", "foreach(print)")
    asked = HEAD + """
from py4j.protocol import Py4JJavaError
seen = []
lines.count().foreachRDD(lambda rdd: seen.append(rdd.first()))
def ask(rdd):
    if not seen[-1]:
        return
    for action in %r:
        try:
            eval("rdd." + action)
        except Py4JJavaError as error:
            print(action, type(error.__cause__).__name__)
    ssc.stop(False, False)
lines.map(lambda line: int(line)).foreachRDD(ask)
""" % (actions,)
    sender.send_to_first([b"no number\n"])
    ended = program(asked + RUN, sender.port)
    assert ended.stdout == "".join("%s ValueError\n" % action for action in actions), ended.stderr
