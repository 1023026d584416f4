"""Copies of values, as PySpark's pickler makes them when it sends a function.

``copy.deepcopy`` makes them where it can. A value that it has no copy of, and PySpark has, goes
through a pickle in which modules, functions and classes stand for themselves: a dict with modules
in it, the views of a dict, an open file.
"""

import collections
import copy
import io
import pickle
import sys
import types

_SHARED = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType)

_VIEWS = {
    type(view()): name
    for kind in (dict(), collections.OrderedDict())
    for name, view in (("keys", kind.keys), ("values", kind.values), ("items", kind.items))
}


def copied(value, memo=None):
    """A copy of a value and of all that is in it; TypeError if there is something that has none."""
    try:
        return copy.deepcopy(value, memo)
    except TypeError:
        return _through_a_pickle(value)


def _through_a_pickle(value):
    stands_for = []
    written = io.BytesIO()
    _Writer(written, stands_for).dump(value)
    written.seek(0)
    return _Reader(written, stands_for).load()


class _Writer(pickle.Pickler):
    def __init__(self, file, stands_for):
        super().__init__(file, 4)
        self._stands_for = stands_for

    def persistent_id(self, value):
        is_itself = (
            isinstance(value, _SHARED)
            or getattr(value, "_is_shared", False)
            or value is sys.stdout
            or value is sys.stderr
        )
        if not is_itself:
            return None
        self._stands_for.append(value)
        return len(self._stands_for) - 1

    def reducer_override(self, value):
        if type(value) in _VIEWS:
            name = _VIEWS[type(value)]
            items = list(value)
            if name == "values":
                items = list(enumerate(items))
            return _view, (name, items if name != "keys" else [(key, None) for key in items])
        if isinstance(value, types.MappingProxyType):
            return types.MappingProxyType, (dict(value),)
        if isinstance(value, memoryview):
            return bytes, (value.tobytes(),)
        if isinstance(value, io.TextIOWrapper):
            return _text, _contents(value)
        return NotImplemented


class _Reader(pickle.Unpickler):
    def __init__(self, file, stands_for):
        super().__init__(file)
        self._stands_for = stands_for

    def persistent_load(self, number):
        return self._stands_for[number]


def _view(name, items):
    return getattr(dict(items), name)()


def _text(name, contents, place):
    text = io.StringIO(contents)
    text.seek(place)
    text.name = name
    return text


def _contents(file):
    """The name of a text file, what is in it, and the place where it is read."""
    if file.closed:
        raise TypeError("cannot pickle a closed file")
    if file is sys.stdin or file.isatty() or not file.readable():
        raise TypeError("cannot pickle '_io.TextIOWrapper' object that is not read from a file")
    place = file.tell()
    file.seek(0)
    contents = file.read()
    file.seek(place)
    return file.name, contents, place
