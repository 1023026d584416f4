"""Functions of days and points in time."""

import re

from ... import types as T
from ..._errors import analysis
from ..nodes import Lit
from ..typed import Typed, cast
from .spec import DATE, INT, LONG, STRING, TIMESTAMP, Spec, template

#: Letters of Spark's patterns and what DuckDB calls them, the longest first.
_LETTERS = [
    ("yyyy", "%Y"),
    ("yy", "%y"),
    ("y", "%-Y"),
    ("MMMM", "%B"),
    ("MMM", "%b"),
    ("MM", "%m"),
    ("M", "%-m"),
    ("dd", "%d"),
    ("d", "%-d"),
    ("HH", "%H"),
    ("H", "%-H"),
    ("hh", "%I"),
    ("h", "%-I"),
    ("mm", "%M"),
    ("m", "%-M"),
    ("ss", "%S"),
    ("s", "%-S"),
    ("SSSSSS", "%f"),
    ("SSS", "%g"),
    ("EEEE", "%A"),
    ("EEE", "%a"),
    ("E", "%a"),
    ("a", "%p"),
    ("DDD", "%j"),
]


def duck_pattern(pattern):
    """A pattern of Spark's, as DuckDB has it."""
    made, at = "", 0
    while at < len(pattern):
        if pattern[at] == "'":
            end = pattern.find("'", at + 1)
            end = len(pattern) if end < 0 else end
            made += pattern[at + 1 : end] or "'"
            at = end + 1
            continue
        letters = re.match(r"([A-Za-z])\1*", pattern[at:])
        if letters is None:
            made += pattern[at].replace("%", "%%")
            at += 1
            continue
        for spark, duck in _LETTERS:
            if letters.group() == spark:
                made += duck
                break
        else:
            raise analysis(
                "INVALID_DATETIME_PATTERN",
                "The pattern %r has %r, which is not supported." % (pattern, letters.group()),
            )
        at += len(letters.group())
    return made


def _pattern(call, index, default):
    if len(call.arguments) <= index:
        return default
    node = call.arguments[index]
    if not isinstance(node, Lit):
        raise analysis("NON_FOLDABLE_ARGUMENT", "The pattern of a time has to be a literal.")
    return duck_pattern(node.value)


def _quoted(text):
    return "'%s'" % text.replace("'", "''")


def _date_format(arguments, call):
    value = cast(arguments[0], TIMESTAMP)
    pattern = _quoted(_pattern(call, 1, "%Y-%m-%d"))
    return Typed("strftime(%s, %s)" % (value.sql, pattern), STRING, value.nullable)


def _to(kind):
    def make(arguments, call):
        value = arguments[0]
        if len(arguments) == 1 or not isinstance(value.type, T.StringType):
            return cast(value, kind)
        sql = "CAST(try_strptime(%s, %s) AS %s)" % (
            value.sql,
            _quoted(_pattern(call, 1, "")),
            kind.duck,
        )
        return Typed(sql, kind, True)

    return make


def _unix_timestamp(arguments, call):
    if not arguments:
        return Typed("CAST(epoch(now()) AS BIGINT)", LONG, False)
    if isinstance(arguments[0].type, T.StringType):
        pattern = _quoted(_pattern(call, 1, "%Y-%m-%d %H:%M:%S"))
        value = "try_strptime(%s, %s)" % (arguments[0].sql, pattern)
    else:
        value = cast(arguments[0], TIMESTAMP).sql
    return Typed("CAST(epoch(spark_utc(%s)) AS BIGINT)" % value, LONG, True)


def _from_unixtime(arguments, call):
    value = cast(arguments[0], LONG)
    pattern = _quoted(_pattern(call, 1, "%Y-%m-%d %H:%M:%S"))
    sql = "strftime(spark_local(make_timestamp(%s * 1000000)), %s)" % (value.sql, pattern)
    return Typed(sql, STRING, value.nullable)


def _now(arguments, call):
    return Typed("spark_local(CAST(now() AT TIME ZONE 'UTC' AS TIMESTAMP))", TIMESTAMP, False)


def _today(arguments, call):
    return Typed("CAST(spark_local(CAST(now() AT TIME ZONE 'UTC' AS TIMESTAMP)) AS DATE)", DATE, False)


def _part(name):
    return template("CAST(date_part('%s', {0}) AS INTEGER)" % name, INT, TIMESTAMP)


def _trunc(arguments, call):
    value = cast(arguments[0], DATE)
    return Typed("CAST(date_trunc(lower(%s), %s) AS DATE)" % (arguments[1].sql, value.sql), DATE, True)


def _date_trunc(arguments, call):
    value = cast(arguments[1], TIMESTAMP)
    return Typed("date_trunc(lower(%s), %s)" % (arguments[0].sql, value.sql), TIMESTAMP, True)


TABLE = {
    "date_format": Spec(_date_format, 2),
    "to_date": Spec(_to(DATE), 1, 2),
    "date": Spec(_to(DATE), 1),
    "to_timestamp": Spec(_to(TIMESTAMP), 1, 2),
    "timestamp": Spec(_to(TIMESTAMP), 1),
    "unix_timestamp": Spec(_unix_timestamp, 0, 2),
    "to_unix_timestamp": Spec(_unix_timestamp, 1, 2),
    "from_unixtime": Spec(_from_unixtime, 1, 2),
    "current_timestamp": Spec(_now, 0),
    "now": Spec(_now, 0),
    "current_date": Spec(_today, 0),
    "trunc": Spec(_trunc, 2),
    "date_trunc": Spec(_date_trunc, 2),
    "year": _part("year"),
    "month": _part("month"),
    "day": _part("day"),
    "dayofmonth": _part("day"),
    "hour": _part("hour"),
    "minute": _part("minute"),
    "second": _part("second"),
    "quarter": _part("quarter"),
    "dayofyear": _part("doy"),
    "weekofyear": _part("week"),
    "dayofweek": template("CAST(date_part('dow', {0}) + 1 AS INTEGER)", INT, TIMESTAMP),
    "date_add": template("CAST({0} + {1} AS DATE)", DATE, DATE, INT),
    "date_sub": template("CAST({0} - {1} AS DATE)", DATE, DATE, INT),
    "datediff": template("CAST({0} - {1} AS INTEGER)", INT, DATE, DATE),
    "add_months": template("CAST({0} + to_months({1}) AS DATE)", DATE, DATE, INT),
    "last_day": template("last_day({0})", DATE, DATE),
}
