"""Windows that are made of values are those that CPython makes: records, their order, exceptions."""

import os
import random
import traceback

import pytest
from compiled import values
from millrace.testing import Clock
from of_values import of_values
from py4j.protocol import Py4JJavaError

CASES = int(os.environ.get("MILLRACE_TEST_CASES", "150"))

#: Functions of a window, their inverses, and filters.
FUNCTIONS = [
    (
        lambda a, b: a + b,
        lambda a, b: a - b,
    ),
    (
        lambda left, right: left + right,
        lambda whole, part: whole[len(part) :],
    ),
    (
        lambda m, n: max(m, n),
        lambda m, n: m,
    ),
    (
        lambda p, q: p * q,
        lambda p, q: p // q,
    ),
    (
        lambda x, y: "%s,%s" % (x, y),
        lambda x, y: None if x == y else x,
    ),
]
FILTERS = [
    None,
    None,
    lambda pair: pair[1] > 0,
    lambda pair: pair[1] != pair[0],
    lambda pair: bool(pair[1]),
]


def of_window(rng, pairs):
    """A window over pairs, and what reads it."""
    function, inverse = rng.choice(FUNCTIONS)
    window, slide = rng.choice([(1, 1), (2, 1), (3, 1), (5, 1), (6, 1), (5, 2), (6, 2), (10, 2), (2, 3)])
    count = rng.choice([None, 1, 2, 3])
    shape = rng.randrange(10)
    if shape < 4:
        return pairs.reduceByKeyAndWindow(
            function, inverse, window, slide, count, rng.choice(FILTERS)
        )
    if shape == 4:
        return pairs.reduceByKeyAndWindow(function, None, window, slide, count)
    if shape == 5:
        whole = pairs.window(window, slide).mapValues(lambda value: (value, 1))
        return whole.filter(lambda pair: pair[0] != "b").reduceByKey(lambda a, b: a + b, count)
    if shape == 6:
        words = pairs.window(window, slide).flatMap(lambda pair: [pair[0], pair[1]])
        return words.countByValue()
    if shape == 7:
        return pairs.map(lambda pair: pair[1]).reduceByWindow(
            function, rng.choice([inverse, None]), window, slide
        )
    if shape == 8:
        return pairs.countByValueAndWindow(window, slide, count)
    if rng.random() < 0.5:
        return pairs.countByWindow(window, slide)
    return pairs.groupByKeyAndWindow(window, slide, count).mapValues(lambda found: list(found))


def read(rng, stream):
    """A stream that is made of a window."""
    for _ in range(rng.choice([0, 0, 1, 2])):
        stream = rng.choice([
            lambda: stream.map(lambda pair: (pair[1], pair[0])),
            lambda: stream.mapValues(lambda value: value + value),
            lambda: stream.filter(lambda pair: pair[0] < pair[1]),
            lambda: stream.flatMapValues(lambda value: [value, str(value)]),
            lambda: stream.reduceByKey(lambda a, b: a + b, 2),
            lambda: stream.window(rng.choice([2, 6]) * stream._slide / 1000).reduceByKey(max),
            lambda: stream.window(2 * stream._slide / 1000),
            lambda: stream.glom(),
        ])()
    return stream


def batches(rng):
    """Batches of pairs, some of them hostile."""
    odd, few = rng.choice([0, 0, 0.02, 0.2]), rng.choice([2, 5, 30])
    kind = rng.randrange(5)
    keys = [values.scalar(rng, odd) for _ in range(few)]
    if rng.random() < 0.3:
        keys = ["a", "b", 1, 1.0, True, None, ("a", 1), ("a", True)]

    def value():
        if kind < 2:
            return rng.choice(values.ODD_INTS if rng.random() < odd else values.INTS)
        if kind == 2:
            return rng.choice(values.ODD_FLOATS if rng.random() < odd else values.FLOATS)
        if kind == 3:
            return rng.choice(values.WORDS + values.LONG)
        return values.value(rng, odd)

    given = []
    for _ in range(rng.randint(4, 14)):
        given.append([(rng.choice(keys), value()) for _ in range(rng.choice([0, 1, 5, 20, 80]))])
        if rng.random() < odd / 2:
            given[-1].append(rng.choice([(1, 2, 3), "ab", 7, [1, 2], ()]))
    return given


def told(error):
    """All that a program sees of a failed batch."""
    cause = error.__cause__
    lines = [] if cause is None else traceback.format_exception_only(type(cause), cause)
    return str(error), lines


