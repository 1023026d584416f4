"""Streams that the engine computes, as datasets of Python."""

from .._rdd.actions import job
from ..rdd import RDD
from .._tasks import keep, kept


def batch_of(ssc, number):
    """The batch of the engine's stream number `number`; one that failed says so when it is read."""
    batch, failed = ssc._engine.read(number)
    if batch is None:
        return RDD(ssc._sc, 1, None)._fail(ssc._graph.told(*failed))
    rdd = NativeRDD(ssc._sc, batch)
    ssc._graph.made(rdd)
    return rdd


class NativeRDD(RDD):
    """A batch of an engine's stream. It is read at once, when somebody asks for a record."""

    def __init__(self, ctx, batch):
        self._batch = batch
        stored = {}
        # It does not refer to this object: when the program lets go of a batch, it is gone at
        # once, and what nobody holds at the end of the batch is not read.
        super().__init__(ctx, batch.partitions(), lambda index: _read(batch, stored, index))
        self._stored = stored

    def _hold(self):
        super()._hold()
        self._batch = None

    def take(self, num):
        """As of any RDD; the engine finds the first few without reading all."""
        if self._batch is None or self._stored:
            return super().take(num)
        return job(lambda: self._batch.take(max(num, 0)))

    def count(self):
        """As of any RDD; the engine may know it."""
        if self._batch is None or self._stored:
            return super().count()
        return job(self._batch.count)


def _read(batch, stored, index):
    if index not in stored:
        for number, records in enumerate(batch.collect()):
            stored[number] = keep(records)
    return iter(kept(stored[index]))
