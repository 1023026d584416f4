"""``mapWithState``: every record meets the state of its key.

A batch costs its records and the keys that are due, whatever the states are. The law: a batch
that fails has changed nothing, and what a program does to an object that it was given changes no
state, unless it says so.
"""

from .._native import _engine
from .._tasks import keep, kept, task, task_copy
from ..rdd import RDD
from ._graph import local_time
from ._lost import unless_lost
from ._table import frozen, thawed
from .dstream import TransformedDStream
from .state import ABSENT, State


class States:
    """The states of all keys, in the order in which their keys came.

    An entry is the place of its key, the batch time of its last record, and the frozen state.
    """

    def __init__(self, count, timeout, initial):
        self._timeout = timeout
        self._parts = [{} for _ in range(count)]
        self._next = 0
        #: Keys by the time when they were last seen to have a record, oldest first.
        self._due = {}
        #: Pairs that the first batch finds.
        self._initial = initial
        #: Changes of the batch by key: a new entry, or None for a key that has no state any more.
        self._touched = {}
        #: All keys that were changed since they were last noted, if somebody notes them.
        self._unnoted = None
        self._is_noted = False
        #: The time of the first batch that failed and is not in them.
        self.lacks = None

    def partition(self, key):
        """The partition of a key."""
        return _engine.portable_hash(key) % len(self._parts)

    def begin(self, time):
        """Begins a batch; what a batch before has left unfinished is forgotten."""
        self._touched = {}
        for key, value in self._initial or ():
            self._put(key, time, frozen(value))
        if self._initial is not None:
            self._commit(time)
            self._initial = None

    def _entry(self, key):
        if key in self._touched:
            return self._touched[key]
        return self._parts[self.partition(key)].get(key)

    def _put(self, key, time, stored):
        entry = self._entry(key)
        place = self._next if entry is None else entry[0]
        self._next += entry is None
        self._touched[key] = (place, time, stored)

    def meet(self, key, time, call):
        """Calls the program's function with the state of a key that has a record."""
        entry = self._entry(key)
        state = State(ABSENT if entry is None else thawed(entry[2]))
        made = call(state)
        if state._outcome == "updated":
            self._put(key, time, frozen(state._value))
        elif state._outcome == "removed":
            self._touched[key] = None
        elif entry is not None and self._timeout is not None:
            self._put(key, time, entry[2])
        return made

    def overdue(self, time):
        """The keys that had no record for too long, with their states, in their order."""
        if self._timeout is None:
            return []
        due = []
        for seen in [seen for seen in self._due if seen < time - self._timeout]:
            for key in self._due[seen]:
                entry = self._entry(key)
                if entry is not None and entry[1] == seen:
                    due.append((entry[0], key, thawed(entry[2])))
        due.sort(key=lambda each: each[0])
        return [(key, value) for _, key, value in due]

    def drop(self, key):
        """Removes a key that has timed out."""
        self._touched[key] = None

    def end(self, time):
        """Ends a batch that has not failed."""
        if self._timeout is not None:
            for seen in [seen for seen in self._due if seen < time - self._timeout]:
                del self._due[seen]
        self._commit(time)

    def _commit(self, time):
        fresh = []
        for key, entry in self._touched.items():
            part = self._parts[self.partition(key)]
            before = part.get(key)
            if entry is None:
                part.pop(key, None)
            elif before is not None and before[0] == entry[0]:
                part[key] = entry
            else:
                # A key that was removed comes back behind all others.
                part.pop(key, None)
                fresh.append((entry[0], key, part, entry))
        fresh.sort(key=lambda each: each[0])
        for _, key, part, entry in fresh:
            part[key] = entry
        if self._timeout is not None:
            kept_keys = [key for key, entry in self._touched.items() if entry is not None]
            if kept_keys:
                self._due.setdefault(time, []).extend(kept_keys)
        if self._unnoted is not None:
            self._unnoted.update(self._touched)
        self._touched = {}

    def pairs(self, index):
        """Keys and states of a partition as they are now."""
        part = self._parts[index]
        return [(key, thawed(stored)) for key, (_, _, stored) in part.items()]

    def record(self):
        """Begins to write down what changes."""
        self._unnoted = set()

    def take_notes(self):
        """Changes since the last call: keys and values to be kept, and keys that may be forgotten."""
        noted, gone = [], []
        if not self._is_noted:
            noted.append(((), self._next))
            self._is_noted = True
        for key in self._unnoted:
            entry = self._parts[self.partition(key)].get(key)
            if entry is None:
                gone.append((key,))
            else:
                place, time, stored = entry
                noted.append(((key,), (place, time, thawed(stored))))
        self._unnoted = set()
        return noted, gone

    def restore(self, found):
        """Takes the notes of the run before instead of the initial states."""
        self._initial, self._is_noted = None, True
        self._next = found.pop(())
        entries = sorted((entry[0], key, entry) for (key,), entry in found.items())
        for place, key, (_, time, value) in entries:
            self._next = max(self._next, place + 1)
            self._parts[self.partition(key)][key] = (place, time, frozen(value))
            if self._timeout is not None:
                self._due.setdefault(time, []).append(key)


class MapWithStateDStream(TransformedDStream):
    """The stream of ``mapWithState``: the mapped records, and the states behind it."""

    _keeps = "mapWithState"

    def __init__(self, parent, spec):
        super().__init__(parent._ssc, parent._slide, self._map, (parent,))
        self._count = self._partitions_or(spec._partitions)
        initial = spec._initial
        if hasattr(initial, "_iterator"):
            initial = initial.collect()
        elif initial is not None:
            initial = [(key, value) for key, value in initial]
        self._spec = spec
        self._operator = ("mapWithState", spec._function, {})
        self._states = States(self._count, spec._timeout, initial)

    def stateSnapshots(self):
        """All keys with their states, in every batch, in the order in which the keys came.

        A key that was removed and comes back is the last. Costs what is read of it.
        """

        def compute(time):
            mapped = self._rdd(time)
            if mapped is None or mapped._failure is not None:
                return mapped
            pairs = self._states.pairs
            made = RDD(self._sc, self._count, lambda index: iter(pairs(index)))
            self._ssc._graph.made(made)
            return made

        return TransformedDStream(self._ssc, self._slide, compute, (self,))

    def _map(self, time):
        return unless_lost(self, time, self._mapped)

    def _mapped(self, time):
        (parent,) = self._parents
        rdd = parent._rdd(time)
        records = [] if rdd is None else rdd.collect()
        function = task_copy(self._spec._function)
        if self._spec._takes_time:
            now, own = local_time(time), function

            def function(key, value, state):
                return own(now, key, value, state)

        states, parts = self._states, [[] for _ in range(self._count)]

        def emit(key, made):
            if made is not None or not self._spec._takes_time:
                parts[states.partition(key)].append(made)

        with task():
            states.begin(time)
            for key, value in records:
                emit(key, states.meet(key, time, lambda state: function(key, value, state)))
            for key, old in states.overdue(time):
                emit(key, function(key, None, State(old, timing_out=True)))
                states.drop(key)
            states.end(time)
        kept_parts = [keep(part) for part in parts]
        return RDD(self._sc, self._count, lambda index: iter(kept(kept_parts[index])))
