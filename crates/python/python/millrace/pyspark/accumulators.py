"""Accumulators: record functions add to them, and the program reads them."""

import copy

from ._tasks import in_task

_next = [0]


class AccumulatorParam:
    """The way in which values are added up. A subclass has both methods."""

    def zero(self, value):
        """The first value of a sum whose values are of the kind of `value`."""
        raise NotImplementedError

    def addInPlace(self, value1, value2):
        """The sum of two values; may change and give the first."""
        raise NotImplementedError


class AddingAccumulatorParam(AccumulatorParam):
    """Adds up by ``+=``, beginning with `zero_value`."""

    def __init__(self, zero_value):
        self.zero_value = zero_value

    def zero(self, value):
        return self.zero_value

    def addInPlace(self, value1, value2):
        value1 += value2
        return value1


INT_ACCUMULATOR_PARAM = AddingAccumulatorParam(0)
FLOAT_ACCUMULATOR_PARAM = AddingAccumulatorParam(0.0)
COMPLEX_ACCUMULATOR_PARAM = AddingAccumulatorParam(0.0j)


class Accumulator:
    """A sum that record functions can only add to (``+=``, ``add``) and the program reads."""

    #: Record functions add to the one that the program reads.
    _is_shared = True

    def __init__(self, aid, value, accum_param):
        self.aid = aid
        self.accum_param = accum_param
        self._value = value

    @property
    def value(self):
        """The sum. Raises in a record function, as in Spark."""
        if in_task():
            raise RuntimeError("Accumulator.value cannot be accessed inside tasks")
        return self._value

    @value.setter
    def value(self, value):
        if in_task():
            raise RuntimeError("Accumulator.value cannot be accessed inside tasks")
        self._value = value

    def add(self, term):
        """Adds `term`."""
        self._value = self.accum_param.addInPlace(self._value, term)

    def __iadd__(self, term):
        self.add(term)
        return self

    def __str__(self):
        return str(self._value)

    def __repr__(self):
        return "Accumulator<id=%i, value=%s>" % (self.aid, self._value)

    def __deepcopy__(self, memo):
        return self


for _generic in (Accumulator, AccumulatorParam):
    _generic.__class_getitem__ = classmethod(lambda cls, _item: cls)


def accumulator(value, accum_param=None):
    """An accumulator that begins with `value`."""
    if accum_param is None:
        if isinstance(value, int):
            accum_param = INT_ACCUMULATOR_PARAM
        elif isinstance(value, float):
            accum_param = FLOAT_ACCUMULATOR_PARAM
        elif isinstance(value, complex):
            accum_param = COMPLEX_ACCUMULATOR_PARAM
        else:
            raise TypeError("No default accumulator param for type %s" % type(value))
    number = _next[0]
    _next[0] += 1
    return Accumulator(number, copy.copy(value), accum_param)
