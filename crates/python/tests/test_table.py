"""States that Python keeps itself: what a batch costs, and what it writes down."""

import pytest
from millrace.testing import Clock
from py4j.protocol import Py4JJavaError
from pyspark.streaming._table import Table, frozen, thawed


def total(new, old):
    return sum(new) + (old or 0)


def test_idle_keys_are_passed_over_where_they_surely_keep_their_states():
    with Clock() as clock:
        pairs = clock.input()
        sums = pairs.updateStateByKey(total, numPartitions=1, initialRDD=[("i", 5)])
        seen = clock.collect(sums)
        assert sums._is_idle_kept()
        sums._function, given = counted(total)
        for batch in ([("a", 1), ("b", 2)], [], [("b", 1), ("c", 7)]):
            clock.give(pairs, batch)
        clock.advance(3)
    assert seen[2] == [("i", 5), ("a", 1), ("b", 3), ("c", 7)]
    assert given == [[], [1], [2], [1], [7]]


def counted(function):
    """The function, and a list of the new values that it has been given."""

    class Counted:
        _is_shared = True
        given = []

        def __call__(self, new, old):
            self.given.append(new)
            return function(new, old)

    return Counted(), Counted.given


@pytest.mark.parametrize("initial, last", [([("i", 1.5)], 1.5), ([("i", True)], 1)])
def test_a_state_that_is_no_int_is_looked_at_in_every_batch(initial, last):
    with Clock() as clock:
        pairs = clock.input()
        seen = clock.collect(pairs.updateStateByKey(total, initialRDD=initial))
        clock.advance(2)
    assert seen[-1] == [("i", last)]
    assert type(seen[-1][0][1]) is type(last)


def test_any_other_function_sees_every_key_and_none_removes_it():
    with Clock() as clock:
        pairs = clock.input()
        state = pairs.updateStateByKey(lambda new, old: new or (old or [])[1:] or None)
        seen = clock.collect(state)
        clock.give(pairs, [("a", 1), ("b", 2), ("a", 3)])
        clock.advance(3)
    assert list(map(sorted, seen)) == [[("a", [1, 3]), ("b", [2])], [("a", [3])], []]


def test_states_that_lack_a_batch_are_not_shown_any_more():
    with Clock() as clock:
        pairs = clock.input()
        mean = pairs.updateStateByKey(lambda new, old: (old or 0) + sum(new) // len(new))
        seen = clock.collect(mean)
        clock.give(pairs, [("a", 1)])
        clock.advance()
        with pytest.raises(Py4JJavaError, match="len\\(new\\)"):
            clock.advance()
        clock.give(pairs, [("a", 4)])
        with pytest.raises(Py4JJavaError, match="updateStateByKey at .* failed, and the states lack"):
            clock.advance()
    assert seen == [[("a", 1)]]


def test_a_batch_that_the_program_keeps_stays_as_it_was():
    with Clock() as clock:
        pairs = clock.input()
        kept = []
        pairs.updateStateByKey(total).foreachRDD(lambda rdd: kept.append(rdd))
        for batch in ([("a", 1)], [("a", 1)]):
            clock.give(pairs, batch)
        clock.advance(2)
        assert [rdd.collect() for rdd in kept] == [[("a", 1)], [("a", 2)]]


def test_only_what_has_changed_is_noted():
    table = Table(2)
    table.record()
    assert table.take_notes() == ([], [])
    table.change(1000, [{"a": 1}, {"b": frozen([2])}])
    assert table.take_notes() == ([((), (1000, 2)), (("a",), (0, 1)), (("b",), (1, [2]))], [])
    table.change(2000, [{"a": None}, {}])
    noted, gone = table.take_notes()
    assert (noted, gone) == ([((), (2000, 2))], [("a",)])
    again = Table(1)
    again.restore({(): (2000, 2), ("b",): (1, [2])})
    assert (again.pairs(0), again.pairs(1), again.time) == ([], [("b", [2])], 2000)


def test_what_is_frozen_does_not_change():
    for value in (7, "x", (1, "y"), [1], {"k": [1]}, {1}):
        stored = frozen(value)
        first = thawed(stored)
        assert first == value and type(first) is type(value)
        if isinstance(first, (list, dict, set)):
            first.clear()
        assert thawed(stored) == value
    function = frozen(lambda: 7)
    assert thawed(function)() == 7
