"""Functions that reach nothing but their arguments.

Such a function gives the same in a copy of the process as in the process itself, and leaves nothing
behind in either: it writes no file, prints nothing, draws no random number, and changes no object
that outlives its task. The law: in doubt a function is not one of them. So whatever is not known to
be harmless here is not.
"""

import builtins
import dis
import functools
import operator
import re
import types

from ._native import _engine
from ._tasks import (
    ATOMS, attributes_of, captured, globals_of, imports_of, is_importable, is_of_module, writes_globals
)

#: Modules whose functions make something of their arguments and do nothing else.
_MODULES = frozenset(
    """
    base64 bisect cmath collections collections.abc datetime fractions functools hashlib heapq html
    ipaddress itertools json json.decoder json.encoder math numbers operator re string struct textwrap
    unicodedata urllib.parse _collections _datetime _functools _hashlib _heapq _json _operator _struct
    """.split()
)

#: Builtin functions that do more, or reach an object by a name that is not in the code.
_REACHING = tuple(
    getattr(builtins, name, None)
    for name in """
        __import__ breakpoint compile delattr eval exec exit getattr globals hasattr help id input
        locals open print quit setattr vars
    """.split()
)

#: The most values of a captured collection that are looked through.
_MOST = 1000

#: Descriptors that C has put into a class.
_SLOTS = (types.MethodDescriptorType, types.WrapperDescriptorType, types.ClassMethodDescriptorType)

#: Attributes that every class has.
_OF_EVERY_CLASS = frozenset(
    """
    __dict__ __weakref__ __doc__ __module__ __qualname__ __annotations__ __firstlineno__
    __static_attributes__ __slotnames__
    """.split()
)

#: By these a class says itself how it is copied, so that a task's copy may be no copy.
_OF_COPIES = frozenset(
    "__deepcopy__ __copy__ __reduce__ __reduce_ex__ __getstate__ __setstate__ __getnewargs__ "
    "__getnewargs_ex__ _is_shared".split()
)

#: Objects of C that hold nothing that changes.
_CLOSED = (re.Pattern, operator.itemgetter)

#: Classes whose objects call a method, or read an attribute, by a name that is not in the code.
_CALLING = (operator.attrgetter, operator.methodcaller)

#: Attributes of harmless classes and modules that read the clock, or lead to any attribute.
_REACHING_NAMES = frozenset(("now", "utcnow", "today", "attrgetter", "methodcaller"))

#: The flag of a class that was made while Python runs.
_HEAP_TYPE = 1 << 9

#: Classes whose instances hold more than their attributes.
_HOLDING = (type, types.ModuleType, tuple, list, dict, set, frozenset, bytearray, memoryview)


def is_confined(value):
    """True if the copy that a task gets of a function, `value`, reaches nothing but its arguments."""
    shared = _Walk()
    return _Walk(shared, _Walk(shared)).passes(value)


