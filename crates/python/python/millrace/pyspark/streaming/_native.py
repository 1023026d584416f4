"""Streams that the engine computes, as datasets of Python."""

from ..rdd import RDD
from .._tasks import keep, kept


class NativeRDD(RDD):
    """A batch of an engine's stream. It is read at once, when somebody asks for a record."""

    def __init__(self, ctx, batch):
        self._batch = batch
        super().__init__(ctx, batch.partitions(), None)
        self._compute = self._read

    def _read(self, index):
        if index not in self._stored:
            for number, records in enumerate(self._batch.collect()):
                self._stored[number] = keep(records)
        return iter(kept(self._stored[index]))

    def _hold(self):
        if self._batch is not None:
            if self._count:
                self._read(0)
            self._batch = self._compute = None

    def take(self, num):
        """As of any RDD; the engine finds the first few without reading all."""
        if self._batch is None or self._stored:
            return super().take(num)
        return self._batch.take(max(num, 0))

    def count(self):
        """As of any RDD; the engine may know it."""
        if self._batch is None or self._stored:
            return super().count()
        return self._batch.count()
