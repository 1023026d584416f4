"""``Column``: an expression of columns, as the methods of a DataFrame take it."""

from ..errors.exceptions import PySparkTypeError, PySparkValueError
from ._ddl import parsed_type
from ._expr import nodes as N
from ._expr.call import Call, Over
from .types import DataType

__all__ = ["Column"]


def node_of(value):
    """The expression of a column, of a column's name, or of a value."""
    return value._node if isinstance(value, Column) else N.Lit(value)


def named_node(value):
    """The expression of a column or of a column's name."""
    if isinstance(value, Column):
        return value._node
    if isinstance(value, str):
        return name_node(value)
    raise PySparkTypeError(
        "Argument `col` should be a Column or str, got %s." % type(value).__name__,
        error_class="NOT_COLUMN_OR_STR",
    )


def name_node(name):
    """The expression that a name with points, stars and backticks means."""
    if name == "*":
        return N.Star()
    if name.endswith(".*"):
        return N.Star(name[:-2])
    parts, at = [], 0
    while at <= len(name):
        if name[at : at + 1] == "`":
            end = name.index("`", at + 1)
            parts.append(name[at + 1 : end])
            at = end + 2
            continue
        end = name.find(".", at)
        end = len(name) if end < 0 else end
        parts.append(name[at:end])
        at = end + 1
    return N.Ref(parts)


def _binary(make, doc):
    def method(self, other):
        return Column(make(self._node, node_of(other)))

    method.__doc__ = doc
    return method


def _reflected(make, doc):
    def method(self, other):
        return Column(make(node_of(other), self._node))

    method.__doc__ = doc
    return method


def _arithmetic(operator):
    return lambda a, b: N.Arithmetic(operator, a, b)


def _comparison(operator):
    return lambda a, b: N.Comparison(operator, a, b)


def _logic(operator):
    return lambda a, b: N.Logic(operator, a, b)


def _sorted(ascending, nulls_first, doc):
    def method(self):
        return Column(N.SortKey(self._node, ascending, nulls_first))

    method.__doc__ = doc
    return method


