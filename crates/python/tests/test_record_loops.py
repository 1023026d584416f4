"""The loops around functions in CPython do what a generator for each operator would do."""

import itertools
import random

import pytest
from millrace.pyspark._tasks import called

MODEL = {
    "map": lambda records, f: (f(record) for record in records),
    "filter": lambda records, f: (record for record in records if f(record)),
    "flatMap": lambda records, f: (made for record in records for made in f(record)),
    "mapValues": lambda records, f: ((pair[0], f(pair[1])) for pair in records),
    "flatMapValues": lambda records, f: (
        (pair[0], value) for pair in records for value in f(pair[1])
    ),
}


def modelled(records, steps):
    """The records of a chain, by generators."""
    for name, f in steps:
        records = MODEL[name](records, f)
    return records


def looped(sc, records, steps):
    """The records of a chain, as an RDD makes them."""
    return of_steps(sc, records, steps)._iterator(0)


def of_steps(sc, records, steps):
    rdd = sc.parallelize(records, 1)
    for name, f in steps:
        rdd = getattr(rdd, name)(f)
    return rdd


def up_to(number):
    yield from range(number % 4)


#: By operator, the functions of pairs of numbers that random chains are of.
FUNCTIONS = {
    "map": [lambda pair: (pair[1], pair[0] + 1), lambda pair: [pair[0], pair[0] % 3]],
    "filter": [lambda pair: pair[1] % 2, lambda pair: [] if pair[0] % 5 == 0 else "kept"],
    "flatMap": [
        lambda pair: [pair] * (pair[0] % 3),
        lambda pair: ((number, pair[1]) for number in up_to(pair[0])),
    ],
    "mapValues": [lambda value: value * 2, lambda value: 7 - value % 7],
    "flatMapValues": [up_to, lambda value: {value: 0, value + 1: 0}],
}


class Calls(list):
    """Calls that functions in tasks note, and not only their copies."""

    _is_shared = True


def noting(calls, number, f):
    """A function that notes its calls."""

    def noted(record):
        calls.append((number, repr(record)))
        return f(record)

    return noted


def chain(rng, longest):
    names = rng.choices(sorted(FUNCTIONS), k=rng.randrange(1, longest))
    return [(name, rng.choice(FUNCTIONS[name])) for name in names]


def pairs_of(rng):
    return [(rng.randrange(10), rng.randrange(10)) for _ in range(rng.randrange(8))]


@pytest.mark.parametrize("seed", range(200))
def test_a_chain_calls_functions_in_the_order_of_generators(seed, sc):
    rng = random.Random(seed)
    steps, pairs = chain(rng, 6), pairs_of(rng)
    # A reader that needs no more has no more computed.
    count = rng.choice([0, 1, 2, 1000])
    seen = []
    for loop in (modelled, lambda *given: looped(sc, *given)):
        calls = Calls()
        noted = [(name, noting(calls, at, f)) for at, (name, f) in enumerate(steps)]
        seen.append((list(itertools.islice(loop(pairs, noted), count)), calls))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("seed", range(20))
def test_a_chain_may_be_long(seed, sc):
    rng = random.Random(seed)
    steps = chain(rng, 60)
    pairs = pairs_of(rng)
    few = itertools.islice(looped(sc, pairs, steps), 50)
    assert list(few) == list(itertools.islice(modelled(pairs, steps), 50))


@pytest.mark.parametrize("seed", range(100))
def test_values_are_combined_within_a_chain_as_behind_it(seed, sc):
    rng = random.Random(seed)
    steps, pairs = chain(rng, 4), pairs_of(rng)
    model = {}
    for key, value in modelled(pairs, steps):
        model[key] = (model[key], value) if key in model else value
    rdd = of_steps(sc, pairs, steps)
    if rng.randrange(2):
        rdd.cache()
    # A shuffle into one partition leaves the order.
    assert rdd.reduceByKey(lambda a, b: (a, b), 1).collect() == list(model.items())
    assert rdd.reduceByKeyLocally(lambda a, b: (a, b)) == model


