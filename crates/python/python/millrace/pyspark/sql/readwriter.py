"""Files in and out: ``read`` and ``write``."""

import os
import shutil
import uuid

from .._missing import missing
from .._rdd.files import _directory
from . import _csv, _json
from . import types as T
from ._create import local
from ._ddl import parsed_type
from ._duck import engine, new_name
from ._errors import analysis
from ._expr.nodes import literal_sql
from ._expr.scope import Attribute
from ._plan.relation import Local

__all__ = ["DataFrameReader", "DataFrameWriter"]


def _files(paths):
    """The files that paths stand for."""
    from .._rdd.textfile import paths as found_in

    made = []
    for path in [paths] if isinstance(paths, str) else paths:
        own = _directory(path)
        if not os.path.exists(own) and not any(letter in own for letter in "*?["):
            raise analysis(
                "PATH_NOT_FOUND", "Path does not exist: file:%s." % os.path.abspath(own)
            )
        made.extend(_below(own) if os.path.isdir(own) else found_in(own))
    return made


def _below(directory):
    """The files of a directory that Spark would read, those of its directories too."""
    made = []
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        if name[0] not in "._":
            made.extend(_below(path) if os.path.isdir(path) else [path])
    return made


class _Options:
    """What readers and writers have in common."""

    def __init__(self):
        self._options = {}
        self._format = "parquet"

    def format(self, source):
        """Names the format."""
        self._format = source
        return self

    def option(self, key, value):
        """Sets an option."""
        self._options[key.lower()] = value
        return self

    def options(self, **options):
        """Sets options."""
        for key, value in options.items():
            if value is not None:
                self.option(key, value)
        return self

    def _call(self, formats):
        name = formats.get(self._format.lower().rsplit(".", 1)[-1])
        if name is None:
            raise missing("the format %r" % self._format, "one of: " + ", ".join(sorted(formats)))
        return getattr(self, name)


