"""The variables of a function that is being lowered, and where its other names lead."""

import ast
import builtins

from . import _steady
from ._constants import captured, is_plain
from ._result import Refused


class Captured:
    """A name from outside of the function, and its value."""

    def __init__(self, name, value):
        self.name = name
        self.value = value


class Scope:
    """One routine: its slots, its visible names, the function that it comes from."""

    def __init__(self, function, node, file):
        self.function = function
        self.node = node
        self.file = file
        self.slots = 0
        self.names = [{}]
        self.parameters = set()
        self.locals = _locals_of(node)
        for name in self.locals:
            self.names[0][name] = self.slot()

    def slot(self):
        """A new slot."""
        self.slots += 1
        return self.slots - 1

    def find(self, name):
        """The slot of a local variable, or None."""
        for names in reversed(self.names):
            if name in names:
                return names[name]
        return None

    def outer(self, name, node):
        """The value of a name that is not a local variable, as ``Captured``."""
        code = self.function.__code__
        if name in code.co_freevars:
            cell = self.function.__closure__[code.co_freevars.index(name)]
            try:
                value = cell.cell_contents
            except ValueError:
                raise Refused("it uses %s before it is assigned" % name, node) from None
            self._check(name, value, False)
            return Captured(name, value)
        scope = self.function.__globals__
        if name in scope:
            self._check(name, scope[name], True)
            return Captured(name, scope[name])
        its_builtins = scope.get("__builtins__", builtins)
        its_builtins = getattr(its_builtins, "__dict__", its_builtins)
        if name in its_builtins:
            return Captured(name, its_builtins[name])
        raise Refused("%s is not defined" % name, node)

    def _check(self, name, value, is_global):
        if is_global:
            _steady.check_typed(name, value, self.file, self.function.__globals__)
        _steady.check_bound_once(name, self.file, self.node, is_global)
        if not is_plain(value) and isinstance(value, (list, dict, set, bytearray)):
            _steady.check_unchanged(name, self.file, self.node, is_global)

    def constant(self, found, node, borrowed):
        """A captured value as a constant; one that could be changed only where it is looked into."""
        try:
            value, lent = captured(found.name, found.value)
        except Refused as refused:
            raise Refused(refused.reason, node) from None
        if lent and not borrowed:
            raise Refused("it hands on %s, which it captures" % found.name, node)
        return ["const", value]


def _locals_of(node):
    """The parameters of a function in their order, then the names that it assigns."""
    arguments = node.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs:
        raise Refused("it takes any number of arguments, or keywords alone", node)
    found = [each.arg for each in arguments.posonlyargs + arguments.args]
    body = node.body if isinstance(node.body, list) else [node.body]
    pending = list(body)
    while pending:
        each = pending.pop(0)
        if isinstance(each, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            if any(isinstance(inner, ast.NamedExpr) for inner in ast.walk(each)):
                raise Refused("it assigns inside of an expression", each)
            continue
        if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
            if each.id not in found:
                found.append(each.id)
        if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            raise Refused("it defines %s" % each.name, each)
        pending.extend(ast.iter_child_nodes(each))
    return found