class Column:
    """An expression of columns."""

    __array_priority__ = 100

    def __init__(self, node):
        self._node = node

    __add__ = _binary(_arithmetic("+"), "The sum.")
    __sub__ = _binary(_arithmetic("-"), "The difference.")
    __mul__ = _binary(_arithmetic("*"), "The product.")
    __truediv__ = _binary(_arithmetic("/"), "The quotient; null by zero.")
    __div__ = __truediv__
    __mod__ = _binary(_arithmetic("%"), "The rest.")
    __radd__ = _reflected(_arithmetic("+"), "The sum.")
    __rsub__ = _reflected(_arithmetic("-"), "The difference.")
    __rmul__ = _reflected(_arithmetic("*"), "The product.")
    __rtruediv__ = _reflected(_arithmetic("/"), "The quotient.")
    __rmod__ = _reflected(_arithmetic("%"), "The rest.")
    __eq__ = _binary(_comparison("="), "True where both are equal.")
    __lt__ = _binary(_comparison("<"), "True where the value is less.")
    __le__ = _binary(_comparison("<="), "True where the value is not more.")
    __gt__ = _binary(_comparison(">"), "True where the value is more.")
    __ge__ = _binary(_comparison(">="), "True where the value is not less.")
    eqNullSafe = _binary(_comparison("<=>"), "True where both are equal; two nulls are.")
    __and__ = _binary(_logic("AND"), "True where both hold.")
    __rand__ = _reflected(_logic("AND"), "True where both hold.")
    __or__ = _binary(_logic("OR"), "True where one of them holds.")
    __ror__ = _reflected(_logic("OR"), "True where one of them holds.")
    __hash__ = None

    def __ne__(self, other):
        return Column(N.Not(N.Comparison("=", self._node, node_of(other))))

    def __pow__(self, other):
        return Column(Call("power", [self._node, node_of(other)], shown="POWER(%s, %s)" % (self._node.name(), node_of(other).name())))

    def __neg__(self):
        return Column(N.Negative(self._node))

    def __invert__(self):
        return Column(N.Not(self._node))

    def __getitem__(self, key):
        if isinstance(key, slice):
            return self.substr(key.start, key.stop)
        return Column(N.Index(self._node, node_of(key)))

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Column(N.Field(self._node, name))

    def __iter__(self):
        raise PySparkTypeError("Column is not iterable.", error_class="NOT_ITERABLE")

    def __contains__(self, item):
        raise PySparkValueError(
            "Cannot apply 'in' operator against a column: please use 'contains' in a string column "
            "or 'array_contains' function for an array column.",
            error_class="CANNOT_APPLY_IN_FOR_COLUMN",
        )

    def __bool__(self):
        raise PySparkValueError(
            "Cannot convert column into bool: please use '&' for 'and', '|' for 'or', '~' for 'not' "
            "when building DataFrame boolean expressions.",
            error_class="CANNOT_CONVERT_COLUMN_INTO_BOOL",
        )

    __nonzero__ = __bool__

    def __repr__(self):
        return "Column<'%s'>" % self._node.name()

    def alias(self, *alias, **kwargs):
        """The column by another name; several for a generator."""
        if len(alias) == 1:
            return Column(N.Alias(self._node, alias[0]))
        from ._plan.select import MultiAlias

        return Column(MultiAlias(self._node, alias))

    name = alias

    def cast(self, dataType):
        """The column as another type; null where a value is none of it."""
        if isinstance(dataType, str):
            dataType = parsed_type(dataType)
        elif not isinstance(dataType, DataType):
            raise PySparkTypeError(
                "Argument `dataType` should be a DataType or str, got %s."
                % type(dataType).__name__,
                error_class="NOT_DATATYPE_OR_STR",
            )
        return Column(N.Cast(self._node, dataType))

    astype = cast

    asc = _sorted(True, None, "To be sorted by, the least first.")
    desc = _sorted(False, None, "To be sorted by, the greatest first.")
    asc_nulls_first = _sorted(True, True, "As `asc`, nulls first.")
    asc_nulls_last = _sorted(True, False, "As `asc`, nulls last.")
    desc_nulls_first = _sorted(False, True, "As `desc`, nulls first.")
    desc_nulls_last = _sorted(False, False, "As `desc`, nulls last.")

    def isNull(self):
        """True where the value is null."""
        return Column(N.IsNull(self._node))

    def isNotNull(self):
        """True where the value is not null."""
        return Column(N.IsNull(self._node, True))

    def isin(self, *cols):
        """True where the value is one of these."""
        if len(cols) == 1 and isinstance(cols[0], (list, set, tuple)):
            cols = cols[0]
        return Column(N.In(self._node, [node_of(value) for value in cols]))

    def between(self, lowerBound, upperBound):
        """True where the value is neither less than the one nor more than the other."""
        return (self >= lowerBound) & (self <= upperBound)

    def _call(self, function, *others, shown=None):
        return Column(Call(function, [self._node, *map(node_of, others)], shown=shown))

    def like(self, other):
        """True where the text fits a pattern of SQL."""
        return self._call("like", other, shown="%s LIKE %s" % (self._node.name(), other))

    def ilike(self, other):
        """As `like`, for capital and small letters alike."""
        return self._call("ilike", other)

    def rlike(self, other):
        """True where a regular expression is found in the text."""
        return self._call("rlike", other, shown="RLIKE(%s, %s)" % (self._node.name(), other))

    def startswith(self, other):
        """True where the value begins with a text."""
        return self._call("startswith", other)

    def endswith(self, other):
        """True where the value ends with a text."""
        return self._call("endswith", other)

    def contains(self, other):
        """True where a text is in the value."""
        return self._call("contains", other)

    def substr(self, startPos, length):
        """So many letters from a place on; places count from 1."""
        return self._call("substring", startPos, length)

    def getItem(self, key):
        """An element by its place, or the value of a key."""
        return self[key]

    def getField(self, name):
        """A field of a struct."""
        return Column(N.Field(self._node, name))

    def when(self, condition, value):
        """Another branch of `functions.when`."""
        node = self._node
        if not isinstance(node, N.Case) or node.otherwise is not None:
            raise ValueError("when() can only be applied on a Column previously generated by when()")
        return Column(N.Case([*node.branches, (condition._node, node_of(value))]))

    def otherwise(self, value):
        """Completes `functions.when` by the value where no condition holds."""
        node = self._node
        if not isinstance(node, N.Case) or node.otherwise is not None:
            raise ValueError(
                "otherwise() can only be applied on a Column previously generated by when()"
            )
        return Column(N.Case(node.branches, node_of(value)))

    def over(self, window):
        """The function over a window of rows."""
        return Column(Over(self._node, window._partitions, window._orders, window._frame))
