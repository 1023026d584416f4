"""Functions of texts."""

from ... import types as T
from ..typed import Typed, cast
from .spec import BOOLEAN, INT, STRING, Spec, template

_WORDS = T.ArrayType(STRING, False)


def _concat(arguments, call):
    if arguments and isinstance(arguments[0].type, T.ArrayType):
        sql = "list_concat(%s)" % ", ".join(part.sql for part in arguments)
        return Typed(sql, arguments[0].type, any(part.nullable for part in arguments))
    parts = [cast(part, STRING) for part in arguments]
    sql = "(%s)" % (" || ".join(part.sql for part in parts) or "''")
    return Typed(sql, STRING, any(part.nullable for part in parts))


def _concat_ws(arguments, call):
    separator = cast(arguments[0], STRING)
    parts = [
        "array_to_string(%s, %s)" % (part.sql, separator.sql)
        if isinstance(part.type, T.ArrayType)
        else cast(part, STRING).sql
        for part in arguments[1:]
    ]
    sql = "concat_ws(%s)" % ", ".join([separator.sql, *parts])
    return Typed(sql, STRING, separator.nullable)


def _split(arguments, call):
    text, pattern = cast(arguments[0], STRING), arguments[1]
    sql = "regexp_split_to_array(%s, %s)" % (text.sql, pattern.sql)
    if len(arguments) == 3:
        # With a limit, what is left over stays in one piece.
        sql = (
            "(CASE WHEN {2} > 0 AND len({0}) > {2} THEN list_append({0}[1:{2} - 1], "
            "array_to_string({0}[{2}:], {1})) ELSE {0} END)"
        ).format(sql, pattern.sql, arguments[2].sql)
    return Typed(sql, _WORDS, text.nullable)


def _trim(function):
    def make(arguments, call):
        text = cast(arguments[0], STRING)
        letters = arguments[1].sql if len(arguments) == 2 else "' '"
        return Typed("%s(%s, %s)" % (function, text.sql, letters), STRING, text.nullable)

    return make


def _substring(arguments, call):
    text, start = cast(arguments[0], STRING), cast(arguments[1], INT)
    if len(arguments) == 2:
        sql = "spark_substring(%s, %s, 2147483647)" % (text.sql, start.sql)
    else:
        sql = "spark_substring(%s, %s, %s)" % (text.sql, start.sql, cast(arguments[2], INT).sql)
    return Typed(sql, STRING, any(part.nullable for part in arguments))


def _length(arguments, call):
    if isinstance(arguments[0].type, T.BinaryType):
        return Typed("CAST(octet_length(%s) AS INTEGER)" % arguments[0].sql, INT, arguments[0].nullable)
    text = cast(arguments[0], STRING)
    return Typed("CAST(length(%s) AS INTEGER)" % text.sql, INT, text.nullable)


def _format_number(arguments, call):
    sql = "format('{{:,.' || %s || 'f}}', CAST(%s AS DOUBLE))" % (arguments[1].sql, arguments[0].sql)
    return Typed(sql, STRING, True)


TABLE = {
    "concat": Spec(_concat, 0, -1),
    "concat_ws": Spec(_concat_ws, 1, -1),
    "split": Spec(_split, 2, 3),
    "trim": Spec(_trim("trim"), 1, 2),
    "ltrim": Spec(_trim("ltrim"), 1, 2),
    "rtrim": Spec(_trim("rtrim"), 1, 2),
    "substring": Spec(_substring, 2, 3),
    "substr": Spec(_substring, 2, 3),
    "length": Spec(_length, 1),
    "len": Spec(_length, 1),
    "char_length": Spec(_length, 1),
    "character_length": Spec(_length, 1),
    "format_number": Spec(_format_number, 2),
    "upper": template("upper({0})", STRING, STRING),
    "ucase": template("upper({0})", STRING, STRING),
    "lower": template("lower({0})", STRING, STRING),
    "lcase": template("lower({0})", STRING, STRING),
    "initcap": template(
        "array_to_string(list_transform(string_split(lower({0}), ' '), "
        "lambda w: upper(w[1:1]) || w[2:]), ' ')",
        STRING,
        STRING,
    ),
    "reverse": template("reverse({0})", STRING, STRING),
    "repeat": template("repeat({0}, greatest({1}, 0))", STRING, STRING, INT),
    "lpad": template("left(lpad({0}, {1}, {2}), {1})", STRING, STRING, INT, STRING),
    "rpad": template("left(rpad({0}, {1}, {2}), {1})", STRING, STRING, INT, STRING),
    "instr": template("CAST(instr({0}, {1}) AS INTEGER)", INT, STRING, STRING),
    "locate": template("CAST(instr({1}, {0}) AS INTEGER)", INT, STRING, STRING),
    "replace": template("replace({0}, {1}, {2})", STRING, STRING, STRING, STRING),
    "translate": template("translate({0}, {1}, {2})", STRING, STRING, STRING, STRING),
    "regexp_replace": template(
        "regexp_replace({0}, {1}, regexp_replace({2}, '\\$(\\d)', '\\\\\\1', 'g'), 'g')",
        STRING,
        STRING,
        STRING,
        STRING,
    ),
    "regexp_extract": template(
        "regexp_extract({0}, {1}, {2})", STRING, STRING, STRING, INT
    ),
    "like": template("({0} LIKE {1} ESCAPE '\\')", BOOLEAN, STRING, STRING),
    "ilike": template("({0} ILIKE {1} ESCAPE '\\')", BOOLEAN, STRING, STRING),
    "rlike": template("regexp_matches({0}, {1})", BOOLEAN, STRING, STRING),
    "regexp_like": template("regexp_matches({0}, {1})", BOOLEAN, STRING, STRING),
    "startswith": template("starts_with({0}, {1})", BOOLEAN, STRING, STRING),
    "endswith": template("ends_with({0}, {1})", BOOLEAN, STRING, STRING),
    "contains": template("contains({0}, {1})", BOOLEAN, STRING, STRING),
    "ascii": template("CAST(coalesce(ascii({0}), 0) AS INTEGER)", INT, STRING),
    "left": template("left({0}, greatest({1}, 0))", STRING, STRING, INT),
    "right": template("right({0}, greatest({1}, 0))", STRING, STRING, INT),
    "md5": template("md5({0})", STRING, STRING),
    "sha1": template("sha1({0})", STRING, STRING),
    "sha2": template("sha256({0})", STRING, STRING, INT),
    "base64": template("base64(encode({0}))", STRING, STRING),
    "levenshtein": template("CAST(levenshtein({0}, {1}) AS INTEGER)", INT, STRING, STRING),
}
