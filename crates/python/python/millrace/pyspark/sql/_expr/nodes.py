"""The nodes of an expression."""

import datetime
import decimal

from .. import types as T
from .._errors import analysis, mismatch
from .scope import column
from .typed import Typed, as_decimal, bounded, cast, common, compared, is_number, together, wider


class Node:
    """An expression, not resolved yet."""

    #: Where it stands in the text of a query: line and position.
    at = None

    def children(self):
        """The expressions that it is made of."""
        return ()

    def name(self):
        """The name that Spark gives to a column of it."""
        raise NotImplementedError

    def resolve(self, scope):
        """The expression with its type, as a `Typed`."""
        raise NotImplementedError

    def walk(self):
        """It and all that is in it."""
        yield self
        for child in self.children():
            yield from child.walk()


class Ref(Node):
    """A column, and fields of it, by name."""

    def __init__(self, parts, at=None):
        self.parts = list(parts)
        self.at = at

    def name(self):
        return self.parts[-1]

    def resolve(self, scope):
        attribute, fields = scope.find(self.parts, self.at)
        made = column(attribute)
        for field in fields:
            made = field_of(made, field)
        return made


class Bound(Node):
    """A column of one certain relation: what ``df.name`` is."""

    def __init__(self, attribute):
        self.attribute = attribute

    def name(self):
        return self.attribute.name

    def resolve(self, scope):
        found = scope.by_id(self.attribute.id)
        if found is None:
            # The column went through a projection; Spark finds it by its name there.
            attribute, _ = scope.find([self.attribute.name])
            found = attribute
        return column(found)


class Star(Node):
    """All columns, or those of one relation or struct."""

    def __init__(self, qualifier=None):
        self.qualifier = qualifier

    def name(self):
        return "*"

    def expand(self, scope):
        """The columns."""
        if self.qualifier is None:
            return [Bound(attribute) for attribute in scope.attributes]
        found = [
            Bound(attribute)
            for attribute in scope.attributes
            if attribute.qualifier and attribute.qualifier.lower() == self.qualifier.lower()
        ]
        if found:
            return found
        owner = Ref(self.qualifier.split("."))
        kind = owner.resolve(scope).type
        if not isinstance(kind, T.StructType):
            raise scope.unresolved(self.qualifier.split("."))
        return [Alias(Field(owner, field), field) for field in kind.names]


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


class Alias(Node):
    """An expression by another name."""

    def __init__(self, child, alias):
        self.child = child
        self.alias = alias

    def children(self):
        return (self.child,)

    def name(self):
        return self.alias

    def resolve(self, scope):
        return self.child.resolve(scope)


class SortKey(Node):
    """An expression to sort by."""

    def __init__(self, child, ascending=True, nulls_first=None):
        self.child = child
        self.ascending = ascending
        self.nulls_first = ascending if nulls_first is None else nulls_first

    def children(self):
        return (self.child,)

    def name(self):
        return "%s %s NULLS %s" % (
            self.child.name(),
            "ASC" if self.ascending else "DESC",
            "FIRST" if self.nulls_first else "LAST",
        )

    def resolve(self, scope):
        return self.child.resolve(scope)

    def order(self, sql):
        """What stands behind ORDER BY for the sorted expression."""
        return "%s %s NULLS %s" % (
            sql,
            "ASC" if self.ascending else "DESC",
            "FIRST" if self.nulls_first else "LAST",
        )


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


class Cast(Node):
    """``CAST(x AS type)``."""

    def __init__(self, child, kind):
        self.child, self.kind = child, kind

    def children(self):
        return (self.child,)

    def name(self):
        return "CAST(%s AS %s)" % (self.child.name(), self.kind.simpleString().upper())

    def resolve(self, scope):
        return cast(self.child.resolve(scope), self.kind)


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


class Field(Node):
    """A field of a struct, by name."""

    def __init__(self, child, field):
        self.child, self.field = child, field

    def children(self):
        return (self.child,)

    def name(self):
        return "%s.%s" % (self.child.name(), self.field)

    def resolve(self, scope):
        return field_of(self.child.resolve(scope), self.field)


def field_of(owner, name):
    """A field of a struct, of every struct of an array, or the value of a map."""
    kind = owner.type
    if isinstance(kind, T.MapType):
        return owner.with_sql("%s[%s]" % (owner.sql, literal_sql(name, None)), kind.valueType, True)
    inner = kind.elementType if isinstance(kind, T.ArrayType) else kind
    if not isinstance(inner, T.StructType):
        raise analysis(
            "INVALID_EXTRACT_BASE_FIELD_TYPE",
            "Can't extract a value from \"%s\". Need a complex type [STRUCT, ARRAY, MAP] but got "
            '"%s".' % (owner.bare[-1] if owner.bare else owner.sql, kind.simpleString().upper()),
        )
    for field in inner.fields:
        if field.name.lower() == name.lower():
            break
    else:
        raise analysis(
            "FIELD_NOT_FOUND",
            "No such struct field `%s` in %s."
            % (name, ", ".join("`%s`" % other for other in inner.names)),
        )
    if inner is kind:
        sql = "struct_extract(%s, %s)" % (owner.sql, literal_sql(field.name, None))
        return owner.with_sql(sql, field.dataType, owner.nullable or field.nullable)
    sql = "list_transform(%s, lambda x: struct_extract(x, %s))" % (
        owner.sql,
        literal_sql(field.name, None),
    )
    return owner.with_sql(sql, T.ArrayType(field.dataType), owner.nullable)


class Index(Node):
    """``x[i]``: an element, the value of a key, a field."""

    def __init__(self, child, key):
        self.child, self.key = child, key

    def children(self):
        return (self.child, self.key)

    def name(self):
        return "%s[%s]" % (self.child.name(), self.key.name())

    def resolve(self, scope):
        owner, key = self.child.resolve(scope), self.key.resolve(scope)
        if isinstance(owner.type, T.ArrayType):
            sql = "(CASE WHEN {1} >= 0 THEN {0}[{1} + 1] END)".format(owner.sql, key.sql)
            return together(sql, owner.type.elementType, (owner, key), True)
        if isinstance(owner.type, T.MapType):
            key = cast(key, owner.type.keyType)
            sql = "%s[%s]" % (owner.sql, key.sql)
            return together(sql, owner.type.valueType, (owner, key), True)
        if isinstance(self.key, Lit):
            return field_of(owner, str(self.key.value))
        return field_of(owner, self.key.name())
