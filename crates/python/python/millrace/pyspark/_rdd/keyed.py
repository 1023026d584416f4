"""Operators on pairs that bring equal keys together."""

import copy
from collections import defaultdict

from .._native import _engine
from .._tasks import called, task_copy
from ..resultiterable import ResultIterable
from .loops import Chain, same
from .partitioner import Partitioner


def _positive(count):
    """Refuses a number of partitions as Spark does, when it is used."""
    if count <= 0:
        raise ValueError("Number of partitions (%d) must be positive." % count)
    return count


class Keyed:
    """Operators with a shuffle by key."""

    def partitionBy(self, numPartitions, partitionFunc=_engine.portable_hash):
        """Moves every pair to the partition of its key."""
        from ..rdd import portable_hash
        from .shuffle import Shuffled, by_key

        if partitionFunc is portable_hash:
            partitionFunc = _engine.portable_hash
        if numPartitions is None:
            numPartitions = self._default_reduce_partitions()
        partitioner = Partitioner(numPartitions, partitionFunc)
        if self.partitioner == partitioner:
            return self
        if numPartitions <= 0:
            return self._derived(lambda index: iter([_positive(numPartitions)]))
        deal = by_key(partitionFunc, numPartitions)
        return Shuffled(self, numPartitions, deal, partitioner)

    def combineByKey(
        self,
        createCombiner,
        mergeValue,
        mergeCombiners,
        numPartitions=None,
        partitionFunc=_engine.portable_hash,
    ):
        """Combines the values of every key, within a partition first.

        `createCombiner` makes a combiner of a key's first value, `mergeValue` puts a further value
        into it, `mergeCombiners` makes one of two.
        """
        from .combined import Combined

        if numPartitions is None:
            numPartitions = self._default_reduce_partitions()
        local = Combined(self, createCombiner, mergeValue)
        shuffled = local.partitionBy(numPartitions, partitionFunc)

        def merge(index):
            own = called(task_copy(mergeCombiners))
            return iter(Chain(shuffled, index).reduced(own).items())

        return shuffled._derived(merge, shuffled.partitioner)

    def reduceByKey(self, func, numPartitions=None, partitionFunc=_engine.portable_hash):
        """Makes of all values of a key one, two at a time.

        >>> sorted(sc.parallelize([("a", 1), ("b", 1), ("a", 1)]).reduceByKey(lambda a, b: a + b)
        ...        .collect())
        [('a', 2), ('b', 1)]
        """
        return self.combineByKey(same, func, func, numPartitions, partitionFunc)

    def reduceByKeyLocally(self, func):
        """As `reduceByKey`, given to the program as a dict."""

        def reduced(index):
            return iter([Chain(self, index).reduced(called(task_copy(func)))])

        merged = {}
        for part in self._derived(reduced).collect():
            for key, value in part.items():
                merged[key] = func(merged[key], value) if key in merged else value
        return merged

    def foldByKey(
        self, zeroValue, func, numPartitions=None, partitionFunc=_engine.portable_hash
    ):
        """As `reduceByKey`, beginning with a copy of `zeroValue`."""
        return self.combineByKey(
            lambda value: func(copy.deepcopy(zeroValue), value),
            func,
            func,
            numPartitions,
            partitionFunc,
        )

    def aggregateByKey(
        self,
        zeroValue,
        seqFunc,
        combFunc,
        numPartitions=None,
        partitionFunc=_engine.portable_hash,
    ):
        """Combines values into a copy of `zeroValue` by `seqFunc`, and those by `combFunc`."""
        return self.combineByKey(
            lambda value: seqFunc(copy.deepcopy(zeroValue), value),
            seqFunc,
            combFunc,
            numPartitions,
            partitionFunc,
        )

    def groupByKey(self, numPartitions=None, partitionFunc=_engine.portable_hash):
        """All values of a key, in the order in which they came, as a `ResultIterable`."""

        def append(values, value):
            values.append(value)
            return values

        def extend(values, more):
            values.extend(more)
            return values

        grouped = self.combineByKey(
            lambda value: [value], append, extend, numPartitions, partitionFunc
        )
        return grouped.mapValues(ResultIterable)

    def groupBy(self, f, numPartitions=None, partitionFunc=_engine.portable_hash):
        """Groups records by what `f` makes of them."""
        return self.map(lambda x: (f(x), x)).groupByKey(numPartitions, partitionFunc)

    def distinct(self, numPartitions=None):
        """Every record once."""
        return (
            self.map(lambda x: (x, None))
            .reduceByKey(lambda x, _: x, numPartitions)
            .map(lambda pair: pair[0])
        )

    def countByKey(self):
        """The number of pairs of every key, as a dict."""
        return self.map(lambda pair: pair[0]).countByValue()

    def countByValue(self):
        """The count of each record, as a dict; ValueError if there is no partition."""

        def merge(counts, more):
            for record, count in more.items():
                counts[record] += count
            return counts

        return self.mapPartitions(lambda records: [_counted(records)]).reduce(merge)

    def collectAsMap(self):
        """The pairs as a dict; of equal keys the last counts."""
        return dict(self.collect())

    def lookup(self, key):
        """The values of a key, as a list."""
        values = self.filter(lambda pair: pair[0] == key).values()
        if self.partitioner is not None:
            return self.ctx.runJob(values, lambda records: records, [self.partitioner(key)])
        return values.collect()


def _counted(records):
    counts = defaultdict(int)
    for record in records:
        counts[record] += 1
    return counts
