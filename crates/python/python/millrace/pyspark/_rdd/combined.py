"""The values of equal keys of each partition, combined before a shuffle.

A receiver cuts its records into partitions by time, so these may be cut once more: a long partition is
combined in pieces, as if there had been a tick of the receiver between them, and the pieces are
shared out among the cores (`forks`). The law: where it is cut depends on the records and functions
alone, and not on the number of cores.
"""

import os

from .._confined import is_confined
from .._paths import named_as
from .._tasks import called, sent, task_copy
from ..rdd import PipelinedRDD
from .forks import ARE_POSSIBLE, in_forks
from .loops import Chain, chain_of, same
from .records import objects

#: The fewest records of a piece. A fork costs some milliseconds.
FEWEST = 20000

#: The most pieces of a partition: the keys of each are merged with those of the others.
_MOST = 8

#: The functions that a fork did not do its work with: it is not tried again.
_failed = set()


@named_as(PipelinedRDD)
class Combined(PipelinedRDD):
    """Pairs of a key and the combiner of its values, of each partition of another RDD.

    `create` makes a combiner of the first value of a key, and `merge` puts a further value into it.
    """

    def __init__(self, prev, create, merge):
        self._create, self._merge = create, merge
        super().__init__(prev, lambda index: _items(prev, index, create, merge), prev.partitioner)

    def _dealt(self, deal, partitioner):
        records, functions = self._received(partitioner)
        if records is None:
            return super()._dealt(deal, partitioner)

        def work(piece):
            index, own = piece.index, piece.records(records)
            items = _items(self._prev, index, self._create, self._merge, own)
            return [sent(pairs) for pairs in deal(index, items)]

        pieces = list(cut(records.sizes()))
        shares, codes = self._shares(pieces), tuple(map(_code, functions))
        if len(shares) == 1 or codes in _failed:
            return map(work, pieces)
        return in_forks(work, shares, lambda: _failed.add(codes))

    def _received(self, partitioner):
        """The records of all partitions and the functions that combine them; None for the records if
        the partitions are to be combined as they are."""
        if self.is_cached or self._stored or self._prev is None or not self.getNumPartitions():
            return None, ()
        steps, source = chain_of(self._prev, 0)
        records = source._records() if source._is_received else None
        if records is None or sum(records.sizes()) < 2 * FEWEST or not records.are_plain():
            return None, ()
        functions = [function for _, function in steps]
        functions += [self._create, self._merge, partitioner.partitionFunc]
        return records if all(map(is_confined, functions)) else None, functions

    def _shares(self, pieces):
        """The pieces that this process combines, and then those of each fork."""
        cores = 1
        if ARE_POSSIBLE and self.ctx._conf.get("spark.python.use.daemon", "true") != "false":
            cores = min(self.ctx._threads, len(os.sched_getaffinity(0)))
        count = max(1, min(cores, sum(map(len, pieces)) // FEWEST))
        return shared_out(pieces, count)


def _items(rdd, index, create, merge, records=None):
    """The keys of a partition with their combiners; of `records` alone, if they are given."""
    chain, merge = Chain(rdd, index, records=records), called(task_copy(merge))
    if create is same:
        return iter(chain.reduced(merge).items())
    return iter(chain.combined(called(task_copy(create)), merge).items())


class Piece:
    """Records of partition number `index`: number `at` and those before number `end`."""

    def __init__(self, index, at, end):
        self.index, self._at, self._end = index, at, end

    def __len__(self):
        return self._end - self._at

    def records(self, of):
        """The records of the piece, which is one `of` these."""
        return objects(of, self.index, self._at, self._end)


def cut(sizes):
    """The pieces of partitions of so many records."""
    for index, size in enumerate(sizes):
        count = max(1, min(_MOST, size // FEWEST))
        ends = [number * size // count for number in range(count + 1)]
        yield from (Piece(index, at, end) for at, end in zip(ends, ends[1:]))


def shared_out(pieces, count):
    """`pieces` in at most `count` lists of about as many records, in order."""
    shares, seen = [[] for _ in range(count)], 0
    total = sum(map(len, pieces))
    for piece in pieces:
        # It belongs to where its middle is.
        middle = 2 * seen + len(piece)
        shares[min(middle * count // (2 * total), count - 1)].append(piece)
        seen += len(piece)
    return [share for share in shares if share]


def _code(function):
    return getattr(function, "__code__", type(function))
