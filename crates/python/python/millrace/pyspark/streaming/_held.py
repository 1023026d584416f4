"""Datasets of values of the engine's, with the way in which CPython makes them behind it.

A batch of a window that the engine's values make has two descriptions: the dataset that CPython would
make, and how the same records are made as values. The law: whoever reads it cannot tell which of
them it was. Where values give up, CPython makes the batch from the beginning, or from the first
record on that nobody has got yet; its exceptions are the only ones.
"""

import itertools

from .._native import _engine
from .._paths import named_as
from .._rdd.partitioner import common
from ..rdd import RDD

#: The numbers of records that are read together: few at first, since nobody may want more.
_FEW, _MANY = 32, 1024


class Source:
    """The records of a dataset: those of values, or of a dataset of CPython's."""

    def __init__(self, plain, make=None, held=None):
        #: The dataset that CPython would make; None once the values surely are all that is needed.
        self._plain = plain
        #: Makes the values, or gives None; None once it was called.
        self._make = make
        self._held = held

    def held(self):
        """The values, or None if CPython has to make them."""
        if self._make is not None:
            make, self._make = self._make, None
            self._held = make()
        return self._held

    def force(self):
        """Makes the values now, and lets go of what they are made of; true if there are values."""
        if self._plain is not None:
            held = self.held()
            self._held = None if held is None else held.forced()
            if self._held is not None:
                self._plain = None
        return self._held is not None

    def only_held(self):
        """The values if nothing else is left, or None."""
        return self._held if self._plain is None else None

    def partitions(self):
        """The number of partitions, for which nothing has to be made."""
        return self._held.partitions() if self._plain is None else self._plain.getNumPartitions()

    def records(self, index):
        """An iterator over the records of a partition."""
        held = self.held()
        return self._plain._iterator(index) if held is None else self._read(held, index)

    def _read(self, held, index):
        given, place, most = 0, 0, _FEW
        while place is not None:
            chunk = held.read(index, place, most)
            if chunk is None:
                yield from itertools.islice(self._plain._iterator(index), given, None)
                return
            records, place = chunk
            yield from records
            given, most = given + len(records), _MANY


@named_as(RDD)
class ValueRDD(RDD):
    """An RDD of the values that `make` makes; `plain` has the same records, made by CPython."""

    def __init__(self, plain, make):
        source = Source(plain, make)
        super().__init__(plain.ctx, None, source.records, plain.partitioner)
        self._source = source

    def _as_values(self):
        """The values of the RDD, or None."""
        return None if self._source is None else self._source.held()

    def _held_values(self):
        """The values of the RDD if it is held and they are all there is of it, or None."""
        return None if self._source is None else self._source.only_held()

    def _partition_count(self):
        return self._count if self._source is None else self._source.partitions()

    def _hold(self):
        if self._failure is None and self._source is not None and self._source.force():
            return
        super()._hold()
        self._source = None

    def count(self):
        """As of any RDD; values are counted where they are."""
        held = self._as_values()
        count = None if held is None else held.count()
        return super().count() if count is None else count


def held_of(rdd):
    """The values of a dataset that is held as values, or None."""
    if rdd is None or rdd._failure is not None or not hasattr(rdd, "_held_values"):
        return None
    return rdd._held_values()


def values_of(rdd):
    """The values of a dataset that is made of values or held, or None if it has none."""
    if rdd._failure is not None:
        return None
    held = rdd._as_values() if hasattr(rdd, "_as_values") else None
    if held is not None or rdd._compute is not None:
        return held
    # One that CPython has made, or a run before this one.
    if not hasattr(rdd, "_converted"):
        parts = range(rdd.getNumPartitions())
        rdd._converted = _engine.Held.of([list(rdd._iterator(index)) for index in parts])
    return rdd._converted


def union_of(rdds):
    """The values of some datasets as ``SparkContext.union`` puts them together, or None."""
    batches = [values_of(rdd) for rdd in rdds]
    if any(batch is None for batch in batches):
        return None
    return _engine.Held.union(batches, common(rdds) is not None)
