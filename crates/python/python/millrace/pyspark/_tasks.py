"""Values that a record function shares with the program, and those that it gets a copy of.

Spark pickles a function with all that it captures and runs the copy elsewhere. Here it runs in the
same interpreter; what it captures is copied where somebody could tell the difference: a global
that a ``map`` changes stays as it was in the program.
"""

import builtins
import datetime
import decimal
import dis
import functools
import itertools
import pickle
import re
import threading
import types
from contextlib import contextmanager

from ._copying import copied

_state = threading.local()

#: Types whose values nobody can change.
ATOMS = frozenset(
    (
        type(None),
        bool,
        int,
        float,
        complex,
        str,
        bytes,
        decimal.Decimal,
        datetime.date,
        datetime.datetime,
        datetime.timedelta,
        range,
        type(Ellipsis),
    )
)

_BY_REFERENCE = (
    type,
    types.ModuleType,
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    re.Pattern,
)


def in_task():
    """True if this thread is running a record function."""
    return getattr(_state, "depth", 0) > 0


@contextmanager
def task():
    """Marks what runs inside as record functions."""
    _state.depth = getattr(_state, "depth", 0) + 1
    try:
        yield
    finally:
        _state.depth -= 1


class NotSent(pickle.PicklingError):
    """A record function, or what it captures, that cannot be copied. Programs know it by the name
    of its base."""


NotSent.__name__ = NotSent.__qualname__ = "PicklingError"
NotSent.__module__ = "_pickle"


def pickled(value):
    """A pickle of `value`; raises `pickle.PicklingError` with PySpark's words."""
    try:
        return pickle.dumps(value, 4)
    except Exception as error:
        raise unpicklable(error) from error


def unpicklable(error):
    """The error of something that cannot be sent to a record function."""
    return NotSent(
        "Could not serialize object: %s: %s" % (type(error).__name__, error)
    )


def are_atoms(records):
    """True if nobody could change any of these records, or a part of one."""
    kinds = set(map(type, records))
    if kinds <= ATOMS:
        return True
    if not kinds <= ATOMS | {tuple}:
        return False
    # All tuples at once: a level of them costs two loops of C.
    tuples = [record for record in records if type(record) is tuple]
    return are_atoms(list(itertools.chain.from_iterable(tuples)))


def sent(records):
    """As `keep`; no record is the very object that it was, as if it came from another process."""
    try:
        return pickle.dumps(records, 4) if records else records
    except Exception:
        return keep(records)


def keep(records):
    """A list of records in a form that no later reader can be surprised by."""
    if are_atoms(records):
        return records
    try:
        return pickle.dumps(records, 4)
    except Exception:
        pass
    try:
        return copied(records)
    except TypeError as error:
        raise unpicklable(error) from error


def kept(stored):
    """The records that `keep` was given, new ones wherever they can be changed."""
    if type(stored) is bytes:
        return pickle.loads(stored)
    return stored if are_atoms(stored) else copied(stored)


def task_copy(function):
    """The function as one task has it: what it captures is its own."""
    try:
        return _of(function, {})
    except pickle.PicklingError:
        raise
    except Exception as error:
        raise unpicklable(error) from error


def called(function):
    """The function that Python runs when it calls `function`: an object's `__call__`, looked up
    once and not for every record."""
    call = getattr(type(function), "__call__", None)
    return types.MethodType(call, function) if type(call) is types.FunctionType else function


def _of(value, memo):
    if _is_shared(value, set()):
        return value
    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, types.FunctionType):
        return _function(value, memo)
    if isinstance(value, functools.partial):
        made = functools.partial(
            _of(value.func, memo),
            *[_of(item, memo) for item in value.args],
            **{name: _of(item, memo) for name, item in value.keywords.items()}
        )
        memo[id(value)] = made
        return made
    if isinstance(value, types.MethodType):
        return types.MethodType(value.__func__, _of(value.__self__, memo))
    return copied(value, memo)


