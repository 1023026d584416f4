"""Which partition a key belongs to."""

from .._native import _engine


class Partitioner:
    """A number of partitions and the function whose value, modulo it, is the partition."""

    def __init__(self, numPartitions, partitionFunc):
        self.numPartitions = numPartitions
        self.partitionFunc = partitionFunc

    def __eq__(self, other):
        return (
            isinstance(other, Partitioner)
            and self.numPartitions == other.numPartitions
            and self.partitionFunc == other.partitionFunc
        )

    def __hash__(self):
        return hash(self.numPartitions)

    def __call__(self, k):
        return self.partitionFunc(k) % self.numPartitions


def by_hash(count):
    """PySpark's own partitioner."""
    return Partitioner(count, _engine.portable_hash)


def common(rdds):
    """The partitioner that all of some datasets have, or None."""
    partitioners = {id(rdd.partitioner): rdd.partitioner for rdd in rdds}
    first = rdds[0].partitioner if rdds else None
    alike = first is not None and all(each == first for each in partitioners.values())
    return first if alike else None
