"""Operators on numbers."""

import bisect
import math
import operator

from ..statcounter import StatCounter


class Numbers:
    """Sums, means and histograms."""

    def sum(self):
        """The sum of all numbers."""
        return self.mapPartitions(lambda records: [sum(records)]).fold(0, operator.add)

    def stats(self):
        """Count, mean, variance and extremes as a `StatCounter`."""
        counters = self.mapPartitions(lambda records: [StatCounter(records)])
        return counters.reduce(lambda left, right: left.mergeStats(right))

    def mean(self):
        """The mean."""
        return self.stats().mean()

    def variance(self):
        """The variance of the numbers as a whole."""
        return self.stats().variance()

    def stdev(self):
        """The square root of the variance."""
        return self.stats().stdev()

    def sampleVariance(self):
        """The variance of the numbers as a sample."""
        return self.stats().sampleVariance()

    def sampleStdev(self):
        """The square root of the sample's variance."""
        return self.stats().sampleStdev()

    def countApprox(self, timeout, confidence=0.95):
        """The number of records; exact here."""
        return self.count()

    def sumApprox(self, timeout, confidence=0.95):
        """The sum; exact here."""
        return float(self.sum())

    def meanApprox(self, timeout, confidence=0.95):
        """The mean; exact here."""
        return self.map(float).mean()

    def countApproxDistinct(self, relativeSD=0.05):
        """The number of different records; exact here."""
        if relativeSD < 0.000017:
            raise ValueError("relativeSD should be greater than 0.000017")
        return self.distinct().count()

    def histogram(self, buckets):
        """The bounds of the buckets, and the number of records in each.

        `buckets` is a number of buckets of equal width between the extremes, or a sorted list of
        bounds. The last bucket has its upper bound in it.
        """
        if isinstance(buckets, int):
            bounds = self._even_bounds(buckets)
        elif isinstance(buckets, (list, tuple)):
            bounds = _checked_bounds(buckets)
        else:
            raise TypeError("buckets should be a list or tuple or number(int or long)")
        if not isinstance(bounds, (list, tuple)):
            return bounds.value
        last = len(bounds) - 2

        def place(x):
            if x is None or (isinstance(x, float) and math.isnan(x)):
                return None
            if x > bounds[-1] or x < bounds[0]:
                return None
            return min(bisect.bisect_right(bounds, x) - 1, last)

        def count(records):
            counts = [0] * (last + 1)
            for record in records:
                own = place(record)
                if own is not None:
                    counts[own] += 1
            return [counts]

        parts = self.mapPartitions(count).collect()
        return bounds, [sum(column) for column in zip(*parts)] or [0] * (last + 1)

    def _even_bounds(self, buckets):
        """The bounds of so many buckets, or a whole answer where there is only one."""
        if buckets < 1:
            raise ValueError("number of buckets must be >= 1")
        known = self.filter(lambda x: x is not None and not (isinstance(x, float) and x != x))
        least, greatest = known.map(lambda x: (x, x)).reduce(
            lambda a, b: (min(a[0], b[0]), max(a[1], b[1]))
        )
        if least == greatest or buckets == 1:
            return _Whole(([least, greatest], [known.count()]))
        try:
            step = (greatest - least) / buckets
        except TypeError:
            raise TypeError("Can not generate buckets with non-number in RDD") from None
        if math.isinf(step):
            raise ValueError("Can not generate buckets with infinite value")
        if int(step) == step:
            step = int(step)
        bounds = [number * step + least for number in range(buckets)]
        return bounds + [greatest]


class _Whole:
    """An answer that needs no counting."""

    def __init__(self, value):
        self.value = value


def _checked_bounds(buckets):
    if len(buckets) < 2:
        raise ValueError("buckets should have more than one value")
    if any(bound is None or (isinstance(bound, float) and bound != bound) for bound in buckets):
        raise ValueError("can not have None or NaN in buckets")
    if sorted(buckets) != list(buckets):
        raise ValueError("buckets should be sorted")
    if len(set(buckets)) != len(buckets):
        raise ValueError("buckets should not contain duplicated values")
    return buckets