class DataFrameReader(_Options):
    """Reads files into a DataFrame."""

    def __init__(self, session):
        super().__init__()
        self._session = session
        self._schema = None

    def schema(self, schema):
        """Says what columns there are."""
        self._schema = parsed_type(schema) if isinstance(schema, str) else schema
        return self

    def load(self, path=None, format=None, schema=None, **options):
        """Reads files of the format."""
        if format is not None:
            self.format(format)
        if schema is not None:
            self.schema(schema)
        self.options(**options)
        names = {"csv": "csv", "json": "json", "parquet": "parquet", "text": "text"}
        return self._call(names)(path)

    def _of(self, records, schema):
        context = self._session.sparkContext
        count, length = max(min(context.defaultParallelism, len(records)), 1), len(records)
        parts = [records[length * i // count : length * (i + 1) // count] for i in range(count)]
        return self._made(local(parts, schema))

    def _made(self, relation):
        from .dataframe import DataFrame

        return DataFrame(relation, self._session)

    def _lines(self, path):
        """The lines of files, or the records of an RDD, partition by partition."""
        if hasattr(path, "glom"):
            return path.glom().collect()
        made = []
        for name in _files(path):
            with open(name, encoding="utf-8", errors="replace", newline="") as file:
                made.append(file.read().splitlines())
        return made

    def json(self, path, schema=None, **options):
        """Reads a JSON object a line; of files, or of an RDD of texts."""
        engine()
        self.options(**options)
        if schema is not None:
            self.schema(schema)
        if str(self._options.get("multiline", "")).lower() == "true":
            parts = []
            for name in _files(path):
                with open(name, encoding="utf-8") as file:
                    parts.append([file.read()])
        else:
            parts = self._lines(path)
        values = [_json.parsed(part) for part in parts]
        kind = self._schema or _json.inferred([value for part in values for value in part])
        return self._made(
            local([[_json.record(value, kind) for value in part] for part in values], kind)
        )

    def csv(self, path, schema=None, **options):
        """Reads values with commas between."""
        engine()
        self.options(**options)
        if schema is not None:
            self.schema(schema)
        parts, kind = _csv.read(self._lines(path), self._schema, self._options)
        return self._made(local(parts, kind))

    def text(self, paths, wholetext=False, lineSep=None):
        """Reads lines, into a column ``value``."""
        engine()
        kind = T.StructType([T.StructField("value", T.StringType())])
        return self._made(local([[(line,) for line in part] for part in self._lines(paths)], kind))

    def parquet(self, *paths, **options):
        """Reads files of Parquet."""
        files = _files(list(paths))
        if not files:
            raise analysis(
                "UNABLE_TO_INFER_SCHEMA",
                "Unable to infer schema for Parquet. It must be specified manually.",
            )
        source = "read_parquet([%s])" % ", ".join(literal_sql(name, None) for name in files)
        described = engine().rows("DESCRIBE SELECT * FROM %s" % source)
        kinds = [_spark_type(row[1]) for row in described]
        attributes = [
            Attribute(new_name("c"), row[0], kind) for row, kind in zip(described, kinds)
        ]
        columns = "".join(
            "CAST(%s AS %s) AS %s, " % (T.quoted(a.name), a.type.duck, a.id) for a in attributes
        )
        table = engine().create(
            "SELECT %s0 AS _p, row_number() OVER () AS _o FROM %s" % (columns, source)
        )
        return self._made(Local(attributes, table))

    def table(self, tableName):
        """The DataFrame of a view."""
        return self._session.table(tableName)


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


class DataFrameWriter(_Options):
    """Writes a DataFrame as files: a directory with a part and ``_SUCCESS``."""

    def __init__(self, df):
        super().__init__()
        self._df = df
        self._mode = "errorifexists"

    def mode(self, saveMode):
        """What to do where there is something: append, overwrite, ignore, error."""
        if saveMode is None:
            return self
        mode = saveMode.lower()
        if mode == "error":
            mode = "errorifexists"
        if mode not in ("append", "overwrite", "ignore", "errorifexists", "default"):
            from ..errors.exceptions import IllegalArgumentException

            raise IllegalArgumentException(
                "Unknown save mode: %s. Accepted save modes are 'overwrite', 'append', 'ignore', "
                "'error', 'errorifexists', 'default'." % saveMode
            )
        self._mode = mode
        return self

    def partitionBy(self, *cols):
        """Not there."""
        raise missing("DataFrameWriter.partitionBy", "a path for every value")

    def save(self, path=None, format=None, mode=None, partitionBy=None, **options):
        """Writes files of the format."""
        if format is not None:
            self.format(format)
        if partitionBy is not None:
            self.partitionBy(partitionBy)
        self.mode(mode).options(**options)
        names = {"csv": "csv", "json": "json", "parquet": "parquet", "text": "text"}
        return self._call(names)(path)

    def saveAsTable(self, name, format=None, mode=None, **options):
        """Not there."""
        raise missing("DataFrameWriter.saveAsTable", "createOrReplaceTempView or write.parquet")

    insertInto = saveAsTable

    def jdbc(self, *args, **kwargs):
        """Not there."""
        raise missing("DataFrameWriter.jdbc", "the database's own client in foreachPartition")

    def json(self, path, mode=None, **options):
        """Writes a JSON object a line."""
        self.mode(mode).options(**options)
        df = self._df
        lines = [_json.row_text(row, df.schema) for row in df._fetch()]
        self._write(path, ".json", _text(lines))

    def csv(self, path, mode=None, **options):
        """Writes values with commas between."""
        self.mode(mode).options(**options)
        df = self._df
        self._write(path, ".csv", _text(_csv.lines(df._fetch(), df.schema, self._options)))

    def text(self, path, compression=None, lineSep=None):
        """Writes the one column, a line a row."""
        kinds = [field.dataType for field in self._df.schema.fields]
        if len(kinds) != 1 or not isinstance(kinds[0], T.StringType):
            raise analysis(
                None,
                "Text data source supports only a single column, and you have %d columns."
                % len(kinds),
            )
        lines = [row[0] or "" for row in self._df._fetch()]
        self._write(path, ".txt", _text(lines))

    def parquet(self, path, mode=None, partitionBy=None, compression=None):
        """Writes files of Parquet."""
        self.mode(mode)
        df = self._df
        columns = ", ".join(
            "%s AS %s" % (a.id, T.quoted(a.name)) for a in df._relation.attributes
        )

        def write(name):
            engine().cursor().execute(
                "COPY (SELECT %s FROM (%s) ORDER BY _o) TO %s (FORMAT parquet, COMPRESSION snappy)"
                % (columns, df._relation.sql(), literal_sql(name, None))
            )

        self._write(path, ".snappy.parquet", write)

    def _write(self, path, ending, write):
        """Writes a part beside the target, and then puts it there."""
        target = os.path.abspath(_directory(path))
        if os.path.exists(target):
            if self._mode == "ignore":
                return
            if self._mode in ("errorifexists", "default"):
                raise analysis(
                    "PATH_ALREADY_EXISTS",
                    "Path file:%s already exists. Set mode as \"overwrite\" to overwrite the "
                    "existing path." % target,
                )
        name = "part-00000-%s-c000%s" % (uuid.uuid4(), ending)
        building = "%s._temporary-%s" % (target, uuid.uuid4())
        os.makedirs(building)
        try:
            write(os.path.join(building, name))
            open(os.path.join(building, "_SUCCESS"), "wb").close()
            if os.path.exists(target) and self._mode == "append":
                for made in (name, "_SUCCESS"):
                    os.replace(os.path.join(building, made), os.path.join(target, made))
                return
            if os.path.exists(target):
                shutil.rmtree(target)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.rename(building, target)
        finally:
            shutil.rmtree(building, ignore_errors=True)


def _text(lines):
    def write(name):
        with open(name, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(line + "\n" for line in lines)

    return write
