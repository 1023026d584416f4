"""Functions that choose among values."""

from ... import types as T
from ..._errors import mismatch
from ..typed import Typed, cast, common
from .spec import BOOLEAN, Spec


def all_of_one_type(arguments, call):
    """The arguments, cast to the type that holds them all."""
    kind = arguments[0].type
    for argument in arguments[1:]:
        made = common(kind, argument.type)
        if made is None:
            raise mismatch(call.name(), kind, argument.type)
        kind = made
    return [cast(argument, kind) for argument in arguments], kind


def _coalesce(arguments, call):
    parts, kind = all_of_one_type(arguments, call)
    sql = "coalesce(%s)" % ", ".join(part.sql for part in parts)
    return Typed(sql, kind, all(part.nullable for part in parts))


def _if(arguments, call):
    (then, other), kind = all_of_one_type(arguments[1:], call)
    sql = "(CASE WHEN %s THEN %s ELSE %s END)" % (arguments[0].sql, then.sql, other.sql)
    return Typed(sql, kind, then.nullable or other.nullable)


def _nullif(arguments, call):
    parts, _ = all_of_one_type(arguments, call)
    sql = "nullif(%s, %s)" % (parts[0].sql, parts[1].sql)
    return Typed(sql, parts[0].type, True)


def _nvl2(arguments, call):
    (then, other), kind = all_of_one_type(arguments[1:], call)
    sql = "(CASE WHEN %s IS NOT NULL THEN %s ELSE %s END)" % (arguments[0].sql, then.sql, other.sql)
    return Typed(sql, kind, then.nullable or other.nullable)


def _best(function):
    def make(arguments, call):
        parts, kind = all_of_one_type(arguments, call)
        sql = "%s(%s)" % (function, ", ".join(part.sql for part in parts))
        return Typed(sql, kind, all(part.nullable for part in parts))

    return make


def _isnan(arguments, call):
    sql = "coalesce(isnan(CAST(%s AS DOUBLE)), FALSE)" % arguments[0].sql
    return Typed(sql, BOOLEAN, False)


def _is_null(negated):
    def make(arguments, call):
        sql = "(%s IS %sNULL)" % (arguments[0].sql, negated)
        return Typed(sql, T.BooleanType(), False)

    return make


TABLE = {
    "coalesce": Spec(_coalesce, 1, -1),
    "nvl": Spec(_coalesce, 2),
    "ifnull": Spec(_coalesce, 2),
    "nvl2": Spec(_nvl2, 3),
    "if": Spec(_if, 3),
    "nullif": Spec(_nullif, 2),
    "greatest": Spec(_best("greatest"), 2, -1),
    "least": Spec(_best("least"), 2, -1),
    "isnan": Spec(_isnan, 1),
    "isnull": Spec(_is_null(""), 1),
    "isnotnull": Spec(_is_null("NOT "), 1),
}
