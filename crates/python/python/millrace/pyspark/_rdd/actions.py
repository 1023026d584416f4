"""Operators that compute: what they give is the program's."""

import heapq
import itertools
import math
from functools import reduce

from .._tasks import NotSent, task, task_copy


class Actions:
    """Actions."""

    def collect(self):
        """All records, partition after partition, as a list."""
        return list(itertools.chain.from_iterable(self.ctx._run(self, list)))

    def collectWithJobGroup(self, groupId, description, interruptOnCancel=False):
        """As `collect`."""
        return self.collect()

    def toLocalIterator(self, prefetchPartitions=False):
        """An iterator over all records, a partition at a time."""
        for index in range(self.getNumPartitions()):
            yield from self.ctx._run(self, list, [index])[0]

    def foreach(self, f):
        """Calls `f` for every record."""

        def each(records):
            own = task_copy(f)
            for record in records:
                own(record)

        self.ctx._run(self, each)

    def foreachPartition(self, f):
        """Calls `f` for every partition, with the iterator of its records."""

        def each(records):
            made = task_copy(f)(records)
            try:
                made = iter(made)
            except TypeError:
                return
            for _ in made:
                pass

        self.ctx._run(self, each)

    def count(self):
        """The number of records."""
        return sum(self.ctx._run(self, lambda records: sum(1 for _ in records)))

    def isEmpty(self):
        """True if there is no record."""
        return self.getNumPartitions() == 0 or not self.take(1)

    def take(self, num):
        """The first `num` records; looks at no more partitions than it must."""
        taken = []
        count = self.getNumPartitions()
        scanned = 0
        while len(taken) < num and scanned < count:
            more = 1
            if scanned > 0:
                if not taken:
                    more = scanned * 4
                else:
                    more = int(1.5 * num * scanned / len(taken)) - scanned
                    more = min(max(more, 1), scanned * 4)
            left = math.ceil(num - len(taken))
            parts = range(scanned, min(scanned + more, count))
            for records in self.ctx._run(
                self, lambda records: list(itertools.islice(records, left)), parts
            ):
                taken.extend(records[: math.ceil(num - len(taken))])
            scanned += more
        return taken[:num]

    def first(self):
        """The first record; ValueError if there is none."""
        taken = self.take(1)
        if taken:
            return taken[0]
        raise ValueError("RDD is empty")

    def reduce(self, f):
        """Makes of all records one, two at a time; ValueError if there is none."""

        def part(records):
            own = task_copy(f)
            records = iter(records)
            for first in records:
                return [reduce(own, records, first)]
            return []

        parts = list(itertools.chain.from_iterable(self.ctx._run(self, part)))
        if parts:
            return reduce(f, parts)
        raise ValueError("Can not reduce() empty RDD")

    def treeReduce(self, f, depth=2):
        """As `reduce`; partitions are put together in a tree that is `depth` deep."""

        def combine(a, b):
            # The second of a pair says that there is nothing in it yet.
            if a[1]:
                return b
            return a if b[1] else (f(a[0], b[0]), False)

        some = self.map(lambda x: (x, False))
        reduced, is_empty = some.treeAggregate((None, True), combine, combine, depth)
        if is_empty:
            raise ValueError("Cannot reduce empty RDD.")
        return reduced

    def fold(self, zeroValue, op):
        """As `reduce`, beginning with `zeroValue` in every partition and at the end."""
        return self.aggregate(zeroValue, op, op)

    def aggregate(self, zeroValue, seqOp, combOp):
        """Puts the records of a partition into `zeroValue` by `seqOp`, and those by `combOp`."""
        import copy

        def part(records):
            own = task_copy(seqOp)
            return reduce(own, records, copy.deepcopy(zeroValue))

        return reduce(combOp, self.ctx._run(self, part), zeroValue)

    def treeAggregate(self, zeroValue, seqOp, combOp, depth=2):
        """As `aggregate`, in a tree; `zeroValue` counts in each partition and not at the end."""
        import copy

        if depth < 1:
            raise ValueError("Depth cannot be smaller than 1 but got %d." % depth)
        count = self.getNumPartitions()
        if count == 0:
            return zeroValue
        whole = self.mapPartitions(
            lambda records: [reduce(seqOp, records, copy.deepcopy(zeroValue))]
        )
        scale = max(math.ceil(count ** (1.0 / depth)), 2)
        # PySpark's levels: another one has to save partitions.
        while count > scale + count / scale:
            count /= scale
            whole = whole._level_down(combOp, int(count))
        return whole.reduce(combOp)

    def _level_down(self, combOp, count):
        """The records of every partition put into the one of its number modulo `count`."""
        numbered = self.mapPartitionsWithIndex(
            lambda index, records: ((index % count, record) for record in records)
        )
        return numbered.reduceByKey(combOp, count).values()

    def max(self, key=None):
        """The greatest record."""
        return self.reduce(max if key is None else lambda a, b: max(a, b, key=key))

    def min(self, key=None):
        """The least record."""
        return self.reduce(min if key is None else lambda a, b: min(a, b, key=key))

    def top(self, num, key=None):
        """The `num` greatest records, the greatest first."""

        def merge(a, b):
            return heapq.nlargest(num, a + b, key=key)

        return self.mapPartitions(
            lambda records: [heapq.nlargest(num, records, key=key)]
        ).reduce(merge)

    def takeOrdered(self, num, key=None):
        """The `num` least records, the least first."""
        if num < 0:
            raise ValueError("top N cannot be negative.")
        if num == 0 or self.getNumPartitions() == 0:
            return []

        def merge(a, b):
            return heapq.nsmallest(num, a + b, key)

        return self.mapPartitions(
            lambda records: [heapq.nsmallest(num, records, key)]
        ).reduce(merge)


def run(rdd, function, partitions):
    """The results of `function` for the iterator of every partition, as a list."""

    def compute():
        with task():
            return [function(rdd._iterator(index)) for index in partitions]

    return job(compute)


def job(compute):
    """The result of `compute`; an exception in it becomes that of a job which failed."""
    from ..errors.exceptions import Py4JJavaError, task_failed

    try:
        return compute()
    except (Py4JJavaError, NotSent):
        raise
    except (Exception, SystemExit) as error:
        raise task_failed(error) from error