def _function(function, memo):
    """A copy of a function with cells and globals of its own."""
    own_globals = {"__builtins__": builtins, "__name__": function.__globals__.get("__name__")}
    cells = tuple(types.CellType() for _ in function.__closure__ or ())
    made = types.FunctionType(
        function.__code__, own_globals, function.__name__, None, cells or None
    )
    memo[id(function)] = made
    made.__defaults__ = _of(function.__defaults__, memo)
    made.__kwdefaults__ = _of(function.__kwdefaults__, memo)
    for name, value in function.__dict__.items():
        made.__dict__[name] = _of(value, memo)
    made.__doc__ = function.__doc__
    made.__qualname__ = function.__qualname__
    made.__module__ = function.__module__
    for name in globals_of(function.__code__):
        if name in function.__globals__:
            own_globals[name] = _of(function.__globals__[name], memo)
    for own, cell in zip(cells, function.__closure__ or ()):
        try:
            own.cell_contents = _of(cell.cell_contents, memo)
        except ValueError:
            pass  # It is still empty in the program, too.
    return made


def _is_shared(value, met):
    """True if a task and the program can have the very same value without noticing."""
    kind = type(value)
    if kind in ATOMS or isinstance(value, _BY_REFERENCE) or getattr(value, "_is_shared", False):
        return True
    if kind is tuple or kind is frozenset:
        return all(_is_shared(item, met) for item in value)
    if kind is types.FunctionType:
        if id(value) in met:
            return True
        met.add(id(value))
        if is_of_module(value):
            return True
        return not writes_globals(value.__code__) and all(
            _is_shared(item, met) for item in captured(value)
        )
    if kind is functools.partial:
        return all(
            _is_shared(item, met)
            for item in (value.func, *value.args, *value.keywords.values())
        )
    return False


def is_of_module(function):
    """True if a pickle would name the function, and it is not the program's main file that has it."""
    return function.__module__ not in ("__main__", None) and is_importable(function)


def is_importable(function):
    """True if a pickle would name the function instead of holding it."""
    import sys

    found = sys.modules.get(function.__module__)
    for name in function.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is function


def captured(function):
    """The values that a function has from outside: globals, cells, defaults, attributes."""
    for name in globals_of(function.__code__):
        if name in function.__globals__:
            yield function.__globals__[name]
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:
            pass
    yield function.__defaults__
    yield from (function.__kwdefaults__ or {}).values()
    yield from function.__dict__.values()


@functools.lru_cache(maxsize=4096)
def globals_of(code):
    """The names of globals that some code, or code inside it, reads."""
    return _named_by(code, ("LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_NAME"))


def _named_by(code, opnames):
    """The names in some instructions of some code and of code inside it."""
    names = {each.argval for each in dis.get_instructions(code) if each.opname in opnames}
    for inner in code.co_consts:
        if isinstance(inner, types.CodeType):
            names.update(_named_by(inner, opnames))
    return tuple(sorted(names))


@functools.lru_cache(maxsize=4096)
def imports_of(code):
    """The names of the modules that some code, or code inside it, imports when it runs."""
    return _named_by(code, ("IMPORT_NAME",))


@functools.lru_cache(maxsize=4096)
def attributes_of(code):
    """The names of attributes that some code, or code inside it, reads or imports from a module."""
    return _named_by(
        code, ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR", "LOAD_SUPER_METHOD", "IMPORT_FROM")
    )


@functools.lru_cache(maxsize=4096)
def writes_globals(code):
    """True if some code assigns to a global, or to a name of a function around it."""
    writing = ("STORE_GLOBAL", "DELETE_GLOBAL")
    for instruction in dis.get_instructions(code):
        if instruction.opname in writing:
            return True
        if instruction.opname == "STORE_DEREF" and instruction.argval in code.co_freevars:
            return True
    return any(
        writes_globals(inner) for inner in code.co_consts if isinstance(inner, types.CodeType)
    )
