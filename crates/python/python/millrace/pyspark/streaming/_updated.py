"""``updateStateByKey`` of a stream that the engine does not have: the states are here.

PySpark calls the function for every key in every batch. Where it surely gives back the state of a
key for which nothing came, only the keys of the batch are looked at.
"""

from millrace._compile import lower

from .._native import _engine
from .._paths import named_as
from .._rdd.partitioner import by_hash
from .._tasks import task, task_copy
from ..rdd import RDD
from ._lost import unless_lost
from ._table import Table, frozen, is_same, thawed
from .dstream import TransformedDStream


@named_as(TransformedDStream)
class Updated(TransformedDStream):
    """The stream of ``updateStateByKey``."""

    _keeps = "updateStateByKey"

    def __init__(self, parent, function, count, initial):
        super().__init__(parent._ssc, parent._slide, self._update, (parent,))
        self._function, self._count, self._initial = function, count, initial
        self._states = Table(count)
        self._keeps_idle = None
        options = {"partitions": count, "initial": initial}
        self._operator = ("updateStateByKey", function, options)

    def _update(self, time):
        return unless_lost(self, time, self._updated)

    def _updated(self, time):
        (parent,) = self._parents
        rdd = parent._rdd(time)
        table = self._states
        if rdd is None:
            return self._initial if table.time is None else self._seen()
        count = len(table.parts)
        before = [{}] * count
        if table.time is None and self._initial is not None:
            before = self._grouped(self._initial, count)
        new = self._grouped(rdd, count)
        with task():
            changes = [self._changed(index, before[index], new[index]) for index in range(count)]
        table.change(time, changes)
        return self._seen()

    def _grouped(self, rdd, count):
        """For every partition, the values of its keys in the order in which they came."""

        def group(pairs):
            groups = {}
            for key, value in pairs:
                groups.setdefault(key, []).append(value)
            return groups

        return self._sc._run(rdd.partitionBy(count), group)

    def _changed(self, index, initial, new):
        """The keys of a partition whose states the batch changes, with their new states."""
        function, part = task_copy(self._function), self._states.parts[index]
        changed = {}

        def call(key, old):
            value = function(new.get(key, []), old)
            stored = None if value is None else frozen(value)
            known = part.get(key)
            if known is None if stored is None else known is not None and is_same(stored, known):
                return
            changed[key] = stored

        for key, values in initial.items():
            # Of two states for one key the first counts, as in PySpark.
            call(key, values[0])
        if not self._is_idle_kept():
            for key, stored in part.items():
                call(key, thawed(stored))
        for key in new:
            if key in initial or key in part and not self._is_idle_kept():
                continue
            call(key, thawed(part[key]) if key in part else None)
        return changed

    def _is_idle_kept(self):
        """True if keys for which nothing came surely keep their states."""
        if self._keeps_idle is None:
            form = lower(self._function, 2, False).json
            self._keeps_idle = form is not None and _engine.Function(form).keeps_idle_ints
        return self._keeps_idle and self._states.is_of_ints

    def _seen(self):
        """The states as they are until the next batch."""
        pairs = self._states.pairs
        count = len(self._states.parts)
        made = RDD(self._sc, count, lambda index: iter(pairs(index)), by_hash(count))
        self._ssc._graph.made(made)
        return made
