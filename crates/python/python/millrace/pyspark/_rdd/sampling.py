"""Random samples. A seed gives the same sample as it gives in PySpark."""

import math
import sys


def _generators():
    """The module `random`, which few programs need and which takes long to load."""
    import random

    return random


class _Drawn:
    """Random numbers of one partition."""

    def __init__(self, seed, index):
        self._random = _generators().Random(seed ^ index)
        for _ in range(10):
            self._random.randint(0, 1)

    def uniform(self):
        """A number below one."""
        return self._random.random()

    def poisson(self, mean):
        """A number of the Poisson distribution."""
        if mean < 20.0:
            limit = math.exp(-mean)
            drawn = self._random.random()
            count = 0
            while drawn > limit:
                count += 1
                drawn *= self._random.random()
            return count
        drawn = self._random.expovariate(mean)
        count = 0
        while drawn < 1.0:
            count += 1
            drawn += self._random.expovariate(mean)
        return count


class Sampling:
    """Samples and random splits."""

    def sample(self, withReplacement, fraction, seed=None):
        """About `fraction` of the records, at random."""
        if not fraction >= 0:
            raise ValueError("Fraction must be nonnegative.")
        seed = seed if seed is not None else _generators().randint(0, sys.maxsize)

        def compute(index):
            drawn = _Drawn(seed, index)
            if withReplacement:
                return (
                    record
                    for record in self._iterator(index)
                    for _ in range(drawn.poisson(fraction))
                )
            return (record for record in self._iterator(index) if drawn.uniform() < fraction)

        return self._derived(compute)

    def randomSplit(self, weights, seed=None):
        """The records at random in as many datasets as there are weights."""
        if not all(weight >= 0 for weight in weights):
            raise ValueError("Weights must be nonnegative")
        total = float(sum(weights))
        if total <= 0:
            raise ValueError("Sum of weights must be positive")
        seed = seed if seed is not None else _generators().randint(0, 2**32 - 1)
        bounds = [0.0]
        for weight in weights:
            bounds.append(bounds[-1] + weight / total)

        def between(low, high):
            def compute(index):
                drawn = _Drawn(seed, index)
                return (
                    record for record in self._iterator(index) if low <= drawn.uniform() < high
                )

            return self._derived(compute)

        return [between(low, high) for low, high in zip(bounds, bounds[1:])]

    def sampleByKey(self, withReplacement, fractions, seed=None):
        """A sample of the pairs of every key, by the key's own fraction."""
        for fraction in fractions.values():
            assert fraction >= 0.0, "Negative fraction value: %s" % fraction
        seed = seed if seed is not None else _generators().randint(0, sys.maxsize)

        def compute(index):
            drawn = _Drawn(seed, index)
            if withReplacement:
                return (
                    pair
                    for pair in self._iterator(index)
                    for _ in range(drawn.poisson(fractions[pair[0]]))
                )
            return (
                pair for pair in self._iterator(index) if drawn.uniform() < fractions[pair[0]]
            )

        return self._derived(compute, self.partitioner)

    def takeSample(self, withReplacement, num, seed=None):
        """A sample of exactly `num` records, as a list; fewer if there are not so many."""
        if num < 0:
            raise ValueError("Sample size cannot be negative.")
        if num == 0:
            return []
        initial = self.count()
        if initial == 0:
            return []
        rand = _generators().Random(seed)
        if not withReplacement and num >= initial:
            samples = self.collect()
            rand.shuffle(samples)
            return samples
        fraction = _enough(num, initial, withReplacement)
        samples = self.sample(withReplacement, fraction, seed).collect()
        while len(samples) < num:
            seed = rand.randint(0, sys.maxsize)
            samples = self.sample(withReplacement, fraction, seed).collect()
        rand.shuffle(samples)
        return samples[0:num]


def _enough(num, total, withReplacement):
    """A fraction that gives `num` of `total` records in all but one of ten thousand draws."""
    fraction = float(num) / total
    if withReplacement:
        deviations = 9 if num < 12 else 5
        return fraction + deviations * math.sqrt(fraction / total)
    delta = 0.00005
    gamma = -math.log(delta) / total
    return min(1, fraction + gamma + math.sqrt(gamma * gamma + 2 * gamma * fraction))
