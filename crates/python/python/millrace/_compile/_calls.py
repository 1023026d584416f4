"""Calls: builtins that nothing shadows, methods, functions of the program's own."""

import ast
import functools
import json
import math
import operator
import types

from . import _expressions, _steady
from ._result import Refused
from ._scope import Captured

#: Builtins that take plain values: the fewest and the most arguments.
PLAIN = {
    abs: ("abs", 1, 1),
    bool: ("bool", 0, 1),
    chr: ("chr", 1, 1),
    divmod: ("divmod", 2, 2),
    float: ("float", 0, 1),
    int: ("int", 0, 1),
    len: ("len", 1, 1),
    ord: ("ord", 1, 1),
    repr: ("repr", 1, 1),
    round: ("round", 1, 2),
    str: ("str", 0, 1),
    json.loads: ("json_loads", 1, 1),
    math.ceil: ("ceil", 1, 1),
    math.fabs: ("fabs", 1, 1),
    math.floor: ("floor", 1, 1),
    math.sqrt: ("sqrt", 1, 1),
}

#: Builtins whose first argument they go through at once.
_CONSUMING = {
    all: ("all", 1, 1),
    any: ("any", 1, 1),
    dict: ("dict", 0, 1),
    list: ("list", 0, 1),
    max: ("max", 1, 255),
    min: ("min", 1, 255),
    sorted: ("sorted", 1, 1),
    sum: ("sum", 1, 2),
    tuple: ("tuple", 0, 1),
}

#: Functions for which the order of the items does not count, so that a set may stand there.
_ORDERLESS = (all, any, max, min, sorted)

_OPERATORS = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.truediv: "/",
    operator.floordiv: "//",
    operator.mod: "%",
    operator.pow: "**",
    operator.and_: "&",
    operator.or_: "|",
    operator.xor: "^",
    pow: "**",
}

_RELATIONS = {
    operator.eq: "==",
    operator.ne: "!=",
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
}

#: Methods that change nothing, with the names of their arguments.
METHODS = {
    "capitalize": "",
    "casefold": "",
    "center": "width fillchar",
    "copy": "",
    "count": "sub",
    "decode": "encoding",
    "encode": "encoding",
    "endswith": "suffix",
    "find": "sub",
    "get": "key default",
    "index": "sub",
    "isalnum": "",
    "isalpha": "",
    "isdecimal": "",
    "isdigit": "",
    "islower": "",
    "isnumeric": "",
    "isspace": "",
    "isupper": "",
    "join": "iterable",
    "lstrip": "chars",
    "ljust": "width fillchar",
    "lower": "",
    "partition": "sep",
    "removeprefix": "prefix",
    "removesuffix": "suffix",
    "replace": "old new count",
    "rfind": "sub",
    "rindex": "sub",
    "rjust": "width fillchar",
    "rpartition": "sep",
    "rsplit": "sep maxsplit",
    "rstrip": "chars",
    "split": "sep maxsplit",
    "splitlines": "",
    "startswith": "prefix",
    "strip": "chars",
    "swapcase": "",
    "title": "",
    "upper": "",
    "zfill": "width",
}

#: The arguments that these methods take by name.
_KEYWORDS = {"split", "rsplit", "encode", "decode"}

_VIEWS = ("items", "keys", "values")

_CHANGING = frozenset(
    "append extend insert sort reverse clear pop update setdefault remove discard add popitem".split()
)

_TYPES = {
    bool: "bool",
    bytes: "bytes",
    dict: "dict",
    float: "float",
    int: "int",
    list: "list",
    str: "str",
    tuple: "tuple",
}

#: Methods of these types, taken from the type itself: ``str.lower``.
_OF_TYPES = {
    getattr(kind, name): (kind, name)
    for kind, names in (
        (str, METHODS),
        (dict, ("get", "copy")),
        (list, ("copy", "count", "index")),
        (tuple, ("count", "index")),
    )
    for name in names
    if hasattr(kind, name)
}


def is_plain(called):
    """True if a function has a form of its own in the engine, as ``json.loads`` has."""
    return _known(PLAIN, called) is not None


