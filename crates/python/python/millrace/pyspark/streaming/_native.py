"""Streams that the engine computes, as datasets of Python."""

from .._paths import named_as
from .._rdd.actions import job
from ..rdd import RDD
from .._tasks import keep, kept
from ._held import Source


def batch_of(ssc, number, is_held=False, count=None):
    """The batch of the engine's stream number `number`; one that failed says so when it is read.

    `is_held` says that windows are made of its values; `count` is the number of its partitions if it
    is made by keys.
    """
    batch, failed = ssc._engine.read(number)
    if batch is None:
        return RDD(ssc._sc, 1, None)._fail(ssc._graph.told(*failed))
    rdd = NativeRDD(ssc._sc, batch, is_held, count)
    ssc._graph.made(rdd)
    return rdd


@named_as(RDD)
class NativeRDD(RDD):
    """A batch of an engine's stream. It is read at once, when somebody asks for a record."""

    def __init__(self, ctx, batch, is_held=False, count=None):
        self._batch = batch
        self._by_keys = count
        self._stays_values = is_held
        #: The values of the RDD, once it is held.
        self._held = None
        stored = {}
        # It does not refer to this object: when the program lets go of a batch, it is gone at
        # once, and what nobody holds at the end of the batch is not read.
        super().__init__(ctx, batch.partitions(), lambda index: _read(batch, stored, index))
        self._stored = stored

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
                self._batch = None
                return
            self._stored.update((index, keep(records)) for index, records in enumerate(lists))
        if self._held is None:
            super()._hold()
            self._batch = None

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


def _read(batch, stored, index):
    if index not in stored:
        for number, records in enumerate(batch.collect()):
            stored[number] = keep(records)
    return iter(kept(stored[index]))
