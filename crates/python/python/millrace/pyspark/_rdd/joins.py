"""Operators that bring two datasets together."""

from functools import reduce

from ..resultiterable import ResultIterable


class Joins:
    """Joins, and what is made like one."""

    def _grouped_with(self, others, numPartitions):
        """Of every key, the values that each of the datasets has for it, as lists."""
        own = [
            rdd.mapValues(lambda value, number=number: (number, value))
            for number, rdd in enumerate((self, *others))
        ]
        both = reduce(lambda left, right: left.union(right), own)
        count = len(own)

        def split(values):
            lists = [[] for _ in range(count)]
            for number, value in values:
                lists[number].append(value)
            return lists

        return both.groupByKey(numPartitions).mapValues(split)

    def cogroup(self, other, numPartitions=None):
        """Of every key, the values of this one and those of the other."""
        return self.groupWith(other, numPartitions=numPartitions)

    def groupWith(self, other, *others, numPartitions=None):
        """As `cogroup`, of any number of datasets."""
        return self._grouped_with((other, *others), numPartitions).mapValues(
            lambda lists: tuple(ResultIterable(values) for values in lists)
        )

    def _joined(self, other, numPartitions, pairs):
        return self._grouped_with((other,), numPartitions).flatMapValues(
            lambda lists: pairs(lists[0], lists[1])
        )

    def join(self, other, numPartitions=None):
        """Pairs of a key and each pair of its values in both."""
        return self._joined(
            other, numPartitions, lambda left, right: [(a, b) for a in left for b in right]
        )

    def leftOuterJoin(self, other, numPartitions=None):
        """As `join`; None stands for what the other one has not."""
        return self._joined(
            other, numPartitions, lambda left, right: [(a, b) for a in left for b in right or [None]]
        )

    def rightOuterJoin(self, other, numPartitions=None):
        """As `join`; None stands for what this one has not."""
        return self._joined(
            other, numPartitions, lambda left, right: [(a, b) for a in left or [None] for b in right]
        )

    def fullOuterJoin(self, other, numPartitions=None):
        """As `join`; None stands for what either has not."""
        return self._joined(
            other,
            numPartitions,
            lambda left, right: [(a, b) for a in left or [None] for b in right or [None]],
        )

    def subtractByKey(self, other, numPartitions=None):
        """The pairs whose keys the other one has not."""
        return self._grouped_with((other,), numPartitions).flatMapValues(
            lambda lists: [] if lists[1] else lists[0]
        )

    def subtract(self, other, numPartitions=None):
        """The records that the other one has not."""
        own = self.map(lambda x: (x, True))
        return own.subtractByKey(other.map(lambda x: (x, True)), numPartitions).keys()

    def intersection(self, other):
        """The records that both have, each once."""
        both = self.map(lambda x: (x, None))._grouped_with((other.map(lambda x: (x, None)),), None)
        return both.filter(lambda pair: all(pair[1])).keys()
