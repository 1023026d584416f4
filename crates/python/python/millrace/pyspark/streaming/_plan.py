"""Hands to the engine the part of a program that it can compute.

A stream can be the engine's if its parent is, and if its function can be lowered. Such a
stream becomes a stream of the engine that Python reads if an output reads it, or a stream that is
not the engine's; the streams before it are absorbed and never made in Python.
"""

from millrace._compile import lower as lowered_form

from .._native import _engine
from .._skipping import NARROW
from ._native import batch_of
from ._windowed import Windowed

#: Kinds of operators: how many arguments the function takes, and whether it gives an iterable.
KINDS = {
    "map": (1, False),
    "filter": (1, False),
    "flatMap": (1, True),
    "mapValues": (1, False),
    "flatMapValues": (1, True),
    "reduceByKey": (2, False),
    "updateStateByKey": (2, False),
}

#: The function of `mapWithState`, which has an effect and is never lowered.
_OF_A_STATE = (3, False)

_BY_KEY = ("reduceByKey", "updateStateByKey")

#: The engine's limit.
MOST_PARTITIONS = _engine.MOST_PARTITIONS

#: Numbers of partitions that the engine can have.
_PARTITIONS = range(1, MOST_PARTITIONS + 1)


class Plan:
    """Which streams of a graph are the engine's."""

    def __init__(self, graph, skips=False):
        self.graph = graph
        self.skips = skips
        self.wholes = {}
        self.forms = {}
        self.engines = {}
        self.made = {}

    def form(self, stream):
        """The lowered form of a stream's function."""
        if stream not in self.forms:
            kind, function, _ = stream._operator
            count, iterated = KINDS.get(kind, _OF_A_STATE)
            self.forms[stream] = lowered_form(function, count, iterated)
        return self.forms[stream]

    def is_engines(self, stream):
        """True if the engine can compute a stream."""
        if stream not in self.engines:
            self.engines[stream] = self._is_engines(stream)
        return self.engines[stream]

    def _is_engines(self, stream):
        if stream._engine_stream is not None:
            return True
        if stream._operator is None or stream._operator[0] not in KINDS:
            return False
        if not self.is_engines(stream._parents[0]):
            return False
        if not self.is_possible(stream._operator[2].get("partitions", 1)):
            return False
        if self.skips and stream._operator[0] in NARROW and not self.is_whole(stream):
            return False
        # A state has to be where the engine keeps it, whatever updates it.
        return stream._operator[0] == "updateStateByKey" or bool(self.form(stream).json)

    def is_possible(self, partitions):
        """True if the engine can have so many partitions."""
        # PySpark's words about any other number come from CPython.
        return partitions in _PARTITIONS

    def is_whole(self, stream):
        """True if the engine can compute all narrow operators around a narrow one.

        Where records are skipped, which record that is must not depend on who computes what.
        """
        top = stream
        while self.is_narrow(top._parents[0]):
            top = top._parents[0]
        if top not in self.wholes:
            around, pending = [], [top]
            while pending:
                around.append(pending.pop())
                readers = self.readers()[around[-1]]
                pending.extend(reader for reader in readers if self.is_narrow(reader))
            self.wholes[top] = all(self.form(each).json for each in around)
        return self.wholes[top]

    def is_narrow(self, stream):
        """True if the stream's operator sees one record at a time."""
        return (
            stream is not None
            and stream._operator is not None
            and stream._operator[0] in NARROW
            and stream._engine_stream is None
        )

    def is_kept(self, stream):
        """True if an absorbed stream is computed once and not again by each that reads it."""
        return stream._operator is None or stream._operator[0] in _BY_KEY

    def described(self, stream):
        """The engine's stream."""
        if stream in self.made:
            return self.made[stream]
        if stream._engine_stream is not None:
            made = self.graph.natives[stream._engine_stream]
        else:
            made = self._described(stream)
        self.made[stream] = made
        return made

    def _described(self, stream):
        ops, at = [], stream
        if stream._operator[0] in _BY_KEY:
            at = stream._parents[0]
        while not self.is_kept(at):
            kind, function, _ = at._operator
            ops.insert(0, (kind, (self.form(at).json, function)))
            at = at._parents[0]
        source = self.described(at)
        kind, function, options = stream._operator
        place = "%s:%d" % stream._called[1:]
        if kind not in _BY_KEY:
            return source.narrow(place, ops)
        handed = (self.form(stream).json, function)
        partitions = options["partitions"]
        if kind == "reduceByKey":
            return source.reduce_by_key(place, ops, handed, partitions)
        initial = options["initial"]
        pairs = [] if initial is None else [(key, state) for key, state in initial.collect()]
        return source.update_state_by_key(place, ops, handed, partitions, pairs)

    def readers(self):
        """For every stream, who reads it: streams, and None for an output."""
        found = {stream: [] for stream in self.graph.streams}
        for stream in self.graph.streams:
            for parent in stream._parents:
                found[parent].append(stream)
        for stream, _, _ in self.graph.outputs:
            found[stream].append(None)
        return found


def lower(ssc, skips=False):
    """Hands to the engine what it can compute of a context's streams.

    `skips` says that records which a function fails at are skipped.
    """
    graph = ssc._graph
    plan = Plan(graph, skips)
    read = [
        stream
        for stream, readers in plan.readers().items()
        if plan.is_engines(stream)
        and any(reader is None or not plan.is_engines(reader) for reader in readers)
    ]
    natives = [plan.described(stream) for stream in read]
    for stream in graph.streams:
        if plan.is_engines(stream):
            # Nobody in Python has to keep what the engine keeps.
            stream._needs = lambda: []
            stream._states = None
    held = Windowed(plan).install()
    for number, stream in enumerate(read):
        _read(ssc, stream, number, stream in held)
    graph.natives = natives


def _read(ssc, stream, number, is_held):
    """Lets Python read the engine's stream number ``number``; windows may have its batches held."""
    options = {} if stream._operator is None else stream._operator[2]
    count = options.get("partitions")
    is_received = _is_received(stream)
    stream._compute = lambda time: batch_of(ssc, number, is_held, count, is_received)
    stream._engine_stream = number


def _is_received(stream):
    """True if a partition is what was received in a stretch of time, or made of it record by record."""
    while stream._operator is not None and stream._operator[0] in NARROW:
        stream = stream._parents[0]
    return stream._is_received
