"""Values with commas between, as Spark reads and writes them."""

import csv
import datetime
import re

from . import types as T
from ._javatext import cast_text


def _flag(options, name):
    return str(options.get(name, "false")).lower() == "true"


def _separator(options):
    return options.get("sep") or options.get("delimiter") or ","


def read(parts, schema, options):
    """The records of lines, and their schema."""
    separator = _separator(options)
    quote = options.get("quote", '"') or '"'
    rows = [
        list(csv.reader(part, delimiter=separator, quotechar=quote, escapechar="\\", strict=False))
        for part in parts
    ]
    names = None
    if _flag(options, "header"):
        names = next((part[0] for part in rows if part), None)
        rows = [part[1:] for part in rows]
    rows = [[row for row in part if row] for part in rows]
    null = options.get("nullvalue", "")
    cells = [[[None if cell == null else cell for cell in row] for row in part] for part in rows]
    if schema is None:
        schema = _schema(cells, names, _flag(options, "inferschema"))
    readers = [reader_of(field.dataType) for field in schema.fields]
    return [[_record(row, readers) for row in part] for part in cells], schema


def _record(row, readers):
    padded = row + [None] * (len(readers) - len(row))
    return tuple(None if cell is None else read(cell) for read, cell in zip(readers, padded))


def _schema(parts, names, infer):
    if names is None:
        width = max([len(row) for part in parts for row in part[:1]] or [0])
        names = ["_c%d" % index for index in range(width)]
    kinds = [T.StringType() for _ in names]
    if infer:
        kinds = [
            kind_of([row[i] for part in parts for row in part if i < len(row)])
            for i in range(len(names))
        ]
    return T.StructType([T.StructField(name, kind) for name, kind in zip(names, kinds)])


_WHOLE = re.compile(r"[+-]?\d+$")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")


def kind_of(cells):
    """The narrowest type that all cells of a column are of."""
    cells = [cell for cell in cells if cell is not None]
    if not cells:
        return T.StringType()
    if all(_WHOLE.match(cell) for cell in cells):
        widest = max(abs(int(cell)) for cell in cells)
        if widest < 2**31:
            return T.IntegerType()
        return T.LongType() if widest < 2**63 else T.DecimalType(len(str(widest)), 0)
    if all(_NUMBER.match(cell) or cell in ("NaN", "Infinity", "-Infinity") for cell in cells):
        return T.DoubleType()
    for kind in (T.DateType(), T.TimestampType()):
        if all(reader_of(kind)(cell) is not None for cell in cells):
            return kind
    if all(cell.lower() in ("true", "false") for cell in cells):
        return T.BooleanType()
    return T.StringType()


def reader_of(kind):
    """The function from a cell to a value of a type, or to None where the cell holds none."""
    if isinstance(kind, T.StringType):
        return str
    if isinstance(kind, T.IntegralType):
        return lambda cell: int(cell) if _WHOLE.match(cell) else None
    if isinstance(kind, T.DecimalType):
        import decimal

        return lambda cell: decimal.Decimal(cell) if _NUMBER.match(cell) else None
    if isinstance(kind, T.FractionalType):
        return lambda cell: _or_none(float, cell)
    if isinstance(kind, T.BooleanType):
        return lambda cell: {"true": True, "false": False}.get(cell.lower())
    if isinstance(kind, T.DateType):
        return lambda cell: _or_none(datetime.date.fromisoformat, cell)
    return lambda cell: _or_none(datetime.datetime.fromisoformat, cell.replace("Z", "+00:00"))


def _or_none(read, cell):
    try:
        return read(cell)
    except ValueError:
        return None


def lines(rows, schema, options):
    """The lines of rows."""
    separator = _separator(options)
    made = []
    if _flag(options, "header"):
        made.append(separator.join(_cell(name, separator) for name in schema.names))
    for row in rows:
        made.append(
            separator.join(
                _cell(None if v is None else _value(v, f.dataType), separator)
                for v, f in zip(row, schema.fields)
            )
        )
    return made


def _value(value, kind):
    if isinstance(kind, T.TimestampType):
        return value.astimezone().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return cast_text(value, kind)


def _cell(text, separator):
    if text is None:
        return ""
    text = text.strip(" ")
    if text == "":
        return '""'
    if separator in text or '"' in text or "\n" in text:
        return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')
    return text