def captured_attribute(lowering, node):
    """The value that ``module.name`` or ``broadcast.value`` leads to; None if it begins at a local."""
    base = node.value
    if isinstance(base, ast.Attribute):
        found = captured_attribute(lowering, base)
    elif isinstance(base, ast.Name) and lowering.scope.find(base.id) is None:
        found = lowering.scope.outer(base.id, base)
    else:
        found = None
    if found is None:
        return None
    name = "%s.%s" % (found.name, node.attr)
    value = found.value
    if isinstance(value, types.ModuleType):
        if not hasattr(value, node.attr):
            raise Refused("%s does not exist" % name, node)
        _steady.check_attribute(name, lowering.scope.file)
        return Captured(name, getattr(value, node.attr))
    if node.attr == "value" and type(value).__name__ == "Broadcast":
        return Captured(name, value.value)
    if _known(_TYPES, value) and (value, node.attr) in _OF_TYPES.values():
        return Captured(name, getattr(value, node.attr))
    return None


def callee(lowering, node):
    """The object that is called, None if only the record can tell."""
    if isinstance(node, ast.Name):
        if lowering.scope.find(node.id) is not None:
            raise Refused("it calls a local variable, %s" % node.id, node)
        return lowering.scope.outer(node.id, node).value
    if isinstance(node, ast.Attribute):
        found = captured_attribute(lowering, node)
        if found is not None:
            return found.value
    return None


def _is(value, *ones):
    """True if a value is one of these objects; its own idea of equality does not count."""
    return any(value is one for one in ones)


def _known(table, value):
    try:
        return table.get(value)
    except TypeError:
        return None


def call(lowering, node):
    """Lowers a call whose value is used."""
    called = callee(lowering, node.func)
    if called is None:
        return _method(lowering, node)
    if any(isinstance(each, ast.Starred) for each in node.args):
        raise Refused("it unpacks with a star", node)
    if isinstance(called, types.FunctionType) and _known(PLAIN, called) is None:
        return _own(lowering, node, called)
    name = _called_name(node)
    if called is dict and node.keywords and not node.args:
        if any(each.arg is None for each in node.keywords):
            raise Refused("it unpacks with a star", node)
        pairs = [[["const", each.arg], lowering.value(each.value)] for each in node.keywords]
        return ["dict", pairs]
    if _is(called, sorted, min, max) and node.keywords:
        return _by_key(lowering, node, called)
    if called is isinstance and len(node.args) == 2 and not node.keywords:
        names = _types(lowering, node.args[1])
        return ["call", "isinstance", [lowering.looked_at(node.args[0]), ["const", ["t"] + names]]]
    arguments = node.args + _keywords(node, called)
    plain = _known(PLAIN, called)
    consuming = _known(_CONSUMING, called)
    if called is len and len(arguments) == 1:
        distinct = lowering.distinct(arguments[0])
        return ["call", "len", [distinct or lowering.looked_at(arguments[0])]]
    if _is(called, max, min) and len(arguments) > 1:
        return ["call", called.__name__, [lowering.value(each) for each in arguments]]
    if plain is not None:
        _count(node, name, arguments, plain)
        return ["call", plain[0], [lowering.value(each) for each in arguments]]
    if consuming is not None:
        _count(node, name, arguments, consuming)
        lowered = []
        for each in arguments[:1]:
            distinct = lowering.distinct(each) if _is(called, *_ORDERLESS) else None
            lowered.append(distinct or lowering.items(each))
        lowered.extend(lowering.value(each) for each in arguments[1:])
        return ["call", consuming[0], lowered]
    lowered = apply(lowering, called, [lowering.value(each) for each in arguments], node)
    if lowered is None:
        raise Refused("it calls %s" % name, node)
    return lowered


def _called_name(node):
    return ast.unparse(node.func)


def _count(node, name, arguments, entry):
    if not entry[1] <= len(arguments) <= entry[2]:
        raise Refused("it calls %s with %d arguments" % (name, len(arguments)), node)


def _keywords(node, called):
    names = {sum: ["start"], round: ["ndigits"]}.get(called, []) if node.keywords else []
    found = []
    for each in node.keywords:
        if each.arg not in names or len(node.args) != 1:
            raise Refused("it calls %s with keywords" % _called_name(node), node)
        found.append(each.value)
    return found


def _types(lowering, node):
    nodes = node.elts if isinstance(node, ast.Tuple) else [node]
    names = []
    for each in nodes:
        found = _known(_TYPES, callee(lowering, each))
        if found is None:
            raise Refused("it asks for a type that is no plain one", node)
        names.append(found)
    return names


