"""Comparisons, logic, and what depends on it."""

from .. import types as T
from .._errors import mismatch
from .node import Node
from .typed import cast, common, compared, together


class Comparison(Node):
    """``= < <= > >= <=>``."""

    def __init__(self, operator, left, right):
        self.operator, self.left, self.right = operator, left, right

    def children(self):
        return (self.left, self.right)

    def name(self):
        return "(%s %s %s)" % (self.left.name(), self.operator, self.right.name())

    def resolve(self, scope):
        left, right = self.left.resolve(scope), self.right.resolve(scope)
        left, right = compared(left, right, self.name())
        if self.operator == "<=>":
            sql = "(%s IS NOT DISTINCT FROM %s)" % (left.sql, right.sql)
            return together(sql, T.BooleanType(), (left, right), False)
        sql = "(%s %s %s)" % (left.sql, self.operator, right.sql)
        return together(sql, T.BooleanType(), (left, right))


class Logic(Node):
    """``AND``, ``OR``."""

    def __init__(self, operator, left, right):
        self.operator, self.left, self.right = operator, left, right

    def children(self):
        return (self.left, self.right)

    def name(self):
        return "(%s %s %s)" % (self.left.name(), self.operator, self.right.name())

    def resolve(self, scope):
        left, right = self.left.resolve(scope), self.right.resolve(scope)
        for side in (left, right):
            if not isinstance(side.type, (T.BooleanType, T.NullType)):
                raise mismatch(self.name(), left.type, right.type)
        sql = "(%s %s %s)" % (left.sql, self.operator, right.sql)
        return together(sql, T.BooleanType(), (left, right))


class Not(Node):
    """``NOT``."""

    def __init__(self, child):
        self.child = child

    def children(self):
        return (self.child,)

    def name(self):
        return "(NOT %s)" % self.child.name()

    def resolve(self, scope):
        child = self.child.resolve(scope)
        return child.with_sql("(NOT %s)" % child.sql, T.BooleanType())


class IsNull(Node):
    """``IS NULL``, ``IS NOT NULL``."""

    def __init__(self, child, negated=False):
        self.child, self.negated = child, negated

    def children(self):
        return (self.child,)

    def name(self):
        return "(%s IS %sNULL)" % (self.child.name(), "NOT " if self.negated else "")

    def resolve(self, scope):
        child = self.child.resolve(scope)
        sql = "(%s IS %sNULL)" % (child.sql, "NOT " if self.negated else "")
        return child.with_sql(sql, T.BooleanType(), False)


class In(Node):
    """``IN`` a list."""

    def __init__(self, child, values):
        self.child, self.values = child, list(values)

    def children(self):
        return (self.child, *self.values)

    def name(self):
        return "(%s IN (%s))" % (
            self.child.name(),
            ", ".join(value.name() for value in self.values),
        )

    def resolve(self, scope):
        child = self.child.resolve(scope)
        values = [value.resolve(scope) for value in self.values]
        kind = child.type
        for value in values:
            kind = common(kind, value.type)
            if kind is None:
                raise mismatch(self.name(), child.type, value.type)
        parts = [cast(value, kind) for value in [child, *values]]
        sql = "(%s IN (%s))" % (parts[0].sql, ", ".join(part.sql for part in parts[1:]) or "NULL")
        return together(sql, T.BooleanType(), parts)


class Case(Node):
    """``CASE WHEN``."""

    def __init__(self, branches, otherwise=None):
        self.branches, self.otherwise = list(branches), otherwise

    def children(self):
        parts = [part for branch in self.branches for part in branch]
        return (*parts, self.otherwise) if self.otherwise is not None else tuple(parts)

    def name(self):
        made = "CASE" + "".join(
            " WHEN %s THEN %s" % (when.name(), then.name()) for when, then in self.branches
        )
        if self.otherwise is not None:
            made += " ELSE %s" % self.otherwise.name()
        return made + " END"

    def resolve(self, scope):
        whens = [when.resolve(scope) for when, _ in self.branches]
        values = [then.resolve(scope) for _, then in self.branches]
        if self.otherwise is not None:
            values.append(self.otherwise.resolve(scope))
        kind = values[0].type
        for value in values[1:]:
            made = common(kind, value.type)
            if made is None:
                raise mismatch(self.name(), kind, value.type)
            kind = made
        values = [cast(value, kind) for value in values]
        sql = "CASE" + "".join(
            " WHEN %s THEN %s" % (when.sql, value.sql) for when, value in zip(whens, values)
        )
        nullable = self.otherwise is None or any(value.nullable for value in values)
        if self.otherwise is not None:
            sql += " ELSE " + values[-1].sql
        return together("(%s END)" % sql, kind, whens + values, nullable)
