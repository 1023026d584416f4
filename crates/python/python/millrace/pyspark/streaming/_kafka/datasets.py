"""Streams and datasets that know the offsets of their records."""

from ...rdd import RDD
from ..dstream import DStream
from .names import OffsetRange


class KafkaRDD(RDD):
    """A dataset of topic partitions, or of one batch of a stream of them."""

    def __init__(self, ctx, count, compute, ranges, batch=None):
        super().__init__(ctx, count, compute)
        self._ranges = ranges
        self._batch = batch

    def offsetRanges(self):
        """The OffsetRange of every partition of the topics, in the order of partitions."""
        return list(self._ranges)

    def take(self, num):
        """As of any RDD; of a batch the engine finds the first few without reading all."""
        return super().take(num) if self._is_own() else self._batch.take(num)

    def count(self):
        """As of any RDD; of a batch the engine may know it."""
        return super().count() if self._is_own() else self._batch.count()

    def _is_own(self):
        return self._batch is None or self.is_cached or bool(self._stored)

    def _hold(self):
        super()._hold()
        self._batch = None


class KafkaDStream(DStream):
    """A stream of topics, whose RDDs have `offsetRanges`."""

    #: Tells the ranges of the batch that is run.
    _offsets = None

    def _rdd(self, time):
        if time in self._made:
            return self._made[time]
        rdd = super()._rdd(time)
        if rdd is not None:
            ranges = [OffsetRange(*each) for each in self._offsets.ranges()]
            rdd = KafkaRDD(self._sc, rdd.getNumPartitions(), rdd._iterator, ranges, rdd)
            self._made[time] = rdd
        return rdd

    def _of_topics(self, make, operator=None):
        """The stream of what `make` gives of every RDD, which knows the same offsets."""

        def compute(time):
            rdd = self._rdd(time)
            return None if rdd is None else make(rdd)

        made = KafkaDStream(self._ssc, self._slide, compute, (self,))
        made._operator = operator
        made._offsets = self._offsets
        return made


def ranges_of(ranges):
    """OffsetRanges as the engine takes them."""
    return [(it.topic, it.partition, it.fromOffset, it.untilOffset) for it in ranges]
