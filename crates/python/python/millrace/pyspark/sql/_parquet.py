"""Files of Parquet, which DuckDB reads and writes."""

from . import _partitions
from . import types as T
from ._ddl import parsed_type
from ._duck import engine, new_name
from ._expr.nodes import literal_sql
from ._expr.scope import Attribute
from ._plan.relation import Local


def read(files, roots):
    """The relation of files that were found below some directories."""
    listed = ", ".join(literal_sql(name, None) for name in files)
    source = "read_parquet([%s], hive_partitioning = false" % listed
    described = engine().rows("DESCRIBE SELECT * FROM %s)" % source)
    kinds = [_spark_type(row[1]) for row in described]
    attributes = [
        Attribute(new_name("c"), row[0], kind) for row, kind in zip(described, kinds)
    ]
    columns = "".join(
        "CAST(%s AS %s) AS %s, " % (T.quoted(a.name), a.type.duck, a.id) for a in attributes
    )
    names, values = _partitions.values_of(files, roots)
    if names:
        more, found = _by_file(files, names, values)
        attributes, columns = attributes + more, columns + found
    source += ", filename = true)" if names else ")"
    table = engine().create(
        "SELECT %s0 AS _p, row_number() OVER () AS _o FROM %s" % (columns, source)
    )
    return Local(attributes, table)


def _by_file(files, names, values):
    """The columns that directories stand for, and how they are read of the name of a file."""
    fields, values = _partitions.columns_of(names, values)
    made = [Attribute(new_name("c"), field.name, field.dataType) for field in fields]
    columns = ""
    for index, attribute in enumerate(made):
        found = ", ".join(
            "%s: %s" % (literal_sql(name, None), literal_sql(row[index], attribute.type))
            for name, row in zip(files, values)
        )
        columns += "CAST(MAP {%s}[filename] AS %s) AS %s, " % (
            found, attribute.type.duck, attribute.id
        )
    return made, columns


_DUCK = {
    "VARCHAR": T.StringType,
    "BIGINT": T.LongType,
    "INTEGER": T.IntegerType,
    "SMALLINT": T.ShortType,
    "TINYINT": T.ByteType,
    "DOUBLE": T.DoubleType,
    "FLOAT": T.FloatType,
    "BOOLEAN": T.BooleanType,
    "DATE": T.DateType,
    "TIMESTAMP": T.TimestampType,
    "TIMESTAMP WITH TIME ZONE": T.TimestampType,
    "BLOB": T.BinaryType,
}


def _spark_type(name):
    """The type of a column of DuckDB's."""
    if name in _DUCK:
        return _DUCK[name]()
    if name.endswith("[]"):
        return T.ArrayType(_spark_type(name[:-2]))
    if name.startswith("DECIMAL"):
        return parsed_type(name.lower())
    if name.startswith("MAP("):
        key, value = _split(name[4:-1])
        return T.MapType(_spark_type(key), _spark_type(value))
    if name.startswith("STRUCT("):
        fields = []
        for part in _split(name[7:-1]):
            label, _, kind = part.partition('" ') if part.startswith('"') else part.partition(" ")
            fields.append(T.StructField(label.strip('"'), _spark_type(kind)))
        return T.StructType(fields)
    return T.StringType()


def _split(text):
    """The parts between the commas that are not in brackets."""
    parts, depth, start = [], 0, 0
    for index, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
    return [*parts, text[start:].strip()]


def writer(df):
    """Writes the rows of a DataFrame."""
    columns = ", ".join("%s AS %s" % (a.id, T.quoted(a.name)) for a in df._relation.attributes)

    def write(name):
        engine().cursor().execute(
            "COPY (SELECT %s FROM (%s) ORDER BY _o) TO %s (FORMAT parquet, COMPRESSION snappy)"
            % (columns, df._relation.sql(), literal_sql(name, None))
        )

    return write
