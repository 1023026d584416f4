"""`mapWithState`: a record meets the state of its key, keys time out, a restart goes on."""

import signal

import pytest
from millrace.testing import Clock, run
from py4j.protocol import Py4JJavaError
from pyspark.errors import IllegalArgumentException
from pyspark.streaming import State, StateSpec


def count(word, one, state):
    state.update(state.getOption(0) + one)
    return "%s %d" % (word, state.get())


def test_every_record_is_mapped_in_the_partition_of_its_key():
    def program(pairs):
        mapped = pairs.mapWithState(StateSpec.function(count).numPartitions(2))
        return mapped.glom(), mapped.stateSnapshots()

    batches = [[("a", 1), ("b", 1), ("a", 2), ("c", 1)], [], [("d", 4), ("b", 1)]]
    mapped, states = run(program, batches)
    # As everywhere: which partition a key is in, and the order in it, is PySpark's.
    assert mapped == [[["b 1", "c 1"], ["a 1", "a 3"]], [[], []], [["d 4", "b 2"], []]]
    assert states[0] == states[1] == [("b", 1), ("c", 1), ("a", 3)]
    assert states[2] == [("b", 2), ("c", 1), ("d", 4), ("a", 3)]


def test_initial_states_and_a_plain_function():
    def program(pairs):
        by_list = pairs.mapWithState(StateSpec(count, initialState=[("a", 10), ("a", 20)]))
        return by_list, pairs.mapWithState(count)

    assert run(program, [[("a", 1)]]) == ([["a 21"]], [["a 1"]])


def test_a_key_that_was_removed_comes_back_as_the_last():
    def change(key, value, state):
        if value is None:
            state.remove()
            return state.exists()
        state.update(value)
        return state.exists()

    def program(pairs):
        mapped = pairs.mapWithState(StateSpec(change, numPartitions=1))
        return mapped, mapped.stateSnapshots()

    mapped, states = run(program, [[("a", 1), ("b", 2)], [("a", None)], [("a", 3)]])
    assert mapped == [[True, True], [False], [True]]
    assert states == [[("a", 1), ("b", 2)], [("b", 2)], [("b", 2), ("a", 3)]]


def test_idle_keys_time_out_once_in_their_order():
    def change(time, key, value, state):
        if state.isTimingOut():
            return key, "is gone at %d with %d" % (time.timestamp(), state.get())
        if value:
            state.update(value)

    def program(pairs):
        spec = StateSpec.function(change).timeout(1).numPartitions(1).initialState([("i", 9)])
        mapped = pairs.mapWithState(spec)
        return mapped, mapped.stateSnapshots()

    batches = [[("a", 1), ("b", 2)], [("a", 0)], [], [], []]
    mapped, states = run(program, batches)
    assert mapped == [
        [], [], [("i", "is gone at 3 with 9"), ("b", "is gone at 3 with 2")],
        [("a", "is gone at 4 with 1")], [],
    ]
    assert states[3:] == [[], []]


def test_only_update_changes_a_state():
    def change(key, value, state):
        known = state.getOption([])
        known.append(value)
        if value != "lost":
            state.update(known)
        return list(known)

    mapped = run(lambda pairs: pairs.mapWithState(change), [[(1, "a"), (1, "lost"), (1, "b")]])
    assert mapped == [[["a"], ["a", "lost"], ["a", "b"]]]


def test_states_that_lack_a_batch_are_not_shown_any_more():
    def change(key, value, state):
        state.update(state.getOption(0) + 1 // value)
        return state.get()

    with Clock() as clock:
        pairs = clock.input()
        seen = clock.collect(pairs.mapWithState(change))
        for batch in ([("a", 1)], [("a", 1), ("a", 0)], [("a", 1)]):
            clock.give(pairs, batch)
        clock.advance()
        with pytest.raises(Py4JJavaError, match="1 // value"):
            clock.advance()
        with pytest.raises(Py4JJavaError, match="mapWithState at .* failed, and the states lack it"):
            clock.advance()
        assert seen == [[1]]


def test_what_may_not_be_done_is_said():
    state = State()
    assert not state.exists() and state.getOption() is None
    with pytest.raises(LookupError, match="State is not set"):
        state.get()
    state.update(1)
    state.remove()
    with pytest.raises(IllegalArgumentException, match="update the state after it has been rem"):
        state.update(2)
    with pytest.raises(IllegalArgumentException, match="has already been removed"):
        state.remove()
    late = State(5, timing_out=True)
    assert late.isTimingOut() and late.get() == 5
    with pytest.raises(IllegalArgumentException, match="Cannot update the state that is timing"):
        late.update(2)
    with pytest.raises(IllegalArgumentException, match="Cannot remove the state that is timing"):
        late.remove()
    with pytest.raises(TypeError, match="takes 2 arguments"):
        StateSpec(lambda key, value: 1)
    with pytest.raises(IllegalArgumentException, match="must not be negative"):
        StateSpec(count, timeout=-1)


def test_explain_says_where_the_function_runs(capsys):
    with Clock() as clock:
        pairs = clock.context.socketTextStream("localhost", 9).map(lambda line: (line, 1))
        pairs.mapWithState(lambda key, value, state: key).map(lambda key: (key, 2)).explain()
    shown = [line.split("  ")[-1].strip() for line in capsys.readouterr().out.splitlines()]
    assert shown == [
        "compiled", "CPython: it sees and changes a state",
        "CPython: what comes before it runs there, too",
    ]


PROGRAM = """
import os, sys
from pyspark import SparkContext
from pyspark.streaming import StateSpec, StreamingContext

items = [[tuple(word) for word in batch.split(",")] for batch in sys.argv[2:]]
lives = int(sys.argv[1])
batches = []

def track(key, value, state):
    if value == "-":
        return state.remove()
    state.update(state.getOption([]) + [value])

def create():
    ssc = StreamingContext(SparkContext("local[2]", "restart"), 0.1)
    ssc.checkpoint("kept")
    mapped = ssc.queueStream(items).mapWithState(StateSpec(track, numPartitions=1))
    mapped.stateSnapshots().foreachRDD(show)
    return ssc

def show(rdd):
    if len(batches) == lives:
        os.kill(os.getpid(), 9)
    batches.append(1)
    print(rdd.collect(), flush=True)

ssc = StreamingContext.getOrCreate("kept", create)
ssc.start()
ssc.awaitTermination()
"""


def test_states_survive_a_kill(program):
    killed = program(PROGRAM, 2, "a1,b1,c1", "a-,b2", "c9")
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    shown = "[('b', ['1', '2']), ('c', ['1'])]"
    assert killed.stdout.splitlines()[1:] == [shown]
    again = program(PROGRAM, 9, "a3,b3", conf={"millrace.maxBatches": 1})
    expected = "[('b', ['1', '2', '3']), ('c', ['1']), ('a', ['3'])]"
    assert again.stdout.splitlines() == [expected], again.stderr
