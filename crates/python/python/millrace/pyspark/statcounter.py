"""Count, mean, variance and extremes of numbers, merged piece by piece."""

import copy
import math


class StatCounter:
    """The result of ``RDD.stats``. Numerically stable: means and variances are merged, not sums."""

    def __init__(self, values=None):
        self.n = 0
        self.mu = 0.0
        self.m2 = 0.0
        self.maxValue = float("-inf")
        self.minValue = float("inf")
        for value in values if values is not None else ():
            self.merge(value)

    def merge(self, value):
        """Takes one more number."""
        delta = value - self.mu
        self.n += 1
        self.mu += delta / self.n
        self.m2 += delta * (value - self.mu)
        self.maxValue = max(self.maxValue, value)
        self.minValue = min(self.minValue, value)
        return self

    def mergeStats(self, other):
        """Takes what another counter has seen."""
        if not isinstance(other, StatCounter):
            raise Exception("Can only merge Statcounters!")
        if other is self:
            other = other.copy()
        if self.n == 0:
            vars(self).update(vars(other))
        elif other.n != 0:
            delta = other.mu - self.mu
            total = self.n + other.n
            if other.n * 10 < self.n:
                self.mu += delta * other.n / total
            elif self.n * 10 < other.n:
                self.mu = other.mu - delta * self.n / total
            else:
                self.mu = (self.mu * self.n + other.mu * other.n) / total
            self.m2 += other.m2 + delta * delta * self.n * other.n / total
            self.maxValue = max(self.maxValue, other.maxValue)
            self.minValue = min(self.minValue, other.minValue)
            self.n = total
        return self

    def copy(self):
        """A copy."""
        return copy.deepcopy(self)

    def count(self):
        """The number of numbers."""
        return int(self.n)

    def mean(self):
        """The mean of the numbers."""
        return self.mu

    def sum(self):
        """The sum of the numbers."""
        return self.n * self.mu

    def min(self):
        """The least."""
        return self.minValue

    def max(self):
        """The greatest."""
        return self.maxValue

    def variance(self):
        """The variance of the numbers as a whole; NaN of none."""
        return float("nan") if self.n == 0 else self.m2 / self.n

    def sampleVariance(self):
        """The variance of the numbers as a sample; NaN of fewer than two."""
        return float("nan") if self.n <= 1 else self.m2 / (self.n - 1)

    def stdev(self):
        """The square root of the variance."""
        return math.sqrt(self.variance())

    def sampleStdev(self):
        """The square root of the sample's variance."""
        return math.sqrt(self.sampleVariance())

    def asDict(self, sample=False):
        """All of it by name. As in PySpark 3.5, it is without `sample` that the sample's is taken."""
        return {
            "count": self.count(),
            "mean": self.mean(),
            "sum": self.sum(),
            "min": self.min(),
            "max": self.max(),
            "stdev": self.stdev() if sample else self.sampleStdev(),
            "variance": self.variance() if sample else self.sampleVariance(),
        }

    def __repr__(self):
        return "(count: %s, mean: %s, stdev: %s, max: %s, min: %s)" % (
            self.count(),
            self.mean(),
            self.stdev(),
            self.max(),
            self.min(),
        )
