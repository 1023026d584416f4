"""Records that change their partition."""

import itertools
import threading

from .._native import _engine
from .._paths import named_as
from .._tasks import kept
from ..rdd import RDD


@named_as(RDD)
class Shuffled(RDD):
    """An RDD whose records come from all partitions of another one.

    `deal(index, records)` gives a list of records for each of the `count` partitions. It is asked
    once for every partition of `parent`, when somebody reads the first record.
    """

    def __init__(self, parent, count, deal, partitioner):
        dealing = _Dealing(parent, count, deal, partitioner)
        super().__init__(parent.ctx, count, dealing.records, partitioner)


class _Dealing:
    """The records of all partitions, dealt out once. It does not know the RDD that it is of, which is
    gone as soon as nobody has it."""

    def __init__(self, parent, count, deal, partitioner):
        self._parent, self._count, self._deal = parent, count, deal
        self._partitioner = partitioner
        self._dealt = None
        self._lock = threading.RLock()

    def records(self, index):
        """The records of a partition."""
        with self._lock:
            if self._dealt is None:
                parts = [[] for _ in range(self._count)]
                for dealt in self._parent._dealt(self._deal, self._partitioner):
                    for part, records in zip(parts, dealt):
                        if records:
                            part.append(records)
                self._dealt = parts
                # It is never asked again, and may hold a long history.
                self._parent = self._deal = None
        return itertools.chain.from_iterable(kept(records) for records in self._dealt[index])


def by_key(partition, count):
    """Deals out pairs by their keys; a program's own function is asked about every one."""

    def deal(_index, pairs):
        buckets = [[] for _ in range(count)]
        for key, value in pairs:
            buckets[partition(key) % count].append((key, value))
        return buckets

    def deal_by_hash(_index, pairs):
        buckets = [[] for _ in range(count)]
        places = {}
        for pair in pairs:
            key, value = pair
            try:
                place = places[key]
            except KeyError:
                place = places[key] = partition(key) % count
            except TypeError:
                place = partition(key) % count
            buckets[place].append(pair if type(pair) is tuple else (key, value))
        return buckets

    return deal_by_hash if partition is _engine.portable_hash else deal
