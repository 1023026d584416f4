"""``StateSpec``, which ``mapWithState`` takes, and ``State``, which the program's function gets.

PySpark has neither; names and rules are those of Scala's classes, and so are the words of errors.
"""

from ..errors.exceptions import IllegalArgumentException

#: Stands for no state; None is a state like any other.
ABSENT = object()


class StateSpec:
    """The function of ``mapWithState``, and how the states are kept.

    `function(key, value, state)` is called for every record with the `State` of its key, and
    gives the record that the mapped stream has in its place. `function(time, key, value, state)`
    gets the batch time, a datetime, too; where it returns None there is no record.

    `timeout` is in seconds: a key without a record for longer than that is dropped, and the
    function is called once more for it, with None as its value; ``state.isTimingOut()`` is true
    then. `numPartitions` is ``defaultParallelism`` unless given. `initialState` is an RDD or a list
    of pairs that are there at the beginning; of two for one key the last counts.

    >>> def count(word, one, state):
    ...     state.update(state.getOption(0) + one)
    ...     return word, state.get()
    >>> spec = StateSpec(count, timeout=60)
    >>> spec = StateSpec.function(count).timeout(60)  # the same, as in Scala
    """

    def __init__(self, function, timeout=None, numPartitions=None, initialState=None):
        if not callable(function):
            raise TypeError("a StateSpec takes a function, not %r" % (function,))
        self._function = function
        self._takes_time = _arity(function) == 4
        self._timeout = None
        self._partitions = numPartitions
        self._initial = initialState
        if timeout is not None:
            self.timeout(timeout)

    @classmethod
    def function(cls, mappingFunction):
        """A specification of this function, without options."""
        return cls(mappingFunction)

    def timeout(self, idleDuration):
        """Drops keys that had no record for longer than `idleDuration` seconds; gives itself."""
        if idleDuration < 0:
            raise IllegalArgumentException(
                "requirement failed: the timeout must not be negative, and is %s seconds"
                % idleDuration
            )
        self._timeout = int(idleDuration * 1000)
        return self

    def numPartitions(self, numPartitions):
        """Sets the number of partitions; gives itself."""
        self._partitions = numPartitions
        return self

    def initialState(self, initialState):
        """Sets what is there at the beginning, an RDD or a list of pairs; gives itself."""
        self._initial = initialState
        return self


def _arity(function):
    """The number of arguments of a mapping function: 3 or 4."""
    import inspect

    given = inspect.signature(function).parameters.values()
    count = sum(
        each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
        and each.default is each.empty
        for each in given
    )
    if count not in (3, 4):
        raise TypeError(
            "the function of mapWithState takes (key, value, state) or (time, key, value, state), "
            "and this one takes %d arguments" % count
        )
    return count


class State:
    """The state of one key, while the function of ``mapWithState`` runs.

    Nothing but `update` and `remove` changes it: a list that `get` gave and that is changed has
    to be given to `update`.
    """

    __slots__ = ("_value", "_outcome", "_timing_out")

    def __init__(self, value=ABSENT, timing_out=False):
        self._value = value
        self._outcome = None
        self._timing_out = timing_out

    def __repr__(self):
        return "State(%s)" % ("" if self._value is ABSENT else repr(self._value))

    def exists(self):
        """True if the key has a state. After `remove` it has none."""
        return self._value is not ABSENT

    def get(self):
        """The state. Raises LookupError if there is none."""
        if self._value is ABSENT:
            raise LookupError("State is not set")
        return self._value

    def getOption(self, default=None):
        """The state, or `default` if there is none."""
        return default if self._value is ABSENT else self._value

    def update(self, newState):
        """Sets the state, unless it was removed or is timing out."""
        if self._outcome == "removed":
            raise IllegalArgumentException(
                "requirement failed: Cannot update the state after it has been removed"
            )
        if self._timing_out:
            raise IllegalArgumentException(
                "requirement failed: Cannot update the state that is timing out"
            )
        self._value = newState
        self._outcome = "updated"

    def remove(self):
        """Removes the state, unless that was done already, or it is timing out."""
        if self._timing_out:
            raise IllegalArgumentException(
                "requirement failed: Cannot remove the state that is timing out"
            )
        if self._outcome == "removed":
            raise IllegalArgumentException(
                "requirement failed: Cannot remove the state that has already been removed"
            )
        self._value = ABSENT
        self._outcome = "removed"

    def isTimingOut(self):
        """True in the last call for a key that was idle for too long: it is dropped afterwards."""
        return self._timing_out


State.__class_getitem__ = classmethod(lambda cls, _item: cls)
