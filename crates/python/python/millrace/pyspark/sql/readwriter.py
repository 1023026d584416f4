"""Files in and out: ``read`` and ``write``."""

import os

from .._missing import missing
from .._rdd.files import _directory
from . import _csv, _json, _parquet, _partitions, _tables, _writing
from . import types as T
from ._create import local
from ._ddl import parsed_type
from ._duck import engine
from ._errors import analysis

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
        made.extend(_below(own) if os.path.isdir(own) else found_in([own]))
    return made


def _below(directory):
    """The files of a directory that Spark would read, those of its directories too."""
    made = []
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        if name[0] not in "._":
            made.extend(_below(path) if os.path.isdir(path) else [path])
    return made


def _roots(paths):
    """The directories that paths name."""
    return [os.path.abspath(_directory(p)) for p in ([paths] if isinstance(paths, str) else paths)]


class _Options:
    """The base of readers and writers: a format and options."""

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
        """The lines of files, or the records of an RDD, and the values of files' directories."""
        if hasattr(path, "glom"):
            return path.glom().collect(), ([], [])
        made, files = [], _files(path)
        for name in files:
            with open(name, encoding="utf-8", errors="replace", newline="") as file:
                made.append(file.read().splitlines())
        return made, _partitions.values_of(files, _roots(path))

    def json(self, path, schema=None, **options):
        """Reads a JSON object a line; of files, or of an RDD of texts."""
        engine()
        self.options(**options)
        if schema is not None:
            self.schema(schema)
        if str(self._options.get("multiline", "")).lower() == "true":
            parts, files = [], _files(path)
            for name in files:
                with open(name, encoding="utf-8") as file:
                    parts.append([file.read()])
            values_of = _partitions.values_of(files, _roots(path))
        else:
            parts, values_of = self._lines(path)
        values = [_json.parsed(part) for part in parts]
        kind = self._schema or _json.inferred([value for part in values for value in part])
        records = [[_json.record(value, kind) for value in part] for part in values]
        return self._made(local(*_partitions.added(records, kind, *values_of, self._schema)))

    def csv(self, path, schema=None, **options):
        """Reads values with commas between."""
        engine()
        self.options(**options)
        if schema is not None:
            self.schema(schema)
        lines, values_of = self._lines(path)
        parts, kind = _csv.read(lines, self._schema, self._options)
        return self._made(local(*_partitions.added(parts, kind, *values_of, self._schema)))

    def text(self, paths, wholetext=False, lineSep=None):
        """Reads lines, into a column ``value``."""
        engine()
        kind = T.StructType([T.StructField("value", T.StringType())])
        lines, values_of = self._lines(paths)
        records = [[(line,) for line in part] for part in lines]
        return self._made(local(*_partitions.added(records, kind, *values_of)))

    def parquet(self, *paths, **options):
        """Reads files of Parquet."""
        files = _files(list(paths))
        if not files:
            raise analysis(
                "UNABLE_TO_INFER_SCHEMA",
                "Unable to infer schema for Parquet. It must be specified manually.",
            )
        return self._made(_parquet.read(files, _roots(list(paths))))

    def table(self, tableName):
        """The DataFrame of a view."""
        return self._session.table(tableName)


class DataFrameWriter(_Options):
    """Writes a DataFrame as files: a directory with a part and ``_SUCCESS``."""

    def __init__(self, df):
        super().__init__()
        self._df = df
        self._mode = "errorifexists"
        self._by = []

    def mode(self, saveMode):
        """Chooses what happens where there is something: append, overwrite, ignore, error."""
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
        """Makes a directory for every value of these columns."""
        if len(cols) == 1 and isinstance(cols[0], (list, tuple)):
            cols = cols[0]
        self._by = list(cols)
        return self

    def save(self, path=None, format=None, mode=None, partitionBy=None, **options):
        """Writes files of the format."""
        if format is not None:
            self.format(format)
        if partitionBy is not None:
            self.partitionBy(partitionBy)
        self.mode(mode).options(**options)
        names = {"csv": "csv", "json": "json", "parquet": "parquet", "text": "text"}
        return self._call(names)(path)

    def saveAsTable(self, name, format=None, mode=None, partitionBy=None, **options):
        """Writes a table of Parquet files, and lets queries find it by its name."""
        if format is not None:
            self.format(format)
        if partitionBy is not None:
            self.partitionBy(partitionBy)
        self.mode(mode).options(**options)
        if self._format.lower() != "parquet":
            raise missing("a table of the format %r" % self._format, "parquet")
        _tables.save(self, self._df, name)

    def insertInto(self, tableName, overwrite=None):
        """Adds the rows to a table, columns by their places."""
        if overwrite is not None:
            self.mode("overwrite" if overwrite else "append")
        _tables.insert(self, self._df, tableName)

    def jdbc(self, *args, **kwargs):
        """Not there."""
        raise missing("DataFrameWriter.jdbc", "the database's own client in foreachPartition")

    def json(self, path, mode=None, **options):
        """Writes a JSON object a line."""
        self.mode(mode).options(**options)
        self._write(
            path, ".json", lambda df: _writing.text(_json.row_text(row, df.schema) for row in df._fetch())
        )

    def csv(self, path, mode=None, **options):
        """Writes values with commas between."""
        self.mode(mode).options(**options)
        self._write(
            path, ".csv", lambda df: _writing.text(_csv.lines(df._fetch(), df.schema, self._options))
        )

    def text(self, path, compression=None, lineSep=None):
        """Writes the one column, a line a row."""
        fields = [field for field in self._df.schema.fields if field.name not in self._by]
        kinds = [field.dataType for field in fields]
        if len(kinds) != 1 or not isinstance(kinds[0], T.StringType):
            raise analysis(
                None,
                "Text data source supports only a single column, and you have %d columns."
                % len(kinds),
            )
        self._write(path, ".txt", lambda df: _writing.text(row[0] or "" for row in df._fetch()))

    def parquet(self, path, mode=None, partitionBy=None, compression=None):
        """Writes files of Parquet."""
        self.mode(mode)
        if partitionBy is not None:
            self.partitionBy(partitionBy)
        self._write(path, ".snappy.parquet", _parquet.writer)

    def _write(self, path, ending, write):
        _writing.put(self._df, path, ending, write, self._mode, self._by)
