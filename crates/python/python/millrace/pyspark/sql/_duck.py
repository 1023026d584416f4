"""DuckDB: one database in memory for the process, a cursor for every thread."""

import collections
import itertools
import threading
import weakref

from ..errors.exceptions import PySparkRuntimeError
from .types import DoubleType, FloatType, quoted

_MACROS = """
CREATE OR REPLACE MACRO spark_substring(s, start, n) AS (
    CASE WHEN n <= 0 THEN ''
         WHEN start > 0 THEN s[start:CAST(least(CAST(start AS BIGINT) + n - 1, 2147483647) AS BIGINT)]
         WHEN start = 0 THEN s[1:CAST(n AS BIGINT)]
         ELSE s[greatest(length(s) + start + 1, 1):greatest(length(s) + CAST(start AS BIGINT) + n, 0)] END);
CREATE OR REPLACE MACRO spark_round(x, n) AS (
    CASE WHEN x IS NULL OR isnan(x) OR isinf(x) THEN x
         WHEN abs(x) < 1e15 AND n BETWEEN 0 AND 15
         THEN TRY_CAST(round(TRY_CAST(CAST(x AS VARCHAR) AS DECIMAL(38,20)), n) AS DOUBLE)
         WHEN n >= 0 THEN x ELSE round(x, n) END);
CREATE OR REPLACE MACRO spark_scientific(s) AS (
    regexp_replace(regexp_replace(s, '^(-?[0-9])e', '\\1.0e'), 'e\\+?(-?)0*([0-9]+)$', 'E\\1\\2'));
CREATE OR REPLACE MACRO spark_float_text(s, x) AS (
    CASE WHEN isnan(x) THEN 'NaN' WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END
         WHEN x = 0 OR (abs(x) >= 1e-3 AND abs(x) < 1e7) THEN s
         WHEN contains(s, 'e') THEN spark_scientific(s)
         WHEN abs(x) >= 1e7 THEN
             CASE WHEN x < 0 THEN '-' ELSE '' END || replace(ltrim(s, '-'), '.', '')[1] || '.' ||
             coalesce(nullif(rtrim(replace(regexp_replace(ltrim(s, '-'), '\\.0$', ''), '.', '')[2:], '0'), ''), '0') ||
             'E' || (length(split_part(ltrim(s, '-'), '.', 1)) - 1)
         ELSE CASE WHEN x < 0 THEN '-' ELSE '' END || ltrim(split_part(s, '.', 2), '0')[1] || '.' ||
             coalesce(nullif(ltrim(split_part(s, '.', 2), '0')[2:], ''), '0') ||
             'E-' || (length(split_part(s, '.', 2)) - length(ltrim(split_part(s, '.', 2), '0')) + 1) END);
CREATE OR REPLACE MACRO spark_json(j) AS CAST(j AS VARCHAR);
"""

_numbers = itertools.count()
_engine = None
_lock = threading.Lock()


def engine():
    """The database; an error that names the extra where DuckDB is not installed."""
    global _engine
    if _engine is None:
        with _lock:
            if _engine is None:
                _engine = Engine()
    return _engine


def needed():
    """Raises unless DuckDB is installed."""
    try:
        import duckdb
    except ImportError:
        raise PySparkRuntimeError(
            "DataFrames and SQL need DuckDB; install it by: pip install 'millrace[sql]'"
        ) from None
    return duckdb


def new_name(letter):
    """A name that nothing else in the database has."""
    return "%s%d" % (letter, next(_numbers))


class Table:
    """A table of the database; it is dropped when nothing refers to it any more."""

    def __init__(self, name, dropped):
        self.name = name
        weakref.finalize(self, dropped.append, name)


class Engine:
    """The database."""

    def __init__(self):
        duckdb = needed()
        self.error = duckdb.Error
        self._root = duckdb.connect(":memory:")
        self._root.execute("SET autoinstall_known_extensions = false")
        self._root.execute("SET preserve_insertion_order = true")
        self._root.execute(_MACROS)
        self._local = threading.local()
        self._dropped = collections.deque()

    def cursor(self):
        """The cursor of the calling thread."""
        made = getattr(self._local, "cursor", None)
        if made is None:
            with _lock:
                made = self._local.cursor = self._root.cursor()
        return made

    def rows(self, sql, parameters=None):
        """The rows that a query gives."""
        return self.cursor().execute(sql, parameters or []).fetchall()

    def create(self, sql, parameters=None):
        """A table with the rows that a query gives."""
        while self._dropped:
            try:
                name = self._dropped.popleft()
            except IndexError:
                break
            self.cursor().execute("DROP TABLE IF EXISTS %s" % quoted(name))
        name = new_name("t")
        self.cursor().execute("CREATE TABLE %s AS %s" % (name, sql), parameters or [])
        return Table(name, self._dropped)

    def load(self, columns, kinds, names, sizes):
        """A table of these columns, whose rows are in partitions of these sizes."""
        columns = [_without_nan(values, kind) for values, kind in zip(columns, kinds)]
        parts = [
            "unnest(CAST(%s AS %s[])) AS %s" % ("CAST(? AS VARCHAR[])" if as_text else "?", kind.duck, name)
            for kind, name, (_, as_text) in zip(kinds, names, columns)
        ]
        columns = [values for values, _ in columns]
        count = sum(sizes)
        if not parts:
            rows = "SELECT unnest(range(%d)) AS _o" % count
        else:
            rows = "SELECT %s, unnest(range(%d)) AS _o" % (", ".join(parts), count)
        return self.create("SELECT *, %s AS _p FROM (%s)" % (_partition(sizes), rows), columns)


def _without_nan(values, kind):
    """A column, and whether it is given as texts: DuckDB before 1.5 takes a NaN for a null."""
    if isinstance(kind, (DoubleType, FloatType)) and any(value != value for value in values):
        return [None if value is None else repr(value) for value in values], True
    return values, False


def _partition(sizes):
    """The partition of a row by its place."""
    end, cases = 0, ""
    for index, size in enumerate(sizes[:-1]):
        end += size
        if size:
            cases += " WHEN _o < %d THEN %d" % (end, index)
    last = max(len(sizes) - 1, 0)
    return "CASE%s ELSE %d END" % (cases, last) if cases else str(last)
