"""Windows that are made of the engine's values, and the streams that read them.

The results of the engine for a batch stay values where windows are made of them. A window, and what
is made of it by functions that can be lowered, is put together of them, a batch at a time. When a
batch is due, and how long it stays, is decided by the streams as ever; see ``_held`` for the law.
"""

from millrace._compile import lower as lowered_form

from .._native import _engine
from .._skipping import NARROW
from ._held import ValueRDD, union_of, values_of


class Inverse:
    """A window with an inverse function."""

    #: The numbers of arguments of function, inverse and filter.
    COUNTS = (2, 2, 1)

    def __init__(self, parts, functions, partitions):
        #: Of a batch time: the window before, or None, and the datasets that have left and come.
        self.parts = parts
        #: Function, inverse, and the filter or None.
        self.functions = functions
        self.partitions = partitions
        self._forms = None

    def forms(self):
        """The lowered forms of its functions, None for a filter that there is not."""
        if self._forms is None:
            pairs = zip(self.functions, self.COUNTS)
            self._forms = [
                None if function is None else lowered_form(function, count, False)
                for function, count in pairs
            ]
        return self._forms

    def is_lowered(self):
        """True if all of its functions can be lowered."""
        return all(form is None or form.json for form in self.forms())


class Windowed:
    """The streams of a graph that are made of values by this side."""

    def __init__(self, plan):
        self._plan = plan
        self._can = {}
        self._readers = plan.readers()
        #: Streams that an output may read as a whole.
        self._read = {stream for stream, _, name in plan.graph.outputs if name != "pprint"}

    def is_source(self, stream):
        """True if the batches of a stream are values before any window."""
        return self._plan.is_engines(stream)

    def begins(self, stream):
        """True if the batches of a stream are values, or could be."""
        return self.is_source(stream) or self.can(stream)

    def can(self, stream):
        """True if a stream that is no source could be made of values."""
        if stream not in self._can:
            self._can[stream] = not self.is_source(stream) and self._could(stream)
        return self._can[stream]

    def _could(self, stream):
        if stream._window is not None:
            return self.begins(stream._parents[0])
        if stream._inverse is not None:
            inverse = stream._inverse
            is_possible = self._plan.is_possible(inverse.partitions)
            return is_possible and self.begins(stream._parents[0]) and inverse.is_lowered()
        if stream._operator is None or not self.can(stream._parents[0]):
            return False
        kind, _, options = stream._operator
        if kind in NARROW:
            # What is skipped, and where that is written down, is CPython's behind a window.
            return not self._plan.skips and bool(self._plan.form(stream).json)
        if kind != "reduceByKey" or not self._plan.is_possible(options["partitions"]):
            return False
        return bool(self._plan.form(stream).json)

    def is_valued(self, stream):
        """True if a stream is made of values.

        The records of a window cost less as objects if CPython reads all of them in the end, batch
        after batch: so it is made of values where a reduction reads it.
        """
        if not self.can(stream):
            return False
        parent = stream._parents[0]
        if not self.is_source(parent) and not self.is_valued(parent):
            return False
        return not self._is_raw(stream) or self._is_reduced(stream)

    def _is_raw(self, stream):
        """True if the records of a window are read as they are."""
        if stream._inverse is not None or self.is_source(stream):
            return False
        if stream._operator is not None and stream._operator[0] == "reduceByKey":
            return False
        parent = stream._parents[0]
        return self.is_source(parent) or self._is_raw(parent)

    def _is_reduced(self, stream):
        """True if a reduction reads a stream in the end, and nothing reads all records of it."""
        readers = [reader for reader in self._readers[stream] if reader is not None]
        return (
            stream not in self._read
            and bool(readers)
            and all(
                self.can(reader) and (not self._is_raw(reader) or self._is_reduced(reader))
                for reader in readers
            )
        )

    def install(self):
        """Has the streams made of values; gives those of the engine that they are made of."""
        sources = set()
        valued = [stream for stream in self._plan.graph.streams if self.is_valued(stream)]
        for stream in valued:
            parent = stream._parents[0]
            if self.is_source(parent):
                sources.add(parent)
            stream._compute = _computing(stream._compute, self._making(stream))
        return sources

    def _making(self, stream):
        """A function from a batch time to a function that makes the values of the batch."""
        if stream._window is not None:
            return lambda time: _union(stream._window(time))
        if stream._inverse is not None:
            return self._sliding(stream._inverse)
        parent = stream._parents[0]
        kind, function, options = stream._operator
        function = _engine.RecordFunction(self._plan.form(stream).json, function)
        if kind == "reduceByKey":
            count = options["partitions"]
            return lambda time: _then(
                parent._rdd(time), lambda held: held.reduce_by_key(function, count)
            )
        return lambda time: _then(parent._rdd(time), lambda held: held.narrow(kind, function))

    def _sliding(self, inverse):
        functions = tuple(
            None if form is None else _engine.RecordFunction(form.json, function)
            for form, function in zip(inverse.forms(), inverse.functions)
        )

        def making(time):
            before, gone, more = inverse.parts(time)

            def make():
                window = union_of([]) if before is None else values_of(before)
                left, come = union_of(gone), union_of(more)
                if window is None or left is None or come is None:
                    return None
                return window.slide(left, come, functions, inverse.partitions)

            return make

        return making


def _union(rdds):
    return lambda: union_of(rdds)


def _then(rdd, make):
    """Makes values of those of another dataset."""

    def made():
        held = values_of(rdd)
        return None if held is None else make(held)

    return made


def _computing(plain, make):
    """The batch that `plain` gives for a batch time, as values if they can be made."""

    def compute(time):
        rdd = plain(time)
        return None if rdd is None else ValueRDD(rdd, make(time))

    return compute
