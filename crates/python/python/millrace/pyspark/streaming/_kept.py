"""State of Python's own streams over a restart.

The engine makes it durable with the batch that changed it, as it does with its own states. A
window's batches are kept partition by partition; of a state every key is kept, so that
``millrace-state`` lists it. Streams are known by their operator and their order in the program.

A program without a checkpoint directory has windows too. They are noted in memory while there is a
page that shows them; nothing of the program depends on it.
"""

import contextlib

from ..errors.exceptions import Py4JJavaError
from ..rdd import RDD
from ._held import held_of


class Kept:
    """The streams of a graph whose batches are needed later, and what is noted of them."""

    def __init__(self, graph, engine, streams, is_durable):
        self._is_durable = is_durable
        self._graph = graph
        self._engine = engine
        numbers = {}
        self._streams = {}
        for stream in streams:
            number = numbers[stream._keeps] = numbers.get(stream._keeps, -1) + 1
            self._streams["%s %d" % (stream._keeps, number)] = stream
        #: For every stream, the keys of its notes, unless they are those of a window of values.
        self._noted = {name: set() for name in self._streams}
        #: Windows of values, as they were last noted.
        self._tables = {}
        for stream in streams:
            if stream._states is not None:
                stream._states.record()
        self._zero = None
        self._lacks = False

    def shown(self):
        """The streams as the page shows them: names of notes, names for people, by key or not."""
        return [
            (name, "%s at %s:%d" % stream._called, stream._keeps != "window")
            for name, stream in self._streams.items()
        ]

    def restore(self):
        """Gives the streams what the run before has left; called before the first batch."""
        found = {name: {} for name in self._streams}
        for key, value in self._engine.noted():
            if key == "begin":
                self._graph.zero = self._zero = value
            elif key[0] in found:
                found[key[0]][key[1:]] = value
                self._noted[key[0]].add(key)
        for name, stream in self._streams.items():
            if found[name] and stream._states is not None:
                stream._states.restore(found[name])
            elif found[name]:
                restore = _restore_keys if stream._is_by_key else _restore_batches
                restore(stream, found[name])

    def lack(self):
        """A state lacks the batch that runs: what is durable stays as it was before it."""
        self._lacks = True
        self._engine.lack()

    def note(self):
        """Notes what the batch that ends has left."""
        if self._lacks:
            return
        kept, gone, tables, parts = [], [], [], []
        if self._zero is None:
            self._zero = self._graph.zero
            kept.append(("begin", self._zero))
        for name, stream in self._streams.items():
            if stream._states is not None:
                own, forgotten = stream._states.take_notes()
                kept.extend(((name, *key), value) for key, value in own)
                gone.extend((name, *key) for key in forgotten)
                continue
            if stream._is_by_key:
                time, held = _window(stream)
                if held is not None:
                    kept.append(((name,), (time, held.partitions())))
                    gone.extend(self._all_but(name, held))
                    tables.append((name, held, self._tables.get(name)))
                    self._tables[name], self._noted[name] = held, set()
                    continue
            own = dict(_keys(name, stream) if stream._is_by_key else _batches(name, stream))
            before = self._keys_of(name)
            gone.extend(before.difference(own))
            for key, value in own.items():
                if isinstance(value, _Part):
                    if key not in before:
                        parts.append((key, value.held, value.index))
                elif stream._is_by_key or key not in before:
                    kept.append((key, value() if callable(value) else value))
            self._noted[name] = set(own)
        if kept or gone or tables or parts:
            self._tell(kept, gone, tables, parts)

    def _all_but(self, name, held):
        """The keys of notes that CPython has made and that a window of values has not."""
        noted = self._noted[name]
        return noted.difference(_keys_of_table(name, held)) if noted else ()

    def _keys_of(self, name):
        """The keys of a stream's notes."""
        table = self._tables.pop(name, None)
        return self._noted[name] if table is None else _keys_of_table(name, table)

    def _tell(self, kept, gone, tables, parts):
        if self._is_durable:
            return self._engine.note(kept, gone, tables, parts)
        try:
            self._engine.note(kept, gone, tables, parts)
        except Exception:
            # A record that cannot be pickled. It is not shown, and no reason to end a batch.
            self._engine.note([], [], tables, parts)
            for each in kept:
                with contextlib.suppress(Exception):
                    self._engine.note([each], gone, [], [])


class _Part:
    """A partition of values, which is noted as it is."""

    def __init__(self, held, index):
        self.held, self.index = held, index


def _window(stream):
    """The time of the last window of a stream, and the window if it is a table of values."""
    if not stream._made:
        return None, None
    time = max(stream._made)
    held = held_of(stream._made[time])
    return time, held if held is not None and held.is_table() else None


def _keys_of_table(name, held):
    """The keys of the notes of a window of values."""
    keys = {(name,)}
    for index in range(held.partitions()):
        records, _ = held.read(index, 0, held.count())
        keys.update((name, key) for key, _ in records)
    return keys


def _keys(name, stream):
    """The notes of a stream of which the last batch counts."""
    if not stream._made:
        return
    time = max(stream._made)
    rdd = stream._made[time]
    if rdd is None or rdd._failure is not None:
        # The next one is made of the batches of the window.
        return
    count = rdd.getNumPartitions()
    yield (name,), (time, count)
    for index in range(count):
        for key, value in rdd._iterator(index):
            yield (name, key), (index, value)


def _restore_keys(stream, found):
    time, count = found.pop(())
    partitions = [[] for _ in range(count)]
    for (key,), (index, value) in found.items():
        partitions[index].append((key, value))
    stream._made[time] = _dataset(stream, partitions)


def _batches(name, stream):
    """The notes of a stream of which several batches count: what is in them does not change."""
    for time, rdd in stream._made.items():
        if rdd is None:
            continue
        if rdd._failure is not None:
            yield (name, time), str(rdd._failure)
            continue
        count, held = rdd.getNumPartitions(), held_of(rdd)
        yield (name, time), count
        for index in range(count):
            if held is None:
                yield (name, time, index), lambda rdd=rdd, index=index: list(rdd._iterator(index))
            else:
                yield (name, time, index), _Part(held, index)


def _restore_batches(stream, found):
    for key, count in found.items():
        if len(key) == 1:
            (time,) = key
            if isinstance(count, str):
                stream._made[time] = RDD(stream._sc, 1, None)._fail(Py4JJavaError(count))
                continue
            partitions = [found[(time, index)] for index in range(count)]
            stream._made[time] = _dataset(stream, partitions)


def _dataset(stream, partitions):
    """A dataset of these records that is held, as those of the batches before were."""
    made = RDD(stream._sc, len(partitions), lambda index: iter(partitions[index]))
    made._hold()
    return made
