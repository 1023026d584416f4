"""Rows as JSON, the way Spark writes them, and JSON as rows, with a schema that is found out."""

import base64
import datetime
import json

from . import types as T
from ._javatext import double_text, float_text


def row_text(row, schema):
    """A row as a text; nulls are left out."""
    return _struct(row, schema)


def _struct(items, kind):
    items = items.values() if isinstance(items, dict) else items
    return "{%s}" % ",".join(
        "%s:%s" % (_text(field.name), value_text(item, field.dataType))
        for item, field in zip(items, kind.fields)
        if item is not None
    )


def _text(value):
    return json.dumps(value, ensure_ascii=False)


def value_text(value, kind):
    """A value as a text."""
    if value is None:
        return "null"
    if isinstance(kind, T.StructType):
        return _struct(value, kind)
    if isinstance(kind, T.ArrayType):
        return "[%s]" % ",".join(value_text(item, kind.elementType) for item in value)
    if isinstance(kind, T.MapType):
        return "{%s}" % ",".join(
            "%s:%s" % (_text(str(key)), value_text(item, kind.valueType))
            for key, item in value.items()
        )
    if isinstance(kind, T.BooleanType):
        return "true" if value else "false"
    if isinstance(kind, (T.DoubleType, T.FloatType)):
        text = (float_text if isinstance(kind, T.FloatType) else double_text)(value)
        return text if text[-1].isdigit() else _text(text)
    if isinstance(kind, T.DecimalType):
        return format(value, "f")
    if isinstance(kind, T.BinaryType):
        return _text(base64.b64encode(bytes(value)).decode())
    if isinstance(kind, T.DateType):
        return _text(value.isoformat())
    if isinstance(kind, T.TimestampType):
        return _text(_zoned(value))
    return _text(value) if isinstance(value, str) else str(value)


def _zoned(value):
    shown = value.astimezone().isoformat(timespec="milliseconds")
    return shown.replace("+00:00", "Z")


def parsed(texts):
    """The values of texts; where one is no JSON, the text itself in a `Corrupt`."""
    made = []
    for text in texts:
        if not text.strip():
            continue
        try:
            value = json.loads(text)
        except ValueError:
            value = Corrupt(text)
        if isinstance(value, list):
            made.extend(item if isinstance(item, dict) else Corrupt(text) for item in value)
        else:
            made.append(value if isinstance(value, dict) else Corrupt(text))
    return made


class Corrupt:
    """A text that is no object of JSON."""

    def __init__(self, text):
        self.text = text


def inferred(values):
    """The schema of values; the fields by their names."""
    made = T.StructType([])
    for value in values:
        if not isinstance(value, Corrupt):
            made = _merged(made, _kind(value))
    fields = [T.StructField(f.name, _settled(f.dataType)) for f in made.fields]
    if any(isinstance(value, Corrupt) for value in values):
        fields.append(T.StructField("_corrupt_record", T.StringType()))
    return T.StructType(sorted(fields, key=lambda field: field.name))


def _kind(value):
    if value is None:
        return T.NullType()
    if isinstance(value, bool):
        return T.BooleanType()
    if isinstance(value, int):
        return T.LongType() if -(2**63) <= value < 2**63 else T.DecimalType(len(str(abs(value))), 0)
    if isinstance(value, float):
        return T.DoubleType()
    if isinstance(value, str):
        return T.StringType()
    if isinstance(value, list):
        kind = T.NullType()
        for item in value:
            kind = _merged(kind, _kind(item))
        return T.ArrayType(kind)
    fields = [T.StructField(name, _kind(item)) for name, item in value.items()]
    return T.StructType(sorted(fields, key=lambda field: field.name))


def _merged(a, b):
    if isinstance(a, T.NullType):
        return b
    if isinstance(b, T.NullType):
        return a
    if isinstance(a, T.StructType) and isinstance(b, T.StructType):
        kinds = {field.name: field.dataType for field in a.fields}
        for field in b.fields:
            known = kinds.get(field.name, T.NullType())
            kinds[field.name] = _merged(known, field.dataType)
        return T.StructType([T.StructField(name, kinds[name]) for name in sorted(kinds)])
    if isinstance(a, T.ArrayType) and isinstance(b, T.ArrayType):
        return T.ArrayType(_merged(a.elementType, b.elementType))
    if type(a) is type(b):
        return a
    if {type(a), type(b)} == {T.LongType, T.DoubleType}:
        return T.DoubleType()
    return T.StringType()


def _settled(kind):
    """A type without parts that are null everywhere; these become texts."""
    if isinstance(kind, T.NullType):
        return T.StringType()
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(_settled(kind.elementType))
    if isinstance(kind, T.StructType):
        return T.StructType([T.StructField(f.name, _settled(f.dataType)) for f in kind.fields])
    return kind


def record(value, schema):
    """The fields of a value, as the schema has them."""
    if isinstance(value, Corrupt):
        return tuple(value.text if name == "_corrupt_record" else None for name in schema.names)
    return tuple(fitted(value.get(field.name), field.dataType) for field in schema.fields)


def fitted(value, kind):
    """A value of JSON as a type has it; null where it is none of it."""
    if value is None:
        return None
    if isinstance(kind, T.StringType):
        return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if isinstance(kind, T.BooleanType):
        return value if isinstance(value, bool) else None
    if isinstance(value, bool):
        return None
    if isinstance(kind, T.IntegralType):
        return value if isinstance(value, int) else None
    if isinstance(kind, (T.DoubleType, T.FloatType)):
        return float(value) if isinstance(value, (int, float)) else None
    if isinstance(kind, T.DecimalType):
        import decimal

        return decimal.Decimal(str(value)) if isinstance(value, (int, float)) else None
    if isinstance(kind, T.ArrayType):
        return [fitted(item, kind.elementType) for item in value] if isinstance(value, list) else None
    if isinstance(kind, T.StructType):
        if not isinstance(value, dict):
            return None
        return tuple(fitted(value.get(f.name), f.dataType) for f in kind.fields)
    if isinstance(kind, T.MapType):
        if not isinstance(value, dict):
            return None
        return {key: fitted(item, kind.valueType) for key, item in value.items()}
    return _time(value, kind)


def _time(value, kind):
    try:
        if isinstance(kind, T.DateType):
            return datetime.date.fromisoformat(value[:10])
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    except (ValueError, AttributeError, TypeError):
        return None
