"""Streams that the engine computes, as datasets of Python."""

from .._paths import named_as
from .._rdd.actions import job
from .._rdd.records import objects
from ..rdd import RDD
from .._tasks import keep, kept
from ._held import Source


def batch_of(ssc, number, is_held=False, count=None, is_received=False):
    """The batch of the engine's stream number `number`; one that failed says so when it is read.

    `is_held` says that windows are made of its values; `count` is the number of its partitions if it
    is made by keys; `is_received` that they are made by the time when their records came.
    """
    batch, failed = ssc._engine.read(number)
    if batch is None:
        return RDD(ssc._sc, 1, None)._fail(ssc._graph.told(*failed))
    rdd = NativeRDD(ssc._sc, batch, is_held, count)
    rdd._is_received = is_received
    ssc._graph.made(rdd)
    return rdd


@named_as(RDD)
class NativeRDD(RDD):
    """A batch of an engine's stream. It is read at once, when somebody asks for a record."""

    def __init__(self, ctx, batch, is_held=False, count=None):
        self._batch = batch
        self._by_keys = count
        self._reading = _Reading(batch)
        self._stays_values = is_held
        #: The values of the RDD, once it is held.
        self._held = None
        # It does not refer to this object: when the program lets go of a batch, it is gone at
        # once, and what nobody holds at the end of the batch is not read.
        super().__init__(ctx, batch.partitions(), self._reading.objects)
        self._stored = self._reading.stored

    def _held_values(self):
        """The values of the RDD if it is held as values, or None."""
        return self._held

    _as_values = _held_values

    def _hold(self):
        is_fresh = self._batch is not None and not self._stored and self._failure is None
        if self._stays_values and is_fresh:
            self._held, lists = self._batch.held(self._by_keys)
            if self._held is not None:
                self._compute = Source(None, held=self._held).records
                self._batch = self._reading = None
                return
            self._stored.update((index, keep(records)) for index, records in enumerate(lists))
        if self._held is None:
            super()._hold()
            self._batch = self._reading = None

    def _records(self):
        """The records of the engine, as long as its batch is there; or None."""
        return None if self._batch is None else self._reading.records()

    def take(self, num):
        """As of any RDD; the engine finds the first few without reading all."""
        if self._batch is None or self._stored:
            return super().take(num)
        return job(lambda: self._batch.take(max(num, 0)))

    def count(self):
        """As of any RDD; the engine may know it."""
        if self._held is not None:
            return self._held.count()
        if self._batch is None or self._stored:
            return super().count()
        return job(self._batch.count)


class _Reading:
    """The records of a batch of an engine's stream, read once."""

    def __init__(self, batch):
        self._batch = batch
        self._records = None
        #: By partition, its records as objects, if one of them is more than a value.
        self.stored = {}

    def records(self):
        """The records as the engine has them."""
        if self._records is None:
            self._records = self._batch.read()
        return self._records

    def objects(self, index):
        """The records of a partition as objects, for every reader its own."""
        if index not in self.stored:
            records = self.records()
            sizes = records.sizes()
            if records.are_plain():
                return objects(records, index, 0, sizes[index])
            for number, size in enumerate(sizes):
                self.stored[number] = keep(records.list(number, 0, size))
            self._records = None
        return iter(kept(self.stored[index]))
