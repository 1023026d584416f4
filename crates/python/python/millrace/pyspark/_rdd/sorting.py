"""Operators that sort."""

import bisect

from .._native import _engine
from .._tasks import task_copy


def _sorted_by_key(rdd, keyfunc, ascending):
    """Every partition sorted by what `keyfunc` makes of the keys."""

    def compute(index):
        own = task_copy(keyfunc)
        records = sorted(
            rdd._iterator(index), key=lambda pair: own(pair[0]), reverse=not ascending
        )
        return iter(records)

    return rdd._derived(compute, rdd.partitioner)


class Sorting:
    """Sorting, all at once and within partitions."""

    def sortByKey(self, ascending=True, numPartitions=None, keyfunc=lambda x: x):
        """All pairs in the order of their keys, in ranges of about equal size."""
        if numPartitions is None:
            numPartitions = self._default_reduce_partitions()
        if numPartitions == 1:
            whole = self.coalesce(1) if self.getNumPartitions() > 1 else self
            return _sorted_by_key(whole, keyfunc, ascending)
        count = self.count()
        if not count:
            return self
        fraction = min(numPartitions * 20.0 / max(count, 1), 1.0)
        sample = self.sample(False, fraction, 1).map(lambda pair: pair[0]).collect()
        sample = sorted(sample, key=keyfunc)
        bounds = [
            sample[len(sample) * (number + 1) // numPartitions]
            for number in range(numPartitions - 1)
        ]
        bounds = [keyfunc(bound) for bound in bounds]

        def place(key):
            found = bisect.bisect_left(bounds, keyfunc(key))
            return found if ascending else numPartitions - 1 - found

        return _sorted_by_key(self.partitionBy(numPartitions, place), keyfunc, ascending)

    def sortBy(self, keyfunc, ascending=True, numPartitions=None):
        """All records in the order of what `keyfunc` makes of them."""
        return self.keyBy(keyfunc).sortByKey(ascending, numPartitions).values()

    def repartitionAndSortWithinPartitions(
        self,
        numPartitions=None,
        partitionFunc=_engine.portable_hash,
        ascending=True,
        keyfunc=lambda x: x,
    ):
        """Moves every pair to the partition of its key, and sorts each partition."""
        if numPartitions is None:
            numPartitions = self._default_reduce_partitions()
        return _sorted_by_key(self.partitionBy(numPartitions, partitionFunc), keyfunc, ascending)
