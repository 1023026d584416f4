"""States of keys in the program's own interpreter, kept from batch to batch.

A table of a partition is a dict, whose order is that in which the keys came. The law: a batch that
fails has changed nothing, what a program does to an object that it was given changes no state,
and the checkpoint gets what has changed and nothing else.
"""

import copy
import pickle

from .._tasks import are_atoms


class _Pickle(bytes):
    """A state that somebody could change, as it was."""


class _Copy:
    """A state that cannot be pickled, as it was."""

    def __init__(self, value):
        self.value = copy.deepcopy(value)


def frozen(value):
    """A state in a form that nobody changes."""
    if are_atoms((value,)):
        return value
    try:
        return _Pickle(pickle.dumps(value, 4))
    except Exception:
        return _Copy(value)


def thawed(stored):
    """The state that was frozen, a new object if somebody could change it."""
    if type(stored) is _Pickle:
        return pickle.loads(stored)
    return copy.deepcopy(stored.value) if type(stored) is _Copy else stored


def is_same(a, b):
    """True if nobody could tell two frozen states apart."""
    return a is b or type(a) is type(b) and type(a) in (int, str, bytes, _Pickle) and a == b


class Table:
    """The states of `updateStateByKey`."""

    def __init__(self, count):
        self.parts = [{} for _ in range(count)]
        #: The time of the last batch that is in it; None before the first.
        self.time = None
        #: The time of the first batch that failed and is not in it.
        self.lacks = None
        #: True while every state is an int.
        self.is_of_ints = True
        self._unnoted = None

    def change(self, time, changes):
        """Takes what a batch has changed: for every partition, keys and new states, or None."""
        self.time = time
        for index, changed in enumerate(changes):
            part = self.parts[index]
            for key, stored in changed.items():
                if stored is None:
                    part.pop(key, None)
                else:
                    part[key] = stored
                    self.is_of_ints = self.is_of_ints and type(stored) is int
            if self._unnoted is not None:
                self._unnoted.update((key, index) for key in changed)

    def pairs(self, index):
        """Keys and states of a partition as they are now."""
        return [(key, thawed(stored)) for key, stored in self.parts[index].items()]

    def record(self):
        """Begins to write down what changes."""
        self._unnoted = {}

    def take_notes(self):
        """Changes since the last call: keys and values to be kept, and keys that may be forgotten."""
        if self.time is None:
            return [], []
        noted, gone = [((), (self.time, len(self.parts)))], []
        for key, index in self._unnoted.items():
            stored = self.parts[index].get(key)
            if stored is None:
                gone.append((key,))
            else:
                noted.append(((key,), (index, thawed(stored))))
        self._unnoted = {}
        return noted, gone

    def restore(self, found):
        """Takes the notes of the run before."""
        self.time, count = found.pop(())
        self.parts = [{} for _ in range(count)]
        for (key,), (index, value) in found.items():
            self.parts[index][key] = frozen(value)
            self.is_of_ints = self.is_of_ints and type(value) is int
