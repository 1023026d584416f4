"""Functions that make one value of many rows."""

from ... import types as T
from ..typed import Typed, bounded, cast
from .spec import DOUBLE, LONG, Spec


def _distinct(call):
    return "DISTINCT " if call.distinct else ""


def _count(arguments, call):
    if len(arguments) == 1:
        return Typed("count(%s%s)" % (_distinct(call), arguments[0].sql), LONG, False)
    row = "row(%s)" % ", ".join(part.sql for part in arguments)
    known = " AND ".join("%s IS NOT NULL" % part.sql for part in arguments)
    return Typed("count(%s%s) FILTER (%s)" % (_distinct(call), row, known), LONG, False)


def _sum(arguments, call):
    value = arguments[0]
    if isinstance(value.type, T.StringType):
        value = cast(value, DOUBLE)
    if isinstance(value.type, T.DecimalType):
        kind = bounded(value.type.precision + 10, value.type.scale)
    elif isinstance(value.type, T.IntegralType):
        kind = LONG
    else:
        kind = DOUBLE
        if not call.distinct:
            return Typed(_float_sum(cast(value, DOUBLE).sql, call.partitions), kind, True)
    return Typed("CAST(sum(%s%s) AS %s)" % (_distinct(call), value.sql, kind.duck), kind, True)


def _avg(arguments, call):
    value = arguments[0]
    if isinstance(value.type, T.DecimalType):
        kind = bounded(value.type.precision + 4, value.type.scale + 4)
        sql = "CAST(sum({0}{1}) / NULLIF(count({0}{1}), 0) AS {2})".format(
            _distinct(call), value.sql, kind.duck
        )
        return Typed(sql, kind, True)
    value = cast(value, DOUBLE)
    if call.distinct:
        return Typed("avg(DISTINCT %s)" % value.sql, DOUBLE, True)
    sql = "(%s / NULLIF(count(%s), 0))" % (_float_sum(value.sql, call.partitions), value.sql)
    return Typed(sql, DOUBLE, True)


def _float_sum(sql, partitions):
    """A sum of floats, added up as Spark does it: in every partition, and then those."""
    if not 1 < partitions <= 16:
        return "sum(%s ORDER BY _o)" % sql
    parts = [
        "coalesce(sum(%s ORDER BY _o) FILTER (_p = %d), 0.0::DOUBLE)" % (sql, index)
        for index in range(partitions)
    ]
    return "(CASE WHEN count(%s) > 0 THEN %s END)" % (sql, " + ".join(parts))


def _same_type(sql, nullable=True):
    def make(arguments, call):
        return Typed(sql % arguments[0].sql, arguments[0].type, nullable)

    return make


def _edge(function):
    def make(arguments, call):
        ignore = call.options.get("ignore_nulls")
        if len(arguments) == 2:
            ignore = call.arguments[1].value
        value = arguments[0]
        only = " FILTER (%s IS NOT NULL)" % value.sql if ignore else ""
        # DuckDB's own passes over nulls; a list of one does not.
        sql = "(%s([%s] ORDER BY _o)%s)[1]" % (function, value.sql, only)
        return Typed(sql, value.type, True)

    return make


def _list(arguments, call):
    value = arguments[0]
    sql = "coalesce(list({0} ORDER BY _o) FILTER ({0} IS NOT NULL), [])".format(value.sql)
    return Typed(sql, T.ArrayType(value.type, False), False)


def _set(arguments, call):
    value = arguments[0]
    listed = "list({0} ORDER BY _o) FILTER ({0} IS NOT NULL)".format(value.sql)
    sql = "coalesce(list_filter({0}, lambda x, i: list_position({0}, x) = i), [])".format(listed)
    return Typed(sql, T.ArrayType(value.type, False), False)


def _spread(function):
    def make(arguments, call):
        return Typed("%s(%s)" % (function, cast(arguments[0], DOUBLE).sql), DOUBLE, True)

    return make


def _two(function):
    def make(arguments, call):
        parts = tuple(cast(argument, DOUBLE).sql for argument in arguments)
        return Typed("%s(%s, %s)" % (function, *parts), DOUBLE, True)

    return make


def _by(function):
    def make(arguments, call):
        sql = "%s(%s, %s)" % (function, arguments[0].sql, arguments[1].sql)
        return Typed(sql, arguments[0].type, True)

    return make


def _about(arguments, call):
    return Typed("count(DISTINCT %s)" % arguments[0].sql, LONG, False)


def _percentile(arguments, call):
    sql = "quantile_cont(%s, %s)" % (cast(arguments[0], DOUBLE).sql, arguments[1].sql)
    return Typed(sql, DOUBLE, True)


def _percentile_approx(arguments, call):
    sql = "quantile_disc(%s, CAST(%s AS DOUBLE))" % (arguments[0].sql, arguments[1].sql)
    return Typed(sql, arguments[0].type, True)


def _bool(function):
    def make(arguments, call):
        return Typed("%s(%s)" % (function, arguments[0].sql), T.BooleanType(), True)

    return make


TABLE = {
    "count": Spec(_count, 1, -1, plain="count(%s)"),
    "sum": Spec(_sum, 1, plain="sum(%s)"),
    "avg": Spec(_avg, 1, plain="avg(%s)"),
    "mean": Spec(_avg, 1, plain="avg(%s)"),
    "min": Spec(_same_type("min(%s)"), 1, plain="min(%s)"),
    "max": Spec(_same_type("max(%s)"), 1, plain="max(%s)"),
    "first": Spec(_edge("first"), 1, 2, plain="first_value(%s)"),
    "first_value": Spec(_edge("first"), 1, 2, plain="first_value(%s)"),
    "any_value": Spec(_edge("first"), 1, 2, plain="first_value(%s)"),
    "last": Spec(_edge("last"), 1, 2, plain="last_value(%s)"),
    "last_value": Spec(_edge("last"), 1, 2, plain="last_value(%s)"),
    "collect_list": Spec(_list, 1),
    "array_agg": Spec(_list, 1),
    "collect_set": Spec(_set, 1),
    "stddev": Spec(_spread("stddev_samp"), 1),
    "std": Spec(_spread("stddev_samp"), 1),
    "stddev_samp": Spec(_spread("stddev_samp"), 1),
    "stddev_pop": Spec(_spread("stddev_pop"), 1),
    "variance": Spec(_spread("var_samp"), 1),
    "var_samp": Spec(_spread("var_samp"), 1),
    "var_pop": Spec(_spread("var_pop"), 1),
    "corr": Spec(_two("corr"), 2),
    "covar_pop": Spec(_two("covar_pop"), 2),
    "covar_samp": Spec(_two("covar_samp"), 2),
    "skewness": Spec(_spread("skewness"), 1),
    "max_by": Spec(_by("max_by"), 2),
    "min_by": Spec(_by("min_by"), 2),
    "approx_count_distinct": Spec(_about, 1, 2),
    "percentile": Spec(_percentile, 2),
    "percentile_approx": Spec(_percentile_approx, 2, 3),
    "approx_percentile": Spec(_percentile_approx, 2, 3),
    "median": Spec(_spread("median"), 1),
    "bool_and": Spec(_bool("bool_and"), 1),
    "every": Spec(_bool("bool_and"), 1),
    "bool_or": Spec(_bool("bool_or"), 1),
    "any": Spec(_bool("bool_or"), 1),
    "some": Spec(_bool("bool_or"), 1),
}