class _Walk:
    """All that can be reached from a value, each object once.

    A task has copies of what its function captures, but for classes, functions of modules, and
    functions in a list or an object, which it shares with the program: what is reached through these
    may be nothing that changes.
    """

    def __init__(self, shared=None, inside=None):
        # The walk through what is shared; this one, if it is that.
        self._shared = shared or self
        # The walk through what is in a list or an object; this one, if it is that.
        self._inside = inside or self
        # Kept alive, so that no other value gets the same id.
        self._met = {}

    def passes(self, value):
        if type(value) in ATOMS or id(value) in self._met:
            return True
        self._met[id(value)] = value
        passes = _KINDS.get(type(value))
        return self._object(value) if passes is None else passes(self, value)

    def all_pass(self, values):
        return all(map(self.passes, values))

    def _is_copied(self):
        return self._shared is not self

    def _fixed(self, values):
        return len(values) <= _MOST and self._inside.all_pass(values)

    def _collection(self, values):
        return self._is_copied() and self._fixed(values)

    def _dict(self, values):
        return self._collection(values) and self._inside.all_pass(values.values())

    def _function(self, function):
        if function.__globals__.get("__name__") in _MODULES:
            return True
        is_inside = self._inside is self
        if self._is_copied() and (is_inside or is_of_module(function)):
            return self._shared.passes(function)
        code, known, values = function.__code__, function.__globals__, list(captured(function))
        names, read, imported = attributes_of(code), globals_of(code), imports_of(code)
        if not _assigns_to_its_own(code) or not _MODULES.issuperset(imported):
            return False
        if any(name.startswith("__") or name in _REACHING_NAMES for name in (*names, *read)):
            return False
        if not self._inside.all_pass((function.__kwdefaults__ or {}).values()):
            return False
        found = [getattr(builtins, name, None) for name in read if name not in known]
        modules = [value for value in values if type(value) is types.ModuleType]
        parts = [getattr(module, name, None) for module in modules for name in names]
        # A module that a module has imported may be any.
        parts = [part for part in parts if type(part) is types.ModuleType]
        return self.all_pass([*found, *values, *parts])

    def _builtin(self, function):
        owner = function.__self__
        if owner is builtins:
            return function not in _REACHING
        if owner is None:
            return function.__module__ in _MODULES
        # The method of a collection changes the very one that the program has.
        is_module = type(owner) is types.ModuleType and owner.__name__ in _MODULES
        return is_module or function is _engine.portable_hash or type(owner) in ATOMS

    def _slot(self, slot):
        return _is_known(slot.__objclass__)

    def _class(self, kind):
        if _is_known(kind):
            return kind not in _CALLING
        own = vars(kind)
        if not _OF_COPIES.isdisjoint(own):
            return False
        parts = [part for name, part in own.items() if name not in _OF_EVERY_CLASS]
        return self._shared.all_pass([*parts, *kind.__bases__])

    def _property(self, own):
        return self.all_pass([own.fget, own.fset, own.fdel])

    def _partial(self, own):
        return self.all_pass([own.func, *own.args, *own.keywords.values()])

    def _method(self, method):
        return self._shared.passes(method.__func__) and self.passes(method.__self__)

    def _object(self, value):
        """An instance of a class of the program whose values are all to be seen."""
        if isinstance(value, _CLOSED):
            return True
        own, kind = getattr(value, "__dict__", None), type(value)
        if type(own) is not dict or _is_known(kind) or isinstance(value, _HOLDING):
            return False
        return self.passes(kind) and self._dict(own)


def _is_known(kind):
    """True if a class is one of Python's own, and does not only say so."""
    if kind.__module__ == "builtins":
        return not kind.__flags__ & _HEAP_TYPE
    return kind.__module__ in _MODULES and is_importable(kind)


@functools.lru_cache(maxsize=4096)
def _assigns_to_its_own(code):
    """True if some code, and code inside it, assigns to its own names alone, and to attributes only
    of an object that is being made."""
    if writes_globals(code):
        return False
    own = code.co_varnames[:1] if code.co_name == "__init__" and code.co_argcount else None
    before = None
    for instruction in dis.get_instructions(code):
        name, loaded = instruction.opname, _as_tuple(instruction)
        if name.startswith(("STORE_FAST", "DELETE_FAST")) and own is not None and own[0] in loaded:
            return False
        if name in ("STORE_ATTR", "DELETE_ATTR"):
            is_loaded = before.opname.startswith("LOAD_FAST") and _as_tuple(before)[-1:] == own
            # Where a jump ends here, another object may have been loaded before it.
            if not is_loaded or instruction.is_jump_target:
                return False
        before = instruction
    return all(
        _assigns_to_its_own(inner) for inner in code.co_consts if isinstance(inner, types.CodeType)
    )


def _as_tuple(instruction):
    # One instruction may be for two names.
    argument = instruction.argval
    return argument if isinstance(argument, tuple) else (argument,)


_KINDS = {
    **dict.fromkeys((list, set), _Walk._collection),
    **dict.fromkeys((tuple, frozenset), _Walk._fixed),
    **dict.fromkeys(_SLOTS, _Walk._slot),
    dict: _Walk._dict,
    type: _Walk._class,
    property: _Walk._property,
    staticmethod: lambda walk, method: walk.passes(method.__func__),
    functools.partial: _Walk._partial,
    types.FunctionType: _Walk._function,
    types.BuiltinFunctionType: _Walk._builtin,
    types.MethodType: _Walk._method,
    types.ModuleType: lambda _, module: module.__name__ in _MODULES,
}
