"""Calls of functions: of the tables beside this module, of the program's own, and of aggregates."""

from .. import types as T
from .._errors import analysis, no_function, wrong_number
from .nodes import Alias, Lit, Node, Star
from .table import AGGREGATES, FUNCTIONS
from .typed import Typed, together


#: Functions that Spark names in capital letters.
_CAPITAL = frozenset(
    "acos asin atan cbrt ceil cos exp floor log10 log1p log2 radians degrees signum sin sqrt tan".split()
)


class Call(Node):
    """A function and its arguments."""

    def __init__(self, function, arguments, distinct=False, shown=None, at=None, options=None):
        self.function = function
        self.arguments = list(arguments)
        self.distinct = distinct
        self.shown = shown
        self.at = at
        self.options = options or {}

        #: The number of Spark's partitions of the rows that an aggregate reads.
        self.partitions = 1

    def children(self):
        return tuple(self.arguments)

    @property
    def key(self):
        """The name, in small letters."""
        return self.function.lower()

    def is_aggregate(self):
        """True if the function makes one value of many rows."""
        return self.key in AGGREGATES

    def name(self):
        if self.shown is not None:
            return self.shown
        if self.key == "count" and self._of_all():
            return "count(1)"
        if self.key in _CAPITAL:
            return "%s(%s)" % (self.key.upper(), ", ".join(a.name() for a in self.arguments))
        if self.key == "if":
            return "(IF(%s))" % ", ".join(argument.name() for argument in self.arguments)
        shown = self.key if self.key in FUNCTIONS or self.key in AGGREGATES else self.function
        return "%s(%s%s)" % (
            shown,
            "DISTINCT " if self.distinct else "",
            ", ".join(_inside(argument) for argument in self.arguments),
        )

    def _of_all(self):
        return len(self.arguments) == 1 and isinstance(self.arguments[0], Star)

    def resolve(self, scope):
        if self.key in scope.functions:
            raise analysis(
                "UNSUPPORTED_FEATURE.PYTHON_UDF_HERE",
                "The program's own function `%s` can stand in select and withColumn only; "
                "put its value into a column first." % self.function,
            )
        if self.key in AGGREGATES:
            return self._aggregate(scope)
        spec = FUNCTIONS.get(self.key)
        if spec is None:
            raise no_function(self.function, self.at)
        arguments = [argument.resolve(scope) for argument in self.arguments]
        if not spec.takes(len(arguments)):
            raise wrong_number(self.key, spec.wanted(), len(arguments), self.at)
        made = spec.make(arguments, self)
        return Typed(
            made.sql,
            made.type,
            made.nullable,
            any(argument.aggregate for argument in arguments),
            tuple(name for argument in arguments for name in argument.bare),
        )

    def _aggregate(self, scope):
        spec = AGGREGATES[self.key]
        if self.key == "count" and self._of_all():
            arguments = [Lit(1).resolve(scope)]
        else:
            arguments = [argument.resolve(scope) for argument in self.arguments]
        if any(argument.aggregate for argument in arguments):
            raise analysis(
                "NESTED_AGGREGATE_FUNCTION",
                "It is not allowed to use an aggregate function in the argument of another "
                "aggregate function. Please use the inner aggregate function in a sub-query.",
            )
        if not spec.takes(len(arguments)):
            raise wrong_number(self.key, spec.wanted(), len(arguments), self.at)
        self.partitions = scope.partitions
        made = spec.make(arguments, self)
        return Typed(made.sql, made.type, made.nullable, True, ())


def _inside(node):
    """The name of an expression inside of another."""
    if isinstance(node, Alias):
        return "%s AS %s" % (node.child.name(), node.alias)
    return node.name()


class Over(Node):
    """A function over a window of rows."""

    def __init__(self, call, partitions=(), orders=(), frame=None):
        self.call = call
        self.partitions, self.orders, self.frame = list(partitions), list(orders), frame

    def children(self):
        return (self.call, *self.partitions, *self.orders)

    def name(self):
        parts = []
        if self.partitions:
            parts.append("PARTITION BY " + ", ".join(part.name() for part in self.partitions))
        if self.orders:
            parts.append("ORDER BY " + ", ".join(key.name() for key in self.orders))
        parts.append(self._frame())
        called = self.call.name()
        if self.call.key in ("rank", "dense_rank", "percent_rank"):
            called = called.upper()
        return "%s OVER (%s)" % (called, " ".join(parts))

    def _frame(self):
        if self.frame:
            return self.frame
        if self.call.key in ("row_number", "rank", "dense_rank", "ntile", "percent_rank"):
            return "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
        if self.orders:
            return "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
        return "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"

    def resolve(self, scope):
        call = self._call(scope)
        partitions = [part.resolve(scope) for part in self.partitions]
        orders = [key.resolve(scope) for key in self.orders]
        inside = []
        if partitions:
            inside.append("PARTITION BY " + ", ".join(part.sql for part in partitions))
        sorted_by = [key.order(made.sql) for key, made in zip(self.orders, orders)]
        if sorted_by and self.call.key in ("row_number", "ntile", "lag", "lead"):
            sorted_by.append("_o")
        if sorted_by:
            inside.append("ORDER BY " + ", ".join(sorted_by))
        if self.frame or not self.orders and self.call.key in AGGREGATES:
            inside.append(self._frame())
        sql = "%s OVER (%s)" % (call.sql, " ".join(inside))
        if isinstance(call.type, T.LongType) and self.call.key == "sum":
            sql = "CAST(%s AS BIGINT)" % sql
        if isinstance(call.type, T.IntegerType):
            sql = "CAST(%s AS INTEGER)" % sql
        return together(sql, call.type, [*partitions, *orders, Typed("", call.type, call.nullable)])

    def _call(self, scope):
        kind = _RANKS.get(self.call.key)
        arguments = [argument.resolve(scope) for argument in self.call.arguments if not isinstance(argument, Star)]
        if kind is not None:
            sql = "%s(%s)" % (self.call.key, ", ".join(part.sql for part in arguments))
            return Typed(sql, kind, False)
        if self.call.key in ("lag", "lead"):
            sql = "%s(%s)" % (self.call.key, ", ".join(part.sql for part in arguments))
            return Typed(sql, arguments[0].type, True)
        if self.call.key not in AGGREGATES:
            raise no_function(self.call.function, self.call.at)
        made = self.call.resolve(scope)
        plain = AGGREGATES[self.call.key].plain
        if plain is None:
            return made
        return Typed(plain % ", ".join(part.sql for part in arguments or [Typed("1", T.IntegerType())]), made.type, made.nullable)


_RANKS = {
    "row_number": T.IntegerType(),
    "rank": T.IntegerType(),
    "dense_rank": T.IntegerType(),
    "ntile": T.IntegerType(),
    "percent_rank": T.DoubleType(),
    "cume_dist": T.DoubleType(),
}
