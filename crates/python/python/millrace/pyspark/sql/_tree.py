"""The tree that ``printSchema`` prints."""

from .types import ArrayType, MapType, StructType


def tree_string(schema):
    """The tree of a schema, a line for every field."""
    lines = ["root"]
    for field in schema.fields:
        _field(field.name, field.dataType, field.nullable, " |", lines)
    return "\n".join(lines) + "\n"


def _field(name, kind, nullable, prefix, lines):
    lines.append(
        "%s-- %s: %s (nullable = %s)" % (prefix, name, _name(kind), str(nullable).lower())
    )
    _inside(kind, prefix + "    |", lines)


def _part(name, kind, about, prefix, lines):
    lines.append("%s-- %s: %s%s" % (prefix, name, _name(kind), about))
    _inside(kind, prefix + "    |", lines)


def _inside(kind, prefix, lines):
    if isinstance(kind, StructType):
        for field in kind.fields:
            _field(field.name, field.dataType, field.nullable, prefix, lines)
    elif isinstance(kind, ArrayType):
        about = " (containsNull = %s)" % str(kind.containsNull).lower()
        _part("element", kind.elementType, about, prefix, lines)
    elif isinstance(kind, MapType):
        about = " (valueContainsNull = %s)" % str(kind.valueContainsNull).lower()
        _part("key", kind.keyType, "", prefix, lines)
        _part("value", kind.valueType, about, prefix, lines)


def _name(kind):
    value = kind.jsonValue()
    return value if isinstance(value, str) else value["type"]
