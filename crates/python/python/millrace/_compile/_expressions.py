"""Expressions.

Three ways of lowering one: ``value`` for what may be kept or given back; ``looked_at`` where it
is only looked into, so that a captured list may stand there; ``items`` where it is iterated over
at once, so that generators, ``range``, ``zip`` and their kin may stand there as plain lists.
"""

import ast

from . import _calls
from ._constants import encode
from ._result import Refused

#: An expression that the engine gives up on: an index that no tuple has.
GIVE_UP = ["index", ["tuple", []], ["const", ["i", "0"]]]

OPERATORS = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}

_COMPARISONS = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}

_UNARY = {ast.Not: "not", ast.USub: "minus", ast.UAdd: "plus", ast.Invert: "invert"}

_NAMES = {
    ast.Await: "it awaits",
    ast.Yield: "it yields",
    ast.YieldFrom: "it yields",
    ast.NamedExpr: "it assigns inside of an expression",
    ast.Set: "it makes a set",
    ast.SetComp: "it makes a set",
    ast.GeneratorExp: "it makes a generator",
    ast.Lambda: "it makes a function",
    ast.Starred: "it unpacks with a star",
}


def number(value):
    return ["const", ["i", str(value)]]


class Expressions:
    """Lowers the expressions of one routine."""

    def __init__(self, scope, program):
        self.scope = scope
        self.program = program

    def value(self, node, borrowed=False):
        method = getattr(self, "_" + type(node).__name__, None)
        if method is None:
            default = "it uses %s" % type(node).__name__
            raise Refused(_NAMES.get(type(node), default), node)
        if borrowed and isinstance(node, ast.Name):
            return self._Name(node, borrowed=True)
        return method(node)

    def looked_at(self, node):
        return self.value(node, borrowed=True)

    def items(self, node):
        if isinstance(node, ast.GeneratorExp):
            return self._comprehension(node, node.elt, None)
        if isinstance(node, ast.Call):
            found = _calls.iterator(self, node)
            if found is not None:
                return found
        if isinstance(node, ast.Name) and self.scope.find(node.id) is None:
            found = self.scope.outer(node.id, node)
            if isinstance(found.value, (set, frozenset)):
                raise Refused("it goes through %s, a set, in order" % node.id, node)
        return self.looked_at(node)

    def distinct(self, node):
        """The different items of a set that is only counted, sorted or asked, or None."""
        if isinstance(node, ast.SetComp):
            return ["call", "distinct", [self._comprehension(node, node.elt, None)]]
        if isinstance(node, ast.Set):
            items = [self.value(each) for each in node.elts]
            return ["call", "distinct", [["list", items]]]
        if isinstance(node, ast.Call):
            callee = _calls.callee(self, node.func)
            if (callee is set or callee is frozenset) and len(node.args) == 1 and not node.keywords:
                return ["call", "distinct", [self.items(node.args[0])]]
        return None

    def _Constant(self, node):
        try:
            return ["const", encode(node.value)]
        except Refused as refused:
            raise Refused(refused.reason, node) from None

    def _Name(self, node, borrowed=False):
        slot = self.scope.find(node.id)
        if slot is not None:
            return ["local", slot]
        return self.scope.constant(self.scope.outer(node.id, node), node, borrowed)

    def _Attribute(self, node):
        found = _calls.captured_attribute(self, node)
        if found is None:
            raise Refused("it reads the attribute %s of a value" % node.attr, node)
        return self.scope.constant(found, node, False)

    def _Tuple(self, node):
        return ["tuple", [self.value(each) for each in node.elts]]

    def _List(self, node):
        return ["list", [self.value(each) for each in node.elts]]

    def _Dict(self, node):
        if any(key is None for key in node.keys):
            raise Refused("it unpacks with a star", node)
        return ["dict", [[self.value(k), self.value(v)] for k, v in zip(node.keys, node.values)]]

    def _BinOp(self, node):
        operator = OPERATORS.get(type(node.op))
        if operator is None:
            raise Refused("it multiplies matrices", node)
        return ["binary", operator, self.value(node.left), self.value(node.right)]

    def _UnaryOp(self, node):
        if isinstance(node.op, ast.Not):
            return ["not", self.looked_at(node.operand)]
        return [_UNARY[type(node.op)], self.value(node.operand)]

    def _BoolOp(self, node):
        name = "and" if isinstance(node.op, ast.And) else "or"
        return [name, [self.value(each) for each in node.values]]

    def _IfExp(self, node):
        return ["if", self.looked_at(node.test), self.value(node.body), self.value(node.orelse)]

    def _Compare(self, node):
        rest = []
        left = node.left
        for op, right in zip(node.ops, node.comparators):
            name = _COMPARISONS[type(op)]
            if name in ("is", "is not") and not (_is_single(left) or _is_single(right)):
                raise Refused("it compares identities", node)
            if name in ("in", "not in"):
                rest.append([name, self._container(right)])
            else:
                self._no_set(right)
                rest.append([name, self.looked_at(right)])
            left = right
        self._no_set(node.left)
        return ["compare", self.looked_at(node.left), rest]

    def _no_set(self, node):
        """A captured set is a dict here, which is equal to nothing that a set is equal to."""
        if isinstance(node, ast.Name) and self.scope.find(node.id) is None:
            if isinstance(self.scope.outer(node.id, node).value, (set, frozenset)):
                raise Refused("it compares sets", node)

    def _container(self, node):
        """The right side of ``in``; of a set or of keys, what can tell hashable from not."""
        if isinstance(node, ast.Set):
            return ["dict", [[self.value(each), ["const", None]] for each in node.elts]]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "keys" and not node.args and not node.keywords:
                raise Refused("it asks the keys of a dict; ask the dict itself", node)
        return self.looked_at(node)

    def _Subscript(self, node):
        value = self.looked_at(node.value)
        at = node.slice
        # Until Python 3.8 an index stood in a node of its own.
        at = getattr(at, "value", at) if type(at).__name__ == "Index" else at
        if isinstance(at, ast.Slice):
            self._no_set(node.value)
            ends = [None if end is None else self.value(end) for end in (at.lower, at.upper, at.step)]
            return ["slice", value] + ends
        return ["index", value, self.value(at)]

    def _Call(self, node):
        return _calls.call(self, node)

    def _ListComp(self, node):
        return self._comprehension(node, node.elt, None)

    def _DictComp(self, node):
        return self._comprehension(node, node.key, node.value)

    def _JoinedStr(self, node):
        parts = []
        for each in node.values:
            if isinstance(each, ast.Constant):
                parts.append(self._Constant(each))
                continue
            if each.format_spec is not None:
                raise Refused("it formats with a specification", node)
            if each.conversion not in (-1, 115, 114):
                raise Refused("it formats with ascii()", node)
            value = self.value(each.value)
            parts.append(["call", "repr", [value]] if each.conversion == 114 else value)
        return ["text", parts]

    def target(self, node):
        """The slot or slots that a loop or a comprehension assigns to."""
        if isinstance(node, ast.Name):
            return self.scope.find(node.id)
        if isinstance(node, (ast.Tuple, ast.List)):
            return [self.target(each) for each in node.elts]
        raise Refused("it assigns to more than names", node)

    def _comprehension(self, node, element, value):
        clauses = []
        first = self.items(node.generators[0].iter)
        names = {}
        for generator in node.generators:
            for each in ast.walk(generator.target):
                if isinstance(each, ast.Name):
                    names.setdefault(each.id, self.scope.slot())
        bound = set()
        self.scope.names.append(names)
        try:
            for number_, generator in enumerate(node.generators):
                if generator.is_async:
                    raise Refused("it awaits", node)
                if number_ > 0:
                    for each in ast.walk(generator.iter):
                        if isinstance(each, ast.Name) and each.id in names and each.id not in bound:
                            raise Refused("it uses %s before it is assigned" % each.id, node)
                items = first if number_ == 0 else self.items(generator.iter)
                clauses.append(["for", self.target(generator.target), items])
                for each in ast.walk(generator.target):
                    if isinstance(each, ast.Name):
                        bound.add(each.id)
                clauses.extend(["if", self.looked_at(test)] for test in generator.ifs)
                for test in generator.ifs:
                    for each in ast.walk(test):
                        if isinstance(each, ast.Name) and each.id in names and each.id not in bound:
                            raise Refused("it uses %s before it is assigned" % each.id, node)
            value = None if value is None else self.value(value)
            return ["comprehension", self.value(element), value, clauses]
        finally:
            self.scope.names.pop()

    def bind(self, names, make):
        """The result of ``make``, called with new slots; meanwhile the names stand for them."""
        slots = {name: self.scope.slot() for name in names}
        self.scope.names.append(slots)
        try:
            return make(*slots.values())
        finally:
            self.scope.names.pop()


def _is_single(node):
    return isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))
