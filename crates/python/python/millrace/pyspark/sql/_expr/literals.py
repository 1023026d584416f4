"""Values in a query."""

import datetime
import decimal

from .. import types as T
from .._errors import analysis
from .node import Node
from .typed import Typed


class Lit(Node):
    """A value."""

    def __init__(self, value, kind=None, shown=None):
        self.value = value
        self.kind = kind or literal_type(value)
        self.shown = shown

    def name(self):
        if self.shown is not None:
            return self.shown
        from .._javatext import cast_text

        if isinstance(self.kind, (T.DateType, T.TimestampType)):
            return "%s '%s'" % (
                self.kind.typeName().upper(),
                cast_text(self.value, self.kind),
            )
        return cast_text(self.value, self.kind)

    def resolve(self, scope):
        return Typed(literal_sql(self.value, self.kind), self.kind, self.value is None)


def literal_type(value):
    """The type of a Python value in a query."""
    if isinstance(value, bool):
        return T.BooleanType()
    if isinstance(value, int):
        return T.IntegerType() if -(2**31) <= value < 2**31 else T.LongType()
    if isinstance(value, decimal.Decimal):
        _, digits, exponent = value.as_tuple()
        scale = max(-exponent, 0)
        return T.DecimalType(max(len(digits) + max(exponent, 0), scale), scale)
    from .._infer import inferred_type

    return inferred_type(value)


def literal_sql(value, kind):
    """A value as it stands in a query for DuckDB."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return "'%s'" % value.replace("'", "''")
    if isinstance(value, (int, decimal.Decimal)):
        shown = str(value) if isinstance(value, int) else format(value, "f")
        return "CAST(%s AS %s)" % (shown, kind.duck)
    if isinstance(value, float):
        return "CAST('%r' AS %s)" % (value, kind.duck)
    if isinstance(value, (bytes, bytearray)):
        return "from_hex('%s')" % bytes(value).hex()
    if isinstance(value, (list, tuple)):
        inner = ", ".join(literal_sql(item, kind.elementType) for item in value)
        return "CAST([%s] AS %s)" % (inner, kind.duck)
    if isinstance(value, (datetime.date, datetime.datetime)):
        return "CAST('%s' AS %s)" % (value.isoformat(" ") if isinstance(value, datetime.datetime) else value.isoformat(), kind.duck)
    raise analysis(
        "UNSUPPORTED_FEATURE.LITERAL_TYPE",
        "Literal for '%s' of %s." % (value, type(value).__name__),
    )
