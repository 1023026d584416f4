"""`millrace.testing`: a test hands over batches, and owns the clock."""

import doctest
import os

import millrace.pyspark  # noqa: F401
import pytest
from millrace import testing
from millrace.testing import Clock, run
from py4j.protocol import Py4JJavaError
from pyspark import SparkContext


def test_its_examples_are_right():
    failed, tried = doctest.testmod(testing)
    assert failed == 0
    assert tried == 6


def test_inputs_of_different_lengths_are_joined():
    joined = run(lambda a, b: a.join(b), [[("k", 1)], [("k", 2)]], [[("k", "x")]])
    assert joined == [[("k", (1, "x"))], []]


def test_a_state_goes_on_from_batch_to_batch():
    def total(numbers):
        return numbers.map(lambda n: ("sum", n)).updateStateByKey(
            lambda new, old: sum(new) + (old or 0)
        )

    assert run(total, [[1, 2], [], [4]]) == [[("sum", 3)], [("sum", 3)], [("sum", 7)]]


def test_a_batch_between_two_slides_is_none():
    assert run(lambda numbers: numbers.window(2, 2), [[1], [2], [3]]) == [None, [1, 2], None]


def test_batch_times_are_the_clocks_own():
    with Clock(interval=0.5) as clock:
        times = []
        clock.input().foreachRDD(lambda time, rdd: times.append(time.timestamp()))
        clock.advance(3)
        assert times == [0.5, 1.0, 1.5]
        assert clock.now == 1500


def test_an_error_of_the_program_is_raised_and_shows_its_line():
    with pytest.raises(Py4JJavaError, match="1 // n"):
        run(lambda numbers: numbers.map(lambda n: 1 // n), [[0]])
    assert run(lambda numbers: numbers, [[7]]) == [[7]]


def test_a_context_that_is_there_is_used_and_left(sc):
    assert run(lambda numbers: numbers, [sc.parallelize([1, 2], 2)]) == [[1, 2]]
    assert SparkContext._active_spark_context is sc
    with pytest.raises(ValueError, match="conf has no effect"):
        run(lambda numbers: numbers, [[1]], conf={"spark.app.name": "other"})


def test_a_context_of_its_own_is_stopped_and_has_the_settings():
    run(lambda numbers: numbers, [[1]])
    assert SparkContext._active_spark_context is None
    with Clock(conf={"spark.default.parallelism": "3"}) as clock:
        stream = clock.input()
        slices = clock.collect(stream.glom())
        clock.give(stream, [1, 2, 3])
        clock.advance()
    assert slices == [[[1], [2], [3]]]


def test_misuse_is_said():
    with pytest.raises(TypeError, match="a stream is collected, not None; return it"):
        run(lambda numbers: numbers.pprint(), [[1]])
    with Clock() as clock:
        stream = clock.input()
        with pytest.raises(ValueError, match="there is no output"):
            clock.advance()
        with pytest.raises(ValueError, match="input\\(\\) of this clock"):
            clock.give(stream.map(str), [1])
        with pytest.raises(RuntimeError, match="call advance"):
            clock.context.start()
        clock.context.socketTextStream("localhost", 9).pprint()
        with pytest.raises(ValueError, match="gives its batches itself"):
            clock.advance()


def test_works_without_the_name_pyspark_on_the_path(program, monkeypatch):
    package = os.path.dirname(os.path.dirname(os.path.abspath(testing.__file__)))
    monkeypatch.setenv("PYTHONPATH", package)
    ended = program("import millrace.testing as t\nprint(t.run(lambda s: s.count(), [[5, 6]]))\n")
    assert (ended.stdout, ended.stderr) == ("[[2]]\n", "")