def test_equal_keys_keep_the_first_of_them(sc):
    pairs = sc.parallelize([(1, "a"), (True, "b"), (1.0, "c"), (0.0, "d"), (-0.0, "e")], 1)
    summed = pairs.reduceByKey(lambda a, b: a + b, 1).collect()
    assert list(map(repr, summed)) == ["(1, 'abc')", "(0.0, 'de')"]


def test_a_combiner_may_be_none(sc):
    pairs = sc.parallelize([(1, 2), (1, 3), (1, 4)], 1)
    combined = pairs.combineByKey(lambda v: None, lambda c, v: (c, v), lambda a, b: None, 1)
    assert combined.collect() == [(1, ((None, 3), 4))]


class Emptied:
    """A function that is false where somebody asks."""

    def __bool__(self):
        return False

    def __call__(self, value):
        return [value]


def test_the_first_combiner_is_made_by_whatever_was_given(sc):
    pairs = sc.parallelize([(1, 2)], 1)
    combined = pairs.combineByKey(Emptied(), lambda c, v: c, lambda a, b: a, 1)
    assert combined.collect() == [(1, [2])]
    with pytest.raises(Exception, match="'NoneType' object is not callable"):
        pairs.combineByKey(None, lambda c, v: c, lambda a, b: a, 1).collect()


@pytest.mark.parametrize(
    "name, f, record",
    [
        ("map", lambda x: 1 // x, 0),
        ("filter", lambda x: x.missing, 0),
        ("flatMap", lambda x: x, 5),
        ("flatMap", lambda x: (1 // number for number in x), [0]),
        ("mapValues", lambda x: x, 5),
        ("mapValues", lambda x: x, (1,)),
        ("mapValues", lambda x: x, ""),
        ("mapValues", lambda x: 1 // x, (1, 0)),
        ("flatMapValues", lambda x: x, (1, 2)),
        ("flatMapValues", lambda x: x, {}),
    ],
)
def test_an_exception_is_that_of_generators(name, f, record, sc):
    said = []
    for loop in (modelled, lambda *given: looped(sc, *given)):
        records = loop([record, record], [(name, f)])
        with pytest.raises(Exception) as raised:
            next(records)
        said.append((raised.type, str(raised.value)))
        # Nothing comes after it.
        assert list(records) == []
    assert said[0] == said[1]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_stop_iteration_does_not_end_the_records(name, sc):
    records = looped(sc, [(1, 2)], [(name, lambda _: next(iter(())))])
    with pytest.raises(RuntimeError, match="StopIteration") as raised:
        list(records)
    assert isinstance(raised.value.__cause__, StopIteration)


def test_a_stop_iteration_does_not_end_the_values_of_keys(sc):
    def stop(a, b):
        raise StopIteration

    pairs = sc.parallelize([(1, 1), (1, 2), (2, 1)], 1)
    with pytest.raises(Exception, match="Caught StopIteration thrown from user's code"):
        pairs.reduceByKey(stop).collect()


@pytest.mark.parametrize(
    "pair, message",
    [
        (5, "cannot unpack non-iterable int object"),
        ((1,), "not enough values to unpack (expected 2, got 1)"),
        ((1, 2, 3), "too many values to unpack (expected 2"),
        (([], 1), "unhashable type: 'list'"),
    ],
)
def test_a_record_that_is_no_pair_is_refused(pair, message, sc):
    with pytest.raises(Exception) as raised:
        sc.parallelize([pair], 1).reduceByKey(max).collect()
    assert message in str(raised.value)
    # The lines of the loop are nobody's.
    assert "loops.py" not in str(raised.value)


class Doubled:
    def __init__(self):
        self.__call__ = None

    def __call__(self, number):
        return 2 * number


def test_an_object_is_called_by_its_class(sc):
    assert called(Doubled())(2) == 4
    assert called(len) is len
    assert called(Doubled) is Doubled
    assert sc.parallelize([1, 2]).map(Doubled()).collect() == [2, 4]
