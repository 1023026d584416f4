"""Records on their way into columns: checked against a schema, or made to fit an inferred one."""

import datetime
import decimal

from ..errors.exceptions import PySparkTypeError, PySparkValueError
from . import types as T
from ._javatext import java_text

_RANGES = {T.ByteType: (127, -128), T.ShortType: (32767, -32768), T.IntegerType: (2147483647, -2147483648),
           T.LongType: (9223372036854775807, -9223372036854775808)}

_ACCEPTED = {
    T.BooleanType: (bool,),
    T.ByteType: (int,),
    T.ShortType: (int,),
    T.IntegerType: (int,),
    T.LongType: (int,),
    T.FloatType: (float,),
    T.DoubleType: (float,),
    T.DecimalType: (decimal.Decimal,),
    T.BinaryType: (bytearray, bytes),
    T.DateType: (datetime.date, datetime.datetime),
    T.TimestampType: (datetime.datetime,),
    T.ArrayType: (list, tuple),
    T.MapType: (dict,),
}


def verified(value, kind, nullable=True):
    """Raises unless Spark takes the value for the type."""
    if value is None:
        if nullable or isinstance(kind, T.NullType):
            return
        raise PySparkValueError(
            "Argument `obj` can not be None.", error_class="CANNOT_BE_NONE"
        )
    if isinstance(kind, T.StringType):
        return
    if isinstance(kind, T.StructType):
        _verified_struct(value, kind)
        return
    accepted = _ACCEPTED.get(type(kind), ())
    if type(value) not in accepted and not (
        isinstance(kind, (T.DecimalType, T.ArrayType, T.MapType)) and isinstance(value, accepted)
    ):
        raise PySparkTypeError(
            "`%r` can not accept object `%s` in type `%s`." % (kind, value, type(value).__name__),
            error_class="CANNOT_ACCEPT_OBJECT_IN_TYPE",
        )
    if type(kind) in _RANGES:
        high, low = _RANGES[type(kind)]
        if not low <= value <= high:
            raise PySparkValueError(
                "Value for `obj` must be greater than %d or less than %d, got %d"
                % (high, -high if isinstance(kind, T.ByteType) else low, value),
                error_class="VALUE_OUT_OF_BOUND",
            )
    elif isinstance(kind, T.ArrayType):
        for item in value:
            verified(item, kind.elementType, kind.containsNull)
    elif isinstance(kind, T.MapType):
        for key, item in value.items():
            verified(key, kind.keyType, False)
            verified(item, kind.valueType, kind.valueContainsNull)


def _verified_struct(value, kind):
    if isinstance(value, dict):
        items = [value.get(name) for name in kind.names]
    elif isinstance(value, (tuple, list)):
        if getattr(value, "__fields__", None):
            own = dict(zip(value.__fields__, value))
            items = [own.get(name) for name in kind.names] if set(own) == set(kind.names) else value
        else:
            items = value
        if len(items) != len(kind.fields):
            raise PySparkValueError(
                "obj and fields should be of the same length, got %d and %d."
                % (len(items), len(kind.fields)),
                error_class="LENGTH_SHOULD_BE_THE_SAME",
            )
    elif hasattr(value, "__dict__"):
        items = [value.__dict__.get(name) for name in kind.names]
    else:
        raise PySparkTypeError(
            "`StructType` can not accept object `%s` in type `%s`."
            % (value, type(value).__name__),
            error_class="CANNOT_ACCEPT_OBJECT_IN_TYPE",
        )
    for item, field in zip(items, kind.fields):
        verified(item, field.dataType, field.nullable)


def columns_of(records, schema):
    """The columns that records are, in the form that DuckDB is given them."""
    if not records:
        return [[] for _ in schema.fields]
    plain = all(issubclass(kind, tuple) for kind in set(map(type, records)))
    if plain and set(map(len, records)) == {len(schema.fields)}:
        columns = zip(*records)
    else:
        columns = zip(*[fields_of(record, schema) for record in records])
    return [
        _column(values, field.dataType) for values, field in zip(columns, schema.fields)
    ]


def fields_of(record, schema):
    """The fields of a record, in the order of the schema."""
    if isinstance(record, dict):
        return [record.get(name) for name in schema.names]
    if isinstance(record, (tuple, list)):
        missing = len(schema.fields) - len(record)
        return tuple(record)[: len(schema.fields)] + (None,) * missing
    return [getattr(record, name, None) for name in schema.names]


_EXACT = {
    T.LongType: int,
    T.StringType: str,
    T.DoubleType: float,
    T.BooleanType: bool,
}


def _column(values, kind):
    kinds = set(map(type, values))
    kinds.discard(type(None))
    exact = _EXACT.get(type(kind))
    if not kinds or (kinds == {exact} and exact is not int and exact is not str):
        return list(values)
    if kinds == {str} and exact is str and "".join(filter(None, values)).isascii():
        return list(values)
    return [fitted(value, kind) for value in values]


def fitted(value, kind):
    """A value as the type has it; null where Spark's engine cannot take it."""
    if value is None:
        return None
    return _FIT[type(kind)](value, kind)


def _whole(value, kind):
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    high, low = _RANGES[type(kind)]
    span = high - low + 1
    if low <= value <= high:
        return value
    return (value - low) % span + low  # Java cuts off the higher bits.


def _text(value, kind):
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    return java_text(value)


def _exactly(*accepted):
    def fit(value, kind):
        return value if isinstance(value, accepted) else None

    return fit


def _float(value, kind):
    return value if isinstance(value, float) else None


def _decimal(value, kind):
    if not isinstance(value, decimal.Decimal):
        return None
    made = round_half_up(value, kind.scale)
    return made if made is not None and len(str(abs(int(made)))) <= max(kind.precision - kind.scale, 1) else None


def round_half_up(value, scale):
    """A decimal with so many digits behind the point, or None if that cannot be."""
    with decimal.localcontext() as context:
        context.prec = 80
        if not value.is_finite():
            return None
        return value.quantize(decimal.Decimal(1).scaleb(-scale), decimal.ROUND_HALF_UP)


def _date(value, kind):
    if isinstance(value, datetime.datetime):
        return value.date()
    return value if isinstance(value, datetime.date) else None


def _timestamp(value, kind):
    if not isinstance(value, datetime.datetime):
        return None
    return value.astimezone().replace(tzinfo=None) if value.tzinfo else value


def _array(value, kind):
    if not hasattr(value, "__iter__") or isinstance(value, (str, dict, bytes)):
        return None
    return [fitted(item, kind.elementType) for item in value]


def _map(value, kind):
    if not isinstance(value, dict):
        return None
    return {
        "key": [fitted(key, kind.keyType) for key in value],
        "value": [fitted(item, kind.valueType) for item in value.values()],
    }


def _struct(value, kind):
    if isinstance(value, (str, int, float, bytes)):
        return None
    return {
        field.name: fitted(item, field.dataType)
        for field, item in zip(kind.fields, fields_of(value, kind))
    }


_FIT = {
    T.NullType: lambda value, kind: None,
    T.ByteType: _whole,
    T.ShortType: _whole,
    T.IntegerType: _whole,
    T.LongType: _whole,
    T.FloatType: _float,
    T.DoubleType: _float,
    T.StringType: _text,
    T.BooleanType: _exactly(bool),
    T.BinaryType: lambda value, kind: bytes(value) if isinstance(value, (bytes, bytearray)) else None,
    T.DecimalType: _decimal,
    T.DateType: _date,
    T.TimestampType: _timestamp,
    T.ArrayType: _array,
    T.MapType: _map,
    T.StructType: _struct,
}
