"""Arithmetic, with the types that Spark gives to its results."""

from .. import types as T
from .._errors import mismatch
from .literals import Lit
from .node import Node
from .typed import as_decimal, bounded, cast, is_number, together, wider


class Arithmetic(Node):
    """``+ - * / % div``."""

    def __init__(self, operator, left, right):
        self.operator, self.left, self.right = operator, left, right

    def children(self):
        return (self.left, self.right)

    def name(self):
        return "(%s %s %s)" % (self.left.name(), self.operator, self.right.name())

    def resolve(self, scope):
        left, right = self.left.resolve(scope), self.right.resolve(scope)
        made = _with_dates(self.operator, left, right)
        if made is not None:
            return made
        left, right = _as_number(left), _as_number(right)
        kind = wider(left.type, right.type)
        if kind is None or not is_number(kind) and not isinstance(kind, T.NullType):
            raise mismatch(self.name(), left.type, right.type)
        if self.operator == "div":
            return _checked("//", cast(left, T.LongType()), cast(right, T.LongType()), T.LongType())
        decimals = isinstance(kind, T.DecimalType)
        if decimals:
            return _decimal(self.operator, self.left, left, self.right, right)
        if self.operator == "/":
            return _checked("/", cast(left, T.DoubleType()), cast(right, T.DoubleType()), T.DoubleType())
        left, right = cast(left, kind), cast(right, kind)
        if self.operator == "%":
            return _checked("%", left, right, kind)
        sql = "(%s %s %s)" % (left.sql, self.operator, right.sql)
        if isinstance(kind, T.IntegralType):
            sql = _wrapped(left.sql, self.operator, right.sql, kind)
        return together(sql, kind, (left, right))


def _wrapped(left, operator, right, kind):
    """A result that has to fit the type; DuckDB refuses what Java would let run over."""
    if isinstance(kind, T.LongType):
        return "(%s %s %s)" % (left, operator, right)
    return "CAST((CAST(%s AS BIGINT) %s %s) AS %s)" % (left, operator, right, kind.duck)


def _as_number(value):
    return cast(value, T.DoubleType()) if isinstance(value.type, T.StringType) else value


def _with_dates(operator, left, right):
    """A date and a number of days, or two dates."""
    if isinstance(left.type, T.DateType) and operator in "+-":
        if isinstance(right.type, T.IntegralType):
            sql = "(%s %s CAST(%s AS INTEGER))" % (left.sql, operator, right.sql)
            return together(sql, T.DateType(), (left, right))
    return None


def _checked(operator, left, right, kind):
    sql = "(%s %s NULLIF(%s, 0))" % (left.sql, operator, right.sql)
    return together(sql, kind, (left, right), True)


def _exact(node, value):
    """A literal number has no more digits than it shows."""
    if isinstance(node, Lit) and isinstance(node.value, int):
        return T.DecimalType(len(str(abs(node.value))), 0)
    return as_decimal(value.type)


def _decimal(operator, left_node, left, right_node, right):
    a, b = _exact(left_node, left), _exact(right_node, right)
    whole = max(a.precision - a.scale, b.precision - b.scale)
    if operator in "+-":
        scale = max(a.scale, b.scale)
        kind = bounded(whole + scale + 1, scale)
    elif operator == "*":
        kind = bounded(a.precision + b.precision + 1, a.scale + b.scale)
    elif operator == "/":
        scale = max(6, a.scale + b.precision + 1)
        kind = bounded(a.precision - a.scale + b.scale + scale, scale)
    else:
        scale = max(a.scale, b.scale)
        kind = bounded(min(a.precision - a.scale, b.precision - b.scale) + scale, scale)
    left, right = cast(left, a), cast(right, b)
    if operator in "/%":
        # DuckDB divides decimals as floating point numbers.
        sql = "TRY_CAST(%s %s NULLIF(%s, 0) AS %s)" % (left.sql, operator, right.sql, kind.duck)
        return together(sql, kind, (left, right), True)
    sql = "TRY_CAST(%s %s %s AS %s)" % (left.sql, operator, right.sql, kind.duck)
    return together(sql, kind, (left, right))


class Negative(Node):
    """``-x``."""

    def __init__(self, child):
        self.child = child

    def children(self):
        return (self.child,)

    def name(self):
        return "(- %s)" % self.child.name()

    def resolve(self, scope):
        child = _as_number(self.child.resolve(scope))
        return child.with_sql("(- %s)" % child.sql)
