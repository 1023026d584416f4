"""Resolved expressions, and how one type becomes another."""

from dataclasses import dataclass

from .. import types as T
from .._errors import mismatch


@dataclass
class Typed:
    """An expression as DuckDB is asked for it, with its type in Spark."""

    sql: str
    type: T.DataType
    nullable: bool = True
    #: True if an aggregate is in the expression.
    aggregate: bool = False
    #: Names of the columns outside of aggregates.
    bare: tuple = ()

    def with_sql(self, sql, type=None, nullable=None):
        """The same columns in another expression."""
        return Typed(
            sql,
            self.type if type is None else type,
            self.nullable if nullable is None else nullable,
            self.aggregate,
            self.bare,
        )


def together(sql, type, parts, nullable=None):
    """An expression made of several."""
    if nullable is None:
        nullable = any(part.nullable for part in parts)
    return Typed(
        sql,
        type,
        nullable,
        any(part.aggregate for part in parts),
        tuple(name for part in parts for name in part.bare),
    )


#: Numbers from narrow to wide.
ORDER = [T.ByteType, T.ShortType, T.IntegerType, T.LongType, T.DecimalType, T.FloatType, T.DoubleType]
_DIGITS = {T.ByteType: 3, T.ShortType: 5, T.IntegerType: 10, T.LongType: 20}


def is_number(kind):
    """True for a type of numbers."""
    return isinstance(kind, T.NumericType)


def as_decimal(kind):
    """The decimal type that holds a type of numbers."""
    return kind if isinstance(kind, T.DecimalType) else T.DecimalType(_DIGITS[type(kind)], 0)


def wider(a, b):
    """The type that holds both, or None."""
    if a == b or isinstance(b, T.NullType):
        return a
    if isinstance(a, T.NullType):
        return b
    if is_number(a) and is_number(b):
        if isinstance(a, T.DecimalType) or isinstance(b, T.DecimalType):
            if isinstance(a, (T.FloatType, T.DoubleType)) or isinstance(b, (T.FloatType, T.DoubleType)):
                return T.DoubleType()
            a, b = as_decimal(a), as_decimal(b)
            scale = max(a.scale, b.scale)
            return bounded(max(a.precision - a.scale, b.precision - b.scale) + scale, scale)
        return a if ORDER.index(type(a)) >= ORDER.index(type(b)) else b
    if {type(a), type(b)} == {T.DateType, T.TimestampType}:
        return T.TimestampType()
    if isinstance(a, T.ArrayType) and isinstance(b, T.ArrayType):
        inner = wider(a.elementType, b.elementType)
        return inner and T.ArrayType(inner, a.containsNull or b.containsNull)
    return None


def common(a, b):
    """As `wider`; a text is wider than any atomic type (CASE, COALESCE, UNION)."""
    made = wider(a, b)
    if made is None and {True} == {isinstance(kind, T.AtomicType) for kind in (a, b)}:
        if isinstance(a, T.StringType) or isinstance(b, T.StringType):
            return T.StringType()
    return made


def bounded(precision, scale):
    """A decimal type of at most 38 digits; digits behind the point go first."""
    if precision <= 38:
        return T.DecimalType(precision, scale)
    whole = precision - scale
    return T.DecimalType(38, max(38 - whole, min(scale, 6)))


def compared(a, b, shown):
    """Both sides of a comparison, of one type."""
    if isinstance(a.type, T.StringType) != isinstance(b.type, T.StringType):
        other = b.type if isinstance(a.type, T.StringType) else a.type
        if isinstance(other, T.AtomicType):
            return cast(a, other), cast(b, other)
    kind = wider(a.type, b.type)
    if kind is None:
        raise mismatch(shown, a.type, b.type)
    return cast(a, kind), cast(b, kind)


def cast(value, to):
    """The expression as another type, null where that cannot be."""
    if value.type == to:
        return value
    nullable = value.nullable or isinstance(value.type, T.StringType)
    return value.with_sql(_cast_sql(value, to), to, nullable)


def _cast_sql(value, to):
    sql, kind = value.sql, value.type
    if isinstance(kind, T.NullType):
        return "CAST(NULL AS %s)" % to.duck
    if isinstance(to, T.StringType):
        return text_sql(sql, kind)
    if isinstance(to, T.IntegralType):
        if isinstance(kind, T.StringType):
            return "TRY_CAST(trunc(TRY_CAST(trim(%s) AS DECIMAL(38,9))) AS %s)" % (sql, to.duck)
        if isinstance(kind, (T.FloatType, T.DoubleType)):
            return _float_to_whole(sql, to)
        if isinstance(kind, T.DecimalType):
            return "TRY_CAST(trunc(%s) AS %s)" % (sql, to.duck)
        if isinstance(kind, T.TimestampType):
            return "CAST(epoch(%s) AS %s)" % (sql, to.duck)
    if isinstance(kind, T.StringType):
        sql = "trim(%s)" % sql
    if isinstance(kind, T.DoubleType) and isinstance(to, T.FloatType):
        return (
            "(CASE WHEN abs({0}) > 3.4028235677973366e38 AND NOT isnan({0}) "
            "THEN CASE WHEN {0} > 0 THEN 'inf'::FLOAT ELSE '-inf'::FLOAT END "
            "ELSE CAST({0} AS FLOAT) END)"
        ).format(sql)
    return "TRY_CAST(%s AS %s)" % (sql, to.duck)


def _float_to_whole(sql, to):
    bits = {T.ByteType: 31, T.ShortType: 31, T.IntegerType: 31, T.LongType: 63}[type(to)]
    high = 2**bits - 1
    return (
        "(CASE WHEN isnan({0}) THEN 0 WHEN {0} >= {1} THEN {1} WHEN {0} <= -{1} THEN -{1} - 1 "
        "ELSE CAST(trunc({0}) AS {2}) END)"
    ).format(sql, high, to.duck)


def text_sql(sql, kind):
    """The text of a value, as Java writes it."""
    if isinstance(kind, T.StringType):
        return sql
    if isinstance(kind, (T.FloatType, T.DoubleType)):
        return "spark_float_text(CAST(%s AS VARCHAR), %s)" % (sql, sql)
    if isinstance(kind, T.BinaryType):
        return "decode(%s)" % sql
    return "CAST(%s AS VARCHAR)" % sql
