"""The schema of records that come without one, by Spark's rules."""

import datetime
import decimal
from array import array

from ..errors.exceptions import PySparkTypeError, PySparkValueError
from .types import (
    ArrayType,
    AtomicType,
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    LongType,
    MapType,
    NullType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

_ATOMS = {
    type(None): NullType,
    bool: BooleanType,
    int: LongType,
    float: DoubleType,
    str: StringType,
    bytes: BinaryType,
    bytearray: BinaryType,
    datetime.date: DateType,
    datetime.datetime: TimestampType,
}


def inferred_type(value):
    """The type of one value."""
    made = _ATOMS.get(type(value))
    if made is not None:
        return made()
    if isinstance(value, decimal.Decimal):
        return DecimalType(38, 18)
    if isinstance(value, dict):
        for key, item in value.items():
            if key is not None and item is not None:
                return MapType(inferred_type(key), inferred_type(item), True)
        return MapType(NullType(), NullType(), True)
    if isinstance(value, (list, array)):
        made = NullType()
        for item in value:
            made = merged(made, inferred_type(item))
        return ArrayType(made, True)
    for kind, of in _ATOMS.items():
        if isinstance(value, kind):
            return of()
    try:
        return inferred_schema(value)
    except TypeError:
        raise PySparkTypeError(
            "Unsupported DataType `%s`." % type(value).__name__,
            error_class="UNSUPPORTED_DATA_TYPE",
        )


def inferred_schema(record, names=None):
    """The schema of one record."""
    if isinstance(record, dict):
        items = sorted(record.items())
    elif isinstance(record, (tuple, list)):
        items = zip(_names_of(record, names), record)
    elif hasattr(record, "__dict__"):
        items = sorted(record.__dict__.items())
    else:
        raise PySparkTypeError(
            "Can not infer schema for type: `%s`." % type(record).__name__,
            error_class="CANNOT_INFER_SCHEMA_FOR_TYPE",
        )
    return StructType([StructField(name, inferred_type(value)) for name, value in items])


def _names_of(record, names):
    """The names of a record's fields: its own, or the given ones, or numbers."""
    own = getattr(record, "__fields__", None) or getattr(record, "_fields", None)
    if own:
        return list(own)
    given = list(names or [])
    return given + ["_%d" % (index + 1) for index in range(len(given), len(record))]


def merged(a, b, name=None):
    """The type that has the values of both."""
    if isinstance(a, NullType):
        return b
    if isinstance(b, NullType):
        return a
    if isinstance(a, StructType) and isinstance(b, StructType):
        return _merged_structs(a, b)
    if type(a) is type(b):
        if isinstance(a, ArrayType):
            return ArrayType(merged(a.elementType, b.elementType), True)
        if isinstance(a, MapType):
            return MapType(
                merged(a.keyType, b.keyType), merged(a.valueType, b.valueType), True
            )
        return a
    if isinstance(a, StringType) and isinstance(b, AtomicType):
        return a
    if isinstance(b, StringType) and isinstance(a, AtomicType):
        return b
    raise PySparkTypeError(
        "Can not merge type `%s` and `%s`." % (type(a).__name__, type(b).__name__),
        error_class="CANNOT_MERGE_TYPE",
    )


def _merged_structs(a, b):
    others = {field.name: field.dataType for field in b.fields}
    fields = [
        StructField(field.name, merged(field.dataType, others.get(field.name, NullType())))
        for field in a.fields
    ]
    known = set(a.names)
    fields.extend(
        StructField(name, kind) for name, kind in others.items() if name not in known
    )
    return StructType(fields)


def has_nulls(kind):
    """True if some part of a type is not known yet."""
    if isinstance(kind, StructType):
        return any(has_nulls(field.dataType) for field in kind.fields)
    if isinstance(kind, ArrayType):
        return has_nulls(kind.elementType)
    if isinstance(kind, MapType):
        return has_nulls(kind.keyType) or has_nulls(kind.valueType)
    return isinstance(kind, NullType)


def undetermined():
    """The error of a field that is null wherever Spark looks."""
    return PySparkValueError(
        "Some of types cannot be determined after inferring.",
        error_class="CANNOT_DETERMINE_TYPE",
    )


def schema_of_list(records, names):
    """The schema of a list."""
    if not records:
        raise PySparkValueError(
            "Can not infer schema from empty dataset.", error_class="CANNOT_INFER_EMPTY_SCHEMA"
        )
    return renamed(_all_merged(records, names), names)


def _all_merged(records, names):
    made = None
    plain = {}  # The schemas of records that are flat, by what they are made of.
    for record in records:
        key = _shape(record)
        if key is not None and key in plain:
            continue
        schema = inferred_schema(record, names)
        if key is not None:
            plain[key] = True
        made = schema if made is None else merged(made, schema)
    if has_nulls(made):
        raise undetermined()
    return made


def _shape(record):
    """The types of a flat record, which decide about its schema, or None."""
    if not isinstance(record, tuple):
        return None
    kinds = tuple(map(type, record))
    if any(kind not in _ATOMS for kind in kinds):
        return None
    own = getattr(record, "__fields__", None) or getattr(record, "_fields", None)
    return kinds if own is None else (kinds, tuple(own))


def schema_of_partitions(first, more, names):
    """The schema of an RDD: that of its first record, and of a hundred where that has nulls.

    `more` gives these records.
    """
    if not first and isinstance(first, (tuple, list, dict)):
        raise PySparkValueError(
            "Can not infer schema from empty dataset.",
            error_class="CANNOT_INFER_EMPTY_SCHEMA",
        )
    made = inferred_schema(first, names)
    if has_nulls(made):
        for record in more()[1:]:
            made = merged(made, inferred_schema(record, names))
            if not has_nulls(made):
                break
        else:
            raise undetermined()
    return renamed(made, names)


def renamed(schema, names):
    """A schema with these names in front; IndexError if there are more names than fields."""
    for index, name in enumerate(names or []):
        schema.fields[index].name = name
        schema.names[index] = name
    return schema
