"""Statements: the body of a routine."""

import ast

from ._expressions import OPERATORS, Expressions
from ._result import Refused

_NAMES = {
    ast.Global: "it assigns a global variable",
    ast.Nonlocal: "it assigns a variable of another function",
    ast.Try: "it catches exceptions",
    ast.With: "it enters a context (with)",
    ast.Import: "it imports",
    ast.ImportFrom: "it imports",
    ast.Delete: "it deletes",
    ast.FunctionDef: "it defines a function",
    ast.ClassDef: "it defines a class",
}

#: Methods that change a list or dict, with the fewest and the most arguments.
_CHANGES = {
    "append": (1, 1),
    "extend": (1, 1),
    "insert": (2, 2),
    "sort": (0, 0),
    "reverse": (0, 0),
    "clear": (0, 0),
    "pop": (0, 2),
    "update": (1, 1),
    "setdefault": (1, 2),
}


class Statements:
    """Lowers the body of one routine.

    ``iterated``: what it returns is iterated over at once, as ``flatMap`` does.
    """

    def __init__(self, scope, program, iterated):
        self.scope = scope
        self.expressions = Expressions(scope, program)
        self.iterated = iterated

    def result(self, node):
        return self.expressions.items(node) if self.iterated else self.expressions.value(node)

    def block(self, nodes):
        lowered = []
        for node in nodes:
            method = getattr(self, "_" + type(node).__name__, None)
            if method is None:
                default = "it uses the statement %s" % type(node).__name__.lower()
                raise Refused(_NAMES.get(type(node), default), node)
            lowered.extend(method(node))
        return lowered

    def _Pass(self, node):
        return []

    def _Break(self, node):
        return [["break"]]

    def _Continue(self, node):
        return [["continue"]]

    def _Raise(self, node):
        return [["raise"]]

    def _Assert(self, node):
        return [["if", self.expressions.looked_at(node.test), [], [["raise"]]]]

    def _Return(self, node):
        if node.value is None:
            return [["return", ["const", None]]]
        return [["return", self.result(node.value)]]

    def _If(self, node):
        test = self.expressions.looked_at(node.test)
        return [["if", test, self.block(node.body), self.block(node.orelse)]]

    def _For(self, node):
        items = self.expressions.items(node.iter)
        target = self.expressions.target(node.target)
        return [["for", target, items, self.block(node.body), self.block(node.orelse)]]

    def _While(self, node):
        test = self.expressions.looked_at(node.test)
        return [["while", test, self.block(node.body), self.block(node.orelse)]]

    def _Assign(self, node):
        value = self.expressions.value(node.value)
        if len(node.targets) > 1:
            kept = self.scope.slot()
            lowered = [["set", kept, value]]
            value = ["local", kept]
        else:
            lowered = []
        for target in node.targets:
            if isinstance(target, ast.Subscript):
                slot, key = self._place(target)
                lowered.append(["setitem", slot, key, value])
            else:
                lowered.append(["set", self.expressions.target(target), value])
        return lowered

    def _AnnAssign(self, node):
        if not isinstance(node.target, ast.Name):
            raise Refused("it assigns to more than names", node)
        if node.value is None:
            return []
        return [["set", self.expressions.target(node.target), self.expressions.value(node.value)]]

    def _AugAssign(self, node):
        operator = OPERATORS.get(type(node.op))
        if operator is None:
            raise Refused("it multiplies matrices", node)
        value = self.expressions.value(node.value)
        if isinstance(node.target, ast.Name):
            return [["augment", self.scope.find(node.target.id), operator, value]]
        if isinstance(node.target, ast.Subscript):
            slot, key = self._place(node.target)
            return [["augmentitem", slot, key, operator, value]]
        raise Refused("it assigns to an attribute", node)

    def _Expr(self, node):
        value = node.value
        if isinstance(value, ast.Constant):
            return []
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            if value.func.attr in _CHANGES:
                return self._change(value)
        return [["expr", self.expressions.looked_at(value)]]

    def _held(self, node):
        """The slot of a local variable whose list or dict is changed."""
        if not isinstance(node, ast.Name):
            raise Refused("it changes an object inside of another", node)
        slot = self.scope.find(node.id)
        if slot is None:
            raise Refused("it changes %s, which it captures" % node.id, node)
        if node.id in self.scope.parameters:
            raise Refused("it changes its argument %s" % node.id, node)
        return slot

    def _place(self, node):
        if isinstance(node.slice, ast.Slice):
            raise Refused("it assigns to a slice", node)
        return self._held(node.value), self.expressions.value(node.slice)

    def _change(self, node):
        name = node.func.attr
        slot = self._held(node.func.value)
        fewest, most = _CHANGES[name]
        words = {each.arg: each.value for each in node.keywords}
        if name == "sort" and set(words) == {"reverse"} and not node.args:
            reverse = words.pop("reverse")
            if not (isinstance(reverse, ast.Constant) and isinstance(reverse.value, (bool, int))):
                raise Refused("it sorts with a reverse that is no constant", node)
            name = "sort_down" if reverse.value else "sort"
        if words or not fewest <= len(node.args) <= most:
            raise Refused("it calls the method %s with other arguments" % name, node)
        if any(isinstance(each, ast.Starred) for each in node.args):
            raise Refused("it unpacks with a star", node)
        lower = self.expressions.items if name == "extend" else self.expressions.value
        return [["change", slot, name, [lower(each) for each in node.args]]]
