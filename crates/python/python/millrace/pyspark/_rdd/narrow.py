"""Operators that look at one partition, or at one record, at a time.

Operators on single records that follow each other are one loop (`loops`).
"""

import itertools
import os
import weakref

from .._skipping import skipping
from .._tasks import task_copy
from .loops import Chain


class Narrow:
    """Operators without a shuffle."""

    def map(self, f, preservesPartitioning=False):
        """Makes every record what `f` makes of it.

        >>> sc.parallelize([1, 2]).map(lambda x: x + 1).collect()
        [2, 3]
        """
        partitioner = self.partitioner if preservesPartitioning else None
        return self._narrow("map", f, lambda own, record: (own(record),), partitioner)

    def flatMap(self, f, preservesPartitioning=False):
        """Makes of every record all that `f` gives of it."""
        partitioner = self.partitioner if preservesPartitioning else None
        return self._narrow("flatMap", f, lambda own, record: own(record), partitioner)

    def filter(self, f):
        """Keeps the records for which `f` is true."""

        def kept(own, record):
            return (record,) if own(record) else ()

        return self._narrow("filter", f, kept, self.partitioner)

    def mapPartitions(self, f, preservesPartitioning=False):
        """Makes every partition what `f` makes of the iterator of its records."""
        return self._derived(
            lambda index: task_copy(f)(self._iterator(index)),
            self.partitioner if preservesPartitioning else None,
        )

    def mapPartitionsWithIndex(self, f, preservesPartitioning=False):
        """As `mapPartitions`; `f` is given the number of the partition first."""
        return self._derived(
            lambda index: task_copy(f)(index, self._iterator(index)),
            self.partitioner if preservesPartitioning else None,
        )

    mapPartitionsWithSplit = mapPartitionsWithIndex

    def glom(self):
        """Makes every partition one record, the list of its own."""
        return self._derived(lambda index: iter([list(self._iterator(index))]))

    def mapValues(self, f):
        """Makes the value of every pair what `f` makes of it; keys stay where they are."""

        def paired(own, pair):
            return ((pair[0], own(pair[1])),)

        return self._narrow("mapValues", f, paired, self.partitioner)

    def flatMapValues(self, f):
        """Makes a pair of the key and each of what `f` gives of the value."""

        def paired(own, pair):
            return [(pair[0], value) for value in own(pair[1])]

        return self._narrow("flatMapValues", f, paired, self.partitioner)

    def _narrow(self, name, f, each, partitioner):
        """An RDD of what the operator called `name` makes of every record by `f`.

        `each` makes the records of one record by a copy of that function.
        """

        def compute(index):
            made = reference()
            if made._skips():
                return skipping(made, index)
            return Chain(self, index, (name, f)).records()

        made = self._derived(compute, partitioner)
        # It is its own reader, and is not to keep itself.
        reference = weakref.ref(made)
        made._each = name, f, each
        return made

    def keyBy(self, f):
        """Puts what `f` makes of a record in front of it."""
        return self.map(lambda x: (f(x), x))

    def keys(self):
        """The first of every pair."""
        return self.map(lambda pair: pair[0])

    def values(self):
        """The second of every pair."""
        return self.map(lambda pair: pair[1])

    def zipWithUniqueId(self):
        """Pairs of a record and a number that no other has; needs no job."""

        def compute(index):
            count = self.getNumPartitions()
            numbers = itertools.count(index, count)
            return zip(self._iterator(index), numbers)

        return self._derived(compute)

    def zipWithIndex(self):
        """Pairs of a record and its place among all."""
        starts = [0]
        if self.getNumPartitions() > 1:
            sizes = self.mapPartitions(lambda records: [sum(1 for _ in records)]).collect()
            starts = list(itertools.accumulate([0] + sizes[:-1]))
        return self._derived(
            lambda index: zip(self._iterator(index), itertools.count(starts[index]))
        )

    def zip(self, other):
        """Pairs of the records that have the same place in both."""
        if self.getNumPartitions() != other.getNumPartitions():
            raise ValueError("Can only zip with RDD which has the same number of partitions")

        def compute(index):
            end = object()
            both = itertools.zip_longest(
                self._iterator(index), other._iterator(index), fillvalue=end
            )
            for left, right in both:
                if left is end or right is end:
                    raise ValueError(
                        "Can not deserialize PairRDD with different number of items in batches"
                    )
                yield left, right

        return self._derived(compute)

    def union(self, other):
        """The partitions of this one, then those of the other."""
        return self.ctx.union([self, other])

    def __add__(self, other):
        if not hasattr(other, "_iterator"):
            raise TypeError
        return self.union(other)

    def cartesian(self, other):
        """All pairs of a record of this one and a record of the other."""
        from ..rdd import RDD

        def compute(index):
            left, right = divmod(index, other.getNumPartitions())
            return itertools.product(self._iterator(left), list(other._iterator(right)))

        return RDD(self.ctx, self.getNumPartitions() * other.getNumPartitions(), compute)

    def coalesce(self, numPartitions, shuffle=False):
        """Fewer partitions, each of whole ones that follow each other; a shuffle may make more."""
        from ..rdd import RDD
        from .repartition import dealt

        if numPartitions <= 0:
            raise ValueError("Number of partitions must be positive.")
        if shuffle:
            return dealt(self, numPartitions)
        before = self.getNumPartitions()
        count = min(before, numPartitions)

        def compute(index):
            # Spark's groups: of nearly the same number of partitions, in order.
            groups = range(index * before // count, (index + 1) * before // count)
            return itertools.chain.from_iterable(self._iterator(own) for own in groups)

        return RDD(self.ctx, count, compute)

    def repartition(self, numPartitions):
        """The records dealt out anew."""
        return self.coalesce(numPartitions, shuffle=True)

    def pipe(self, command, env=None, checkCode=False):
        """Makes every partition the lines that a command writes when it reads the records."""
        import shlex
        import subprocess
        import threading

        def feed(out, records):
            try:
                for record in records:
                    out.write(("%s\n" % str(record).rstrip("\n")).encode("utf-8"))
            finally:
                out.close()

        def compute(index):
            child = subprocess.Popen(
                shlex.split(command),
                env=env if env else os.environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            records = list(self._iterator(index))
            threading.Thread(target=feed, args=(child.stdin, records), daemon=True).start()
            for line in child.stdout:
                yield line.rstrip(b"\n").decode("utf-8")
            if child.wait() and checkCode:
                raise Exception(
                    "Pipe function `%s' exited with error code %d" % (command, child.returncode)
                )

        return self._derived(compute)