def played(seed):
    """The output of a random program for random batches."""
    rng = random.Random(seed)
    given = batches(rng)
    shown = []

    def show(rdd):
        first = rdd.take(3)
        shown.append(repr(first))
        shown.append(repr(rdd.glom().collect()))
        shown.append((rdd.count(), rdd.getNumPartitions()))

    with Clock(conf={"spark.master": "local[%d]" % rng.randint(1, 4)}) as clock:
        pairs = clock.input()
        stream = read(rng, of_window(rng, pairs))
        stream.foreachRDD(show)
        for batch in given:
            clock.give(pairs, clock._spark.parallelize(batch, rng.randint(1, 3)))
            try:
                clock.advance()
            except Py4JJavaError as error:
                shown.append(told(error))
    return shown


@pytest.mark.parametrize("part", range(3))
def test_a_window_of_values_is_the_one_that_cpython_makes(part, monkeypatch):
    counts = []
    for _ in range(CASES // 3):
        seed = random.randrange(1 << 32)
        expected = played(seed)
        with monkeypatch.context() as patched:
            counted = of_values(patched)
            assert played(seed) == expected, "seed %d" % seed
        counts.append((counted.made, counted.given_up))
    # Both ways are taken, or nothing was tried.
    assert sum(made for made, _ in counts) > 3 * CASES
    assert sum(given_up for _, given_up in counts) > CASES // 3


def test_one_record_is_given_back_to_cpython_and_the_window_stays_of_values(monkeypatch):
    counted = of_values(monkeypatch)
    huge = 2**63 - 1
    with Clock() as clock:
        numbers = clock.input()
        sums = numbers.reduceByKeyAndWindow(lambda a, b: a + b, lambda a, b: a - b, 5, 1)
        seen = clock.collect(sums)
        for batch in ([("a", huge), ("b", 1)], [("a", huge)], [("b", 1)]):
            clock.give(numbers, batch)
        clock.advance(7)
    assert [dict(batch)["a"] for batch in seen] == [huge] + [2 * huge] * 4 + [huge, 0]
    assert (counted.made, counted.given_up) == (7, 0)


def test_what_was_made_by_cpython_once_is_gone_on_with_as_values(monkeypatch):
    counted = of_values(monkeypatch)
    nan = float("nan")
    with Clock() as clock:
        pairs = clock.input()
        sums = pairs.reduceByKeyAndWindow(lambda a, b: a + b, lambda a, b: a - b, 5, 1, 1, lambda p: p[1] > 0)
        seen = clock.collect(sums)
        for batch in ([("a", 1)], [(nan, 1)], [("a", 1)]):
            clock.give(pairs, batch)
        clock.advance(9)
    assert [len(batch) for batch in seen] == [1, 2, 2, 2, 2, 2, 1, 0, 0]
    # A NaN is a key by its identity, which values do not have.
    assert counted.given_up == 6 and counted.made == 3


def test_only_what_is_read_of_a_window_is_made(monkeypatch):
    of_values(monkeypatch)
    taken = []
    with Clock() as clock:
        numbers = clock.input()
        sums = numbers.map(lambda n: (n, 6)).reduceByKeyAndWindow(lambda a, b: a + b, None, 2, 1, 1)
        wrong = sums.map(lambda pair: pair[1] // (pair[0] - 40))
        wrong.foreachRDD(lambda rdd: taken.append(rdd.take(5)))
        wrong.foreachRDD(lambda rdd: taken.append(rdd.count()))
        clock.give(numbers, list(range(50)))
        with pytest.raises(Py4JJavaError, match="ZeroDivisionError") as raised:
            clock.advance()
    assert taken == [[-1] * 5]
    assert "test_windows_of_values.py" in str(raised.value) and "/millrace/" not in str(raised.value)


def test_cpython_goes_on_where_values_have_given_up(monkeypatch):
    of_values(monkeypatch)
    with Clock() as clock:
        numbers = clock.input()
        sums = numbers.map(lambda n: (n, 1)).reduceByKeyAndWindow(lambda a, b: a + b, None, 2, 1, 1)
        # No number: the 40th record, of which the first 32 have been read then.
        seen = clock.collect(sums.map(lambda pair: (39 - pair[0]) * 1e400))
        clock.give(numbers, list(range(50)))
        clock.advance()
    assert list(map(str, seen[0])) == ["inf"] * 39 + ["nan"] + ["-inf"] * 10
