"""Files in directories by the values of columns, ``n=1/w=a``, as ``partitionBy`` writes them."""

import os
import re
from urllib.parse import unquote

from . import types as T
from ._csv import kind_of, reader_of
from ._errors import analysis
from ._expr import nodes as N
from ._javatext import cast_text

#: The name that stands for null.
_NULL = "__HIVE_DEFAULT_PARTITION__"
#: Letters that Spark writes as numbers in the name of a directory.
_ESCAPED = re.compile(r"[\x01-\x1f\"#%'*/:=?\\\x7f{\[\]^]")


def _component(name, value, kind):
    text = _NULL if value is None or value == "" else cast_text(value, kind)
    return "%s=%s" % tuple(
        _ESCAPED.sub(lambda found: "%%%02X" % ord(found[0]), part) for part in (name, text)
    )


def split(df, names):
    """Pairs of a directory and a DataFrame of the rows that belong there, without `names`."""
    if not names:
        return [("", df)]
    known = {column.lower(): column for column in df.columns}
    for name in names:
        if name.lower() not in known:
            raise analysis(
                None,
                "Partition column `%s` not found in schema %s." % (name, df.schema.simpleString()),
            )
    if len(names) == len(df.columns):
        raise analysis(
            "ALL_PARTITION_COLUMNS_NOT_ALLOWED", "Cannot use all columns for partition columns."
        )
    keys = df.select(*names)
    kinds = [field.dataType for field in keys.schema.fields]
    made = []
    for row in keys.distinct().collect():
        own = df
        for name, value in zip(names, row):
            own = own.filter(_is(df[known[name.lower()]], value))
        path = os.path.join(*map(_component, names, row, kinds))
        made.append((path, own.drop(*names)))
    return made


def _is(column, value):
    from .column import Column

    return Column(N.Comparison("<=>", column._node, N.Lit(value)))


def values_of(files, roots):
    """The names that the directories of files have values for, and these values, by file."""
    found = []
    for name in files:
        pairs = {}
        for part in os.path.relpath(os.path.dirname(name), _root(name, roots)).split(os.sep):
            key, equals, value = part.partition("=")
            if equals:
                value = unquote(value)
                pairs[unquote(key)] = None if value == _NULL else value
        found.append(pairs)
    names = list(found[0]) if found else []
    if any(list(pairs) != names for pairs in found):
        return [], [()] * len(files)
    return names, [tuple(pairs.values()) for pairs in found]


def _root(name, roots):
    """The path that was asked for and led to a file."""
    for root in roots:
        if os.path.commonpath([root, os.path.abspath(name)]) == root:
            return root
    return os.path.dirname(name)


def columns_of(names, values, schema=None):
    """The columns that directories stand for, and their values in the types of these."""
    given = {field.name.lower(): field for field in schema.fields} if schema else {}
    fields = []
    for index, name in enumerate(names):
        field = given.get(name.lower())
        kind = field.dataType if field else _kind([row[index] for row in values])
        fields.append(T.StructField(name, kind))
    readers = [reader_of(field.dataType) for field in fields]
    made = [
        tuple(None if text is None else read(text) for read, text in zip(readers, row))
        for row in values
    ]
    return fields, made


def _kind(texts):
    kind = kind_of(texts)
    return T.StringType() if isinstance(kind, T.BooleanType) else kind


def added(parts, schema, names, values, given=None):
    """Records with the values of their files' directories behind them, and their schema."""
    if not names:
        return parts, schema
    fields, values = columns_of(names, values, given)
    lower = {name.lower() for name in names}
    kept = [index for index, name in enumerate(schema.names) if name.lower() not in lower]
    made = [
        [tuple(record[index] for index in kept) + more for record in map(tuple, part)]
        for part, more in zip(parts, values)
    ]
    return made, T.StructType([schema.fields[index] for index in kept] + fields)
