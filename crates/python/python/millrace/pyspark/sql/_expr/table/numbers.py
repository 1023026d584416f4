"""Functions of numbers."""

from ... import types as T
from ..typed import Typed, bounded, cast
from .spec import DOUBLE, INT, LONG, Spec, template


def _number(value):
    return cast(value, DOUBLE) if isinstance(value.type, T.StringType) else value


def _round(arguments, call):
    value = _number(arguments[0])
    scale = arguments[1].sql if len(arguments) == 2 else "0"
    if isinstance(value.type, T.DecimalType):
        kept = int(call.arguments[1].value) if len(arguments) == 2 else 0
        kept = max(min(kept, value.type.scale), 0)
        kind = bounded(value.type.precision - value.type.scale + kept + 1, kept)
        return Typed("CAST(round(%s, %s) AS %s)" % (value.sql, scale, kind.duck), kind, value.nullable)
    if isinstance(value.type, (T.FloatType, T.DoubleType)):
        # Spark rounds the digits that are shown, half up.
        sql = "spark_round(CAST(%s AS DOUBLE), CAST(%s AS INTEGER))" % (value.sql, scale)
        return Typed("CAST(%s AS %s)" % (sql, value.type.duck), value.type, value.nullable)
    return Typed("CAST(round(%s, %s) AS %s)" % (value.sql, scale, value.type.duck), value.type, value.nullable)


def _bround(arguments, call):
    value = cast(_number(arguments[0]), DOUBLE)
    scale = arguments[1].sql if len(arguments) == 2 else "0"
    return Typed("round_even(%s, %s)" % (value.sql, scale), DOUBLE, value.nullable)


def _whole(function):
    def make(arguments, call):
        value = _number(arguments[0])
        if isinstance(value.type, T.DecimalType):
            kind = bounded(value.type.precision - value.type.scale + 1, 0)
            return Typed("CAST(%s(%s) AS %s)" % (function, value.sql, kind.duck), kind, value.nullable)
        if isinstance(value.type, T.IntegralType):
            return cast(value, LONG)
        made = value.with_sql("%s(%s)" % (function, value.sql))
        return cast(made, LONG)

    return make


def _abs(arguments, call):
    value = _number(arguments[0])
    return value.with_sql("abs(%s)" % value.sql)


def _rand(arguments, call):
    return Typed("random()", DOUBLE, False)


def _log(arguments, call):
    if len(arguments) == 1:
        value = cast(arguments[0], DOUBLE)
        return Typed("(CASE WHEN {0} > 0 THEN ln({0}) END)".format(value.sql), DOUBLE, True)
    base, value = cast(arguments[0], DOUBLE), cast(arguments[1], DOUBLE)
    sql = "(CASE WHEN {1} > 0 AND {0} > 0 THEN ln({1}) / ln({0}) END)".format(base.sql, value.sql)
    return Typed(sql, DOUBLE, True)


def _above_zero(sql):
    return template("(CASE WHEN {0} > 0 THEN %s END)" % sql, DOUBLE, DOUBLE, nullable=True)


def _mod(arguments, call):
    from ..nodes import Arithmetic

    return Arithmetic("%", _Made(arguments[0]), _Made(arguments[1])).resolve(None)


class _Made:
    """A resolved expression in the place of one that is not."""

    def __init__(self, typed):
        self.typed = typed

    def resolve(self, scope):
        return self.typed

    def name(self):
        return self.typed.sql


TABLE = {
    "round": Spec(_round, 1, 2),
    "bround": Spec(_bround, 1, 2),
    "ceil": Spec(_whole("ceil"), 1),
    "ceiling": Spec(_whole("ceil"), 1),
    "floor": Spec(_whole("floor"), 1),
    "abs": Spec(_abs, 1),
    "rand": Spec(_rand, 0, 1),
    "random": Spec(_rand, 0, 1),
    "log": Spec(_log, 1, 2),
    "ln": Spec(_log, 1),
    "mod": Spec(_mod, 2),
    "log10": _above_zero("log10({0})"),
    "log2": _above_zero("log2({0})"),
    "log1p": template("(CASE WHEN {0} > -1 THEN ln(1 + {0}) END)", DOUBLE, DOUBLE, nullable=True),
    "sqrt": template("(CASE WHEN {0} >= 0 THEN sqrt({0}) ELSE CAST('NaN' AS DOUBLE) END)", DOUBLE, DOUBLE),
    "cbrt": template("cbrt({0})", DOUBLE, DOUBLE),
    "exp": template("exp({0})", DOUBLE, DOUBLE),
    "pow": template("pow({0}, {1})", DOUBLE, DOUBLE, DOUBLE),
    "power": template("pow({0}, {1})", DOUBLE, DOUBLE, DOUBLE),
    "signum": template("CAST(sign({0}) AS DOUBLE)", DOUBLE, DOUBLE),
    "sign": template("CAST(sign({0}) AS DOUBLE)", DOUBLE, DOUBLE),
    "sin": template("sin({0})", DOUBLE, DOUBLE),
    "cos": template("cos({0})", DOUBLE, DOUBLE),
    "tan": template("tan({0})", DOUBLE, DOUBLE),
    "asin": template("asin({0})", DOUBLE, DOUBLE),
    "acos": template("acos({0})", DOUBLE, DOUBLE),
    "atan": template("atan({0})", DOUBLE, DOUBLE),
    "atan2": template("atan2({0}, {1})", DOUBLE, DOUBLE, DOUBLE),
    "radians": template("radians({0})", DOUBLE, DOUBLE),
    "degrees": template("degrees({0})", DOUBLE, DOUBLE),
    "pi": Spec(lambda arguments, call: Typed("pi()", DOUBLE, False), 0),
    "e": Spec(lambda arguments, call: Typed("exp(1.0)", DOUBLE, False), 0),
    "hex": template("hex({0})", T.StringType(), LONG),
    "bin": template("bin({0})", T.StringType(), LONG),
    "factorial": template("CAST(factorial({0}) AS BIGINT)", LONG, INT),
    "monotonically_increasing_id": Spec(
        lambda arguments, call: Typed(
            "(CAST(_p AS BIGINT) * 8589934592 + row_number() OVER (PARTITION BY _p ORDER BY _o) - 1)",
            LONG,
            False,
        ),
        0,
    ),
    "spark_partition_id": Spec(lambda arguments, call: Typed("_p", INT, False), 0),
}
