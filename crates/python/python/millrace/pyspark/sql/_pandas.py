"""Rows as a pandas DataFrame, with the types that Spark gives its columns."""

from . import types as T
from ._rows import rows_of

_KINDS = {
    T.ByteType: "int8",
    T.ShortType: "int16",
    T.IntegerType: "int32",
    T.LongType: "int64",
    T.FloatType: "float32",
    T.DoubleType: "float64",
    T.BooleanType: "bool",
}


def frame_of(found, schema):
    """The DataFrame of what DuckDB gave."""
    try:
        import pandas
    except ImportError:
        raise ImportError("Pandas >= 1.0.5 must be installed; however, it was not found.") from None
    rows = rows_of(found, schema)
    columns = list(zip(*rows)) if rows else [[] for _ in schema.fields]
    made = {}
    for index, (values, field) in enumerate(zip(columns, schema.fields)):
        made[index] = series_of(pandas, list(values), field.dataType)
    frame = pandas.DataFrame(made)
    frame.columns = schema.names
    return frame


def series_of(pandas, values, kind):
    """A column as a Series."""
    name = _KINDS.get(type(kind))
    if name is not None:
        has_null = any(value is None for value in values)
        if not has_null:
            return pandas.Series(values, dtype=name)
        if isinstance(kind, (T.IntegralType, T.FractionalType)):
            return pandas.Series(values, dtype="float32" if name == "float32" else "float64")
        return pandas.Series(values, dtype=object)
    if isinstance(kind, T.TimestampType):
        return pandas.Series(pandas.to_datetime(values)).astype("datetime64[ns]")
    return pandas.Series(values)
