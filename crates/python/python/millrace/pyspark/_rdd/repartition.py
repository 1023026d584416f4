"""Dealing records out: Spark's ``repartition``, as a Python program sees it."""

import itertools

from .._native import _engine

#: PySpark sends records through the JVM in batches; it is whole batches that are dealt out.
BATCH = 10


def batches(records):
    """The records in lists of ten."""
    records = iter(records)
    return iter(lambda: list(itertools.islice(records, BATCH)), [])


def dealt(rdd, count):
    """The records of `rdd` in `count` partitions.

    Every partition deals out its batches one after the other, and begins at a place that depends
    on its number alone.
    """
    from .shuffle import Shuffled

    def deal(index, records):
        first = _engine.first_dealt(index, count)
        buckets = [[] for _ in range(count)]
        for number, batch in enumerate(batches(records)):
            buckets[(first + number) % count].extend(batch)
        return buckets

    return Shuffled(rdd, count, deal, None)
