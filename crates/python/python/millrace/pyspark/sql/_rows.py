"""Rows on their way from DuckDB into the program."""

from . import types as T
from .row import _made_by_keywords


def reader_of(kind):
    """The function that makes of what DuckDB gives what Spark gives."""
    if isinstance(kind, T.ArrayType):
        inner = reader_of(kind.elementType)
        return lambda value: None if value is None else [inner(item) for item in value]
    if isinstance(kind, T.MapType):
        key, item = reader_of(kind.keyType), reader_of(kind.valueType)
        return lambda value: None if value is None else {key(k): item(v) for k, v in value.items()}
    if isinstance(kind, T.StructType):
        return _struct_reader(kind)
    if isinstance(kind, T.BinaryType):
        return lambda value: None if value is None else bytearray(value)
    return _as_it_is


def _as_it_is(value):
    return value


def _struct_reader(kind):
    names = kind.names
    readers = [reader_of(field.dataType) for field in kind.fields]

    def read(value):
        if value is None:
            return None
        items = value.values() if isinstance(value, dict) else value
        return _made_by_keywords(names, [read(item) for read, item in zip(readers, items)])

    return read


def rows_of(found, schema):
    """Rows of what DuckDB gave."""
    names = schema.names
    readers = [reader_of(field.dataType) for field in schema.fields]
    if all(read is _as_it_is for read in readers):
        return [_made_by_keywords(names, row) for row in found]
    return [
        _made_by_keywords(names, [read(item) for read, item in zip(readers, row)]) for row in found
    ]
