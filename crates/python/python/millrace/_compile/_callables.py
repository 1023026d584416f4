"""From a callable object to a lowered program."""

import ast
import dis
import json
import sys
import types

from . import _calls
from ._constants import article
from ._expressions import Expressions
from ._result import Lowered, Refused
from ._scope import Captured, Scope
from ._source import file_of, node_of
from ._statements import Statements

#: The flags of code by their names. `inspect` has them too, and takes its time to load.
_FLAGS = {name: flag for flag, name in dis.COMPILER_FLAG_NAMES.items()}

#: Kinds of functions that would have an effect, or a state, beyond their result.
_KINDS = (
    (_FLAGS["GENERATOR"], "it yields"),
    (_FLAGS["COROUTINE"], "it awaits"),
    (_FLAGS["ASYNC_GENERATOR"], "it awaits"),
    (_FLAGS["VARARGS"], "it takes any number of arguments"),
    (_FLAGS["VARKEYWORDS"], "it takes any number of arguments"),
)


class Program:
    """The routines of one lowered function."""

    def __init__(self):
        self.routines = []
        self.known = {}

    def routine(self, function, count, at=None):
        """The number of a routine for a function of the program that is given ``count`` arguments."""
        key = (id(function), count)
        if key in self.known:
            number = self.known[key]
            if self.routines[number] is None:
                raise Refused("%s calls itself" % function.__name__, at)
            return number
        try:
            return self.add(function, count, key, False)
        except Refused as refused:
            reason = "it calls %s, and %s" % (function.__name__, refused.reason)
            raise Refused(reason, at) from None

    def add(self, function, count, key, iterated):
        number = len(self.routines)
        self.known[key] = number
        self.routines.append(None)
        self.routines[number] = _routine(self, function, count, iterated)
        return number

    def json(self):
        exact_sum = sys.version_info >= (3, 12)
        return json.dumps({"routines": self.routines, "exact_sum": exact_sum})


def _routine(program, function, count, iterated):
    """A function with a source."""
    for flag, reason in _KINDS:
        if function.__code__.co_flags & flag:
            raise Refused(reason)
    file = file_of(function)
    node = node_of(function, file)
    scope = Scope(function, node, file)
    arguments = node.args.posonlyargs + node.args.args
    scope.parameters = {each.arg for each in arguments}
    defaults = function.__defaults__ or ()
    if not len(arguments) - len(defaults) <= count <= len(arguments):
        raise Refused("it takes %d arguments and is given %d" % (len(arguments), count), node)
    statements = Statements(scope, program, iterated)
    body = []
    for each in arguments[count:]:
        place = [a.arg for a in arguments].index(each.arg) - len(arguments) + len(defaults)
        value = scope.constant(Captured(each.arg, defaults[place]), node, False)
        body.append(["set", scope.find(each.arg), value])
    if isinstance(node, ast.Lambda):
        body.append(["return", statements.result(node.body)])
    else:
        body.extend(statements.block(node.body))
    return {"arity": count, "slots": scope.slots, "body": body}


class _NoSource:
    """The scope of a callable without a source: its arguments are its only variables."""

    def __init__(self, count):
        self.slots = count

    def slot(self):
        self.slots += 1
        return self.slots - 1

    constant = Scope.constant


def _applied(program, called, count, iterated):
    """A builtin, a method, a partial function: something that is applied as it is."""
    scope = _NoSource(count)
    lowering = Expressions(scope, program)
    # The routine that is called comes first, whatever it calls.
    program.routines.append(None)
    arguments = [["local", slot] for slot in range(count)]
    lowered = _calls.apply(lowering, called, arguments, None)
    if lowered is None:
        name = getattr(called, "__qualname__", None)
        raise Refused("it is %s" % (name or article(type(called))))
    body = [["return", lowered]]
    program.routines[0] = {"arity": count, "slots": scope.slots, "body": body}


def _name_of(function):
    """A function as its source calls it, on one line."""
    name = getattr(function, "__name__", None) or type(function).__name__
    if name != "<lambda>":
        return name
    try:
        file = file_of(function)
        text = ast.get_source_segment(file.text, node_of(function, file))
    except (Refused, ValueError):
        return "lambda"
    text = " ".join((text or "lambda").split())
    return text if len(text) <= 72 else text[:69] + "..."


def lower(function, count, iterated=False):
    """The lowered form of ``function``, which is called with ``count`` arguments.

    ``iterated`` says that what it returns is iterated over at once, as ``flatMap`` does.
    Never raises: what cannot be lowered has a reason instead.
    """
    line = 0
    if isinstance(function, types.FunctionType):
        line = function.__code__.co_firstlineno
    try:
        program = Program()
        if isinstance(function, types.FunctionType) and not _calls.is_plain(function):
            program.add(function, count, None, iterated)
        else:
            _applied(program, function, count, iterated)
        return Lowered(program.json(), "", _name_of(function), line)
    except Refused as refused:
        reason = refused.reason
        if refused.line and refused.line != line:
            reason = "%s (line %d)" % (reason, refused.line)
        return Lowered(None, reason, _name_of(function), line)
    except RecursionError:
        return Lowered(None, "it is nested too deeply", _name_of(function), line)