def apply(lowering, called, arguments, node):
    """A call of an object with lowered arguments; None for one that is not known."""
    plain = _known(PLAIN, called) or _known(_CONSUMING, called)
    if plain is not None:
        if not plain[1] <= len(arguments) <= plain[2]:
            raise Refused("it calls %s with %d arguments" % (plain[0], len(arguments)), node)
        return ["call", plain[0], arguments]
    sign = _known(_OPERATORS, called)
    if sign is not None and len(arguments) == 2:
        return ["binary", sign, arguments[0], arguments[1]]
    relation = _known(_RELATIONS, called)
    if relation is not None and len(arguments) == 2:
        return ["compare", arguments[0], [[relation, arguments[1]]]]
    if called is operator.neg and len(arguments) == 1:
        return ["minus", arguments[0]]
    if called is operator.not_ and len(arguments) == 1:
        return ["not", arguments[0]]
    if isinstance(called, operator.itemgetter):
        return _itemgetter(lowering, called, arguments, node)
    of_type = _known(_OF_TYPES, called)
    if of_type is not None and arguments:
        kind, name = of_type
        test = ["call", "isinstance", [arguments[0], ["const", ["t", _TYPES[kind]]]]]
        method = ["method", name, arguments[0], arguments[1:]]
        return ["if", test, method, _expressions.GIVE_UP]
    if isinstance(called, types.BuiltinFunctionType) and isinstance(called.__self__, str):
        if called.__name__ in METHODS and called.__name__ != "format":
            receiver = lowering.scope.constant(Captured("", called.__self__), node, False)
            return ["method", called.__name__, receiver, arguments]
    if isinstance(called, functools.partial):
        if called.keywords:
            raise Refused("it is a partial function with keywords", node)
        first = [
            lowering.scope.constant(Captured("an argument", each), node, False)
            for each in called.args
        ]
        return apply(lowering, called.func, first + arguments, node)
    if isinstance(called, types.FunctionType):
        routine = lowering.program.routine(called, len(arguments), node)
        return ["own", routine, arguments]
    return None


def _itemgetter(lowering, called, arguments, node):
    keys = called.__reduce__()[1]
    if len(arguments) != 1:
        raise Refused("it calls an itemgetter with %d arguments" % len(arguments), node)
    found = []
    for key in keys:
        constant = lowering.scope.constant(Captured("a key", key), node, False)
        found.append(["index", arguments[0], constant])
    return found[0] if len(found) == 1 else ["tuple", found]


def _own(lowering, node, called):
    """A call of a function of the program."""
    code = called.__code__
    names = code.co_varnames[: code.co_argcount]
    given = dict(zip(names, [lowering.value(each) for each in node.args]))
    for each in node.keywords:
        if each.arg is None or each.arg in given or each.arg not in names:
            raise Refused("it calls %s with keywords" % _called_name(node), node)
        if each.arg in names[: code.co_posonlyargcount]:
            raise Refused("it calls %s with keywords" % _called_name(node), node)
        given[each.arg] = lowering.value(each.value)
    defaults = called.__defaults__ or ()
    for name, default in zip(names[len(names) - len(defaults) :], defaults):
        if name not in given:
            given[name] = lowering.scope.constant(Captured(name, default), node, False)
    if len(node.args) > len(names) or len(given) != len(names):
        raise Refused("it calls %s with other arguments than it takes" % called.__name__, node)
    try:
        routine = lowering.program.routine(called, len(names), node)
    except Refused:
        if called.__module__ == lowering.scope.function.__module__:
            raise
        # Inside of a library nobody wants to read on.
        raise Refused("it calls %s" % _called_name(node), node) from None
    return ["own", routine, [given[name] for name in names]]


def over(lowering, function, count, make):
    """Lowers a function that is applied to new variables.

    ``make`` is given their slots and the lowered application.
    """
    if isinstance(function, ast.Lambda):
        arguments = function.args
        names = [each.arg for each in arguments.posonlyargs + arguments.args]
        stars = arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.defaults
        if stars or len(names) != count:
            raise Refused("it makes a function with other arguments than it is given", function)
        return lowering.bind(names, lambda *slots: make(slots, lowering.value(function.body)))
    called = callee(lowering, function)
    slots = [lowering.scope.slot() for _ in range(count)]
    applied = apply(lowering, called, [["local", slot] for slot in slots], function)
    if applied is None:
        raise Refused("it calls %s" % ast.unparse(function), function)
    return make(slots, applied)


