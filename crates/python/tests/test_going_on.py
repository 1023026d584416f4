"""A batch fails while nobody waits: the run goes on, and no state that lacks a batch is shown."""

import pytest
from millrace.testing import Clock
from py4j.protocol import Py4JJavaError

HEAD = """
import socket, sys, time
from millrace.pyspark.streaming import StateSpec
from pyspark import SparkContext
from pyspark.streaming import StreamingContext
ssc = StreamingContext(SparkContext("local[2]", "going on"), 0.05)
ssc.checkpoint("kept")
server = socket.socket()
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen(1)
lines = ssc.socketTextStream("127.0.0.1", server.getsockname()[1])
came, shown = [], []
lines.count().foreachRDD(lambda rdd: came.extend(n for n in rdd.collect() if n))
pairs = lines.map(lambda line: ("k", int(line)))
texts = lines.map(lambda line: ("k", line))
def add(new, old):
    open("called", "a").close()
    return sum(new) + (old or 0)
def meet(key, value, state):
    state.update(state.getOption(0) + value)
    return (key, state.get())
"""

RUN = """
result.foreachRDD(lambda rdd: shown.extend(rdd.collect()))
ssc.start()
client = server.accept()[0]
before = int(sys.argv[2])
for number, line in enumerate(sys.argv[3:], before + 1):
    client.sendall(line.encode() + b"\\n")
    while sum(came) < number:
        time.sleep(0.005)
batch = ssc._graph.now
while ssc._graph.now in (batch, None):
    time.sleep(0.005)
ssc.stop(stopGraceFully=False)
print(shown[0], shown[-1])
"""

STATELESS = {
    "sums": "result = pairs.reduceByKey(lambda a, b: a + b)\n",
    "sums that CPython makes": "result = pairs.reduceByKey(lambda a, b: add([a], b))\n",
    "sums of what CPython makes": "result = pairs.mapPartitions(list).reduceByKey(max)\n",
    "records": "result = pairs\n",
}

STATES = {
    "states": "result = pairs.updateStateByKey(lambda new, old: sum(new) + (old or 0))\n",
    "states that CPython updates": "result = pairs.updateStateByKey(add)\n",
    "states of sums": "result = pairs.reduceByKey(max).updateStateByKey(add)\n",
    "states whose function fails": (
        "result = texts.updateStateByKey(\n"
        "    lambda new, old: sum([int(line) for line in new]) + (old or 0))\n"
    ),
    "states that Python keeps": "result = pairs.transform(lambda rdd: rdd).updateStateByKey(add)\n",
    "states that records meet": "result = pairs.mapWithState(StateSpec(meet))\n",
}

DURABLE = {"spark.streaming.receiver.writeAheadLog.enable": "true"}


@pytest.fixture
def port(sender):
    """A port that a program can have."""
    sender._server.close()
    return sender.port


@pytest.mark.parametrize("name", STATELESS)
def test_later_batches_run(name, program, port):
    ended = program(HEAD + STATELESS[name] + RUN, port, 0, "1", "no number", "2")
    assert ended.stdout == "('k', 1) ('k', 2)\n", ended.stderr
    assert ended.returncode == 0
    assert ended.stderr.count("ValueError: invalid literal") == 1, ended.stderr
    assert "lack" not in ended.stderr


@pytest.mark.parametrize("result", ["result = pairs\n", STATES["states that CPython updates"]])
def test_what_fails_batch_after_batch_is_shown_ever_more_seldom_and_counted(result, program, port):
    ended = program(HEAD + result + RUN, port, 0, "1", *["no number"] * 30, "2")
    assert ended.returncode == 0, ended.stderr
    # The first one when the program ends, the others when they fail: more than one of those only
    # if the machine took ten seconds for it.
    shown = ended.stderr.count("Traceback (most recent call last)")
    assert 2 <= shown < 15, ended.stderr
    left_out = "millrace: failed batches: errors such as those above were left out "
    assert left_out in ended.stderr, ended.stderr


@pytest.mark.parametrize("name", STATES)
def test_a_state_that_lacks_a_batch_is_not_shown_and_gone_on_from_before_it(name, program, port):
    ended = program(HEAD + STATES[name] + RUN, port, 0, "1", "no number", "2", conf=DURABLE)
    assert ended.stdout == "('k', 1) ('k', 1)\n", ended.stderr
    assert ended.returncode == 0
    assert "failed, and " in ended.stderr and "a run that goes on" in ended.stderr, ended.stderr
    assert "program.py:" in ended.stderr and "/millrace/" not in ended.stderr
    # Who mends the function loses nothing.
    mended = (HEAD + STATES[name] + RUN).replace("int(line)", "int(line.replace('no number', '10'))")
    again = program(mended, port, 2, "100", conf={**DURABLE, "millrace.checkpoint.recover": "true"})
    assert again.stdout.endswith("('k', 113)\n"), again.stdout + again.stderr
    assert again.returncode == 0


def failing(clock, batches):
    """The numbers of the batches that fail, from one."""
    failed = []
    for number in range(1, batches + 1):
        try:
            clock.advance()
        except Py4JJavaError:
            failed.append(number)
    return failed


@pytest.mark.parametrize("inverse", [None, lambda a, b: a - b])
def test_a_window_fails_while_a_batch_that_failed_is_in_it(inverse):
    with Clock() as clock:
        numbers = clock.input()
        pairs = numbers.map(lambda n: ("k", 6 // n))
        sums = pairs.reduceByKeyAndWindow(lambda a, b: a + b, inverse, 5, 1)
        seen, all_of = clock.collect(sums), clock.collect(numbers.count())
        for number in (1, 0, 2, 3, 6, 1, 2, 3):
            clock.give(numbers, [number])
        # As PySpark has it, which fails for ever where the function has an inverse.
        assert failing(clock, 8) == [2, 3, 4, 5, 6]
        assert seen == [[("k", 6)], [("k", 3 + 2 + 1 + 6 + 3)], [("k", 2 + 1 + 6 + 3 + 2)]]
        assert all_of == [[1]] * 8, "other outputs go on"


def test_a_window_of_records_fails_while_a_batch_that_failed_is_in_it():
    with Clock() as clock:
        numbers = clock.input()
        seen = clock.collect(numbers.map(lambda n: 6 // n).window(2))
        for number in (1, 0, 2, 3):
            clock.give(numbers, [number])
        assert failing(clock, 4) == [2, 3]
        assert seen == [[6], [3, 2]]


def test_a_state_lacks_a_batch_that_was_given_up():
    def refuses(rdd):
        if rdd.count() == 2:
            raise ValueError("two")
        return rdd

    def meet(key, value, state):
        return value

    with Clock() as clock:
        numbers = clock.input()
        pairs = numbers.map(lambda n: (n, n))
        # It is asked for before the states, which come after it.
        clock.collect(pairs.mapWithState(meet).transform(refuses).window(2))
        seen = clock.collect(pairs.updateStateByKey(lambda new, old: sum(new) + (old or 0)))
        for batch in ([1], [1, 1], [1], [1]):
            clock.give(numbers, batch)
        assert failing(clock, 4) == [2, 3, 4]
        assert seen == [[(1, 1)]]