def _by_key(lowering, node, called):
    """``sorted``, ``min`` or ``max`` with ``key`` and ``reverse``."""
    words = {each.arg: each.value for each in node.keywords}
    name = called.__name__
    if not set(words) <= {"key", "reverse"} or len(node.args) != 1:
        raise Refused("it calls %s with keywords" % name, node)
    down = False
    if "reverse" in words:
        reverse = words.pop("reverse")
        if called is not sorted or not isinstance(reverse, ast.Constant):
            raise Refused("it calls %s with a reverse that is no constant" % name, node)
        if not isinstance(reverse.value, (bool, int)):
            raise Refused("it calls %s with a reverse that is no constant" % name, node)
        down = bool(reverse.value)
    name += "_down" if down else ""
    items = lowering.distinct(node.args[0]) if not words else None
    items = items or lowering.items(node.args[0])
    key = words.get("key")
    if key is None or isinstance(key, ast.Constant) and key.value is None:
        return ["call", name, [items]]
    return over(lowering, key, 1, lambda slots, applied: ["bykey", name, items, slots[0], applied])


def iterator(lowering, node):
    """A call whose items are taken at once, as a list; None for one that gives a plain value."""
    if isinstance(node.func, ast.Attribute) and node.func.attr in _VIEWS:
        if callee(lowering, node.func) is None:
            if node.args or node.keywords:
                raise Refused("it calls %s with arguments" % node.func.attr, node)
            return ["method", node.func.attr, lowering.looked_at(node.func.value), []]
    called = callee(lowering, node.func)
    if any(isinstance(each, ast.Starred) for each in node.args):
        return None
    if called is range and not node.keywords:
        return ["call", "range", [lowering.value(each) for each in node.args]]
    if called is zip and node.args and not node.keywords:
        return ["call", "zip", [lowering.items(each) for each in node.args]]
    if called is enumerate and 1 <= len(node.args) <= 2:
        arguments = [lowering.items(node.args[0])] + [lowering.value(e) for e in node.args[1:]]
        for each in node.keywords:
            if each.arg != "start" or len(node.args) != 1:
                raise Refused("it calls enumerate with keywords", node)
            arguments.append(lowering.value(each.value))
        return ["call", "enumerate", arguments]
    if called is reversed and len(node.args) == 1 and not node.keywords:
        return ["call", "reversed", [lowering.looked_at(node.args[0])]]
    if _is(called, map, filter) and len(node.args) == 2 and not node.keywords:
        function, items = node.args[0], lowering.items(node.args[1])
        if called is map:
            return over(
                lowering,
                function,
                1,
                lambda slots, applied: ["comprehension", applied, None, [["for", slots[0], items]]],
            )
        if isinstance(function, ast.Constant) and function.value is None:
            slot = lowering.scope.slot()
            kept = ["local", slot]
            return ["comprehension", kept, None, [["for", slot, items], ["if", kept]]]
        return over(
            lowering,
            function,
            1,
            lambda slots, applied: [
                "comprehension",
                ["local", slots[0]],
                None,
                [["for", slots[0], items], ["if", applied]],
            ],
        )
    return None


def _method(lowering, node):
    """A method of a value that the record decides."""
    if not isinstance(node.func, ast.Attribute):
        raise Refused("it calls %s" % ast.unparse(node.func), node)
    name = node.func.attr
    if name in _CHANGING:
        raise Refused("it changes an object (%s)" % name, node)
    if name in _VIEWS:
        raise Refused("it keeps the %s of a dict" % name, node)
    if name != "format" and name not in METHODS:
        raise Refused("it calls the method %s" % name, node)
    if any(isinstance(each, ast.Starred) for each in node.args):
        raise Refused("it unpacks with a star", node)
    receiver = lowering.looked_at(node.func.value)
    if name == "join" and len(node.args) == 1 and not node.keywords:
        return ["method", "join", receiver, [lowering.items(node.args[0])]]
    arguments = [lowering.value(each) for each in node.args]
    if node.keywords:
        names = METHODS.get(name, "").split()
        given = {each.arg: lowering.value(each.value) for each in node.keywords}
        if name not in _KEYWORDS or not set(given) <= set(names[len(arguments) :]):
            raise Refused("it calls the method %s with keywords" % name, node)
        if set(given) == {"maxsplit"} and not arguments:
            arguments.append(["const", None])
        arguments.extend(given[each] for each in names if each in given)
    return ["method", name, receiver, arguments]
