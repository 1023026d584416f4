"""Errors of queries, with Spark's conditions and words."""

from ..errors.exceptions import AnalysisException, ParseException


def analysis(condition, message, at=None):
    """A query that cannot be understood; `at` is the place in its text."""
    if at is not None:
        message += "; line %d pos %d" % at
    return AnalysisException(message, error_class=condition)


def unresolved_column(name, known, at=None, as_they_are=False):
    """A column that there is not, and those that it could be, the likeliest first."""
    if not known:
        return analysis(
            "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION",
            "A column or function parameter with name %s cannot be resolved." % name,
            at,
        )
    near = list(known)
    if not as_they_are:
        near = sorted(set(known), key=lambda other: (_distance(name.strip("`"), other), other))
    return analysis(
        "UNRESOLVED_COLUMN.WITH_SUGGESTION",
        "A column or function parameter with name %s cannot be resolved. Did you mean one of the "
        "following? [%s]." % (name, ", ".join("`%s`" % other for other in near[:5])),
        at,
    )


def ambiguous(name, candidates):
    """A name that several columns have."""
    return analysis(
        "AMBIGUOUS_REFERENCE",
        "Reference `%s` is ambiguous, could be: [%s]."
        % (name, ", ".join("`%s`" % other for other in candidates)),
    )


def no_view(name, at=None):
    """A view that there is not."""
    return analysis(
        "TABLE_OR_VIEW_NOT_FOUND",
        "The table or view %s cannot be found. Verify the spelling and correctness of the schema "
        "and catalog.\nIf you did not qualify the name with a schema, verify the current_schema() "
        "output, or qualify the name with the correct schema and catalog.\nTo tolerate the error "
        "on drop use DROP VIEW IF EXISTS or DROP TABLE IF EXISTS." % name,
        at,
    )


def no_function(name, at=None):
    """A function that there is not."""
    return analysis(
        "UNRESOLVED_ROUTINE",
        "Cannot resolve function `%s` on search path [`system`.`builtin`, `system`.`session`, "
        "`spark_catalog`.`default`]." % name,
        at,
    )


def wrong_number(name, wanted, got, at=None):
    """A function that was given too many or too few arguments."""
    return analysis(
        "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
        "The `%s` requires %s parameters but the actual number is %d. Please, refer to "
        "'https://spark.apache.org/docs/latest/sql-ref-functions.html' for a fix."
        % (name, wanted, got),
        at,
    )


def mismatch(shown, left, right):
    """Two sides of an operator that do not fit each other."""
    return analysis(
        "DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES",
        'Cannot resolve "%s" due to data type mismatch: the left and right operands of the binary '
        'operator have incompatible types ("%s" and "%s").'
        % (shown, left.simpleString().upper(), right.simpleString().upper()),
    )


def no_group_by():
    """Aggregates beside columns, without GROUP BY."""
    return analysis(
        "MISSING_GROUP_BY",
        "The query does not include a GROUP BY clause. Add GROUP BY or turn it into the window "
        "functions using OVER clauses.",
    )


def not_aggregated(name):
    """A column that is neither grouped by nor aggregated."""
    return analysis(
        "MISSING_AGGREGATION",
        'The non-aggregating expression "%s" is based on columns which are not participating in '
        "the GROUP BY clause.\nAdd the columns or the expression to the GROUP BY, aggregate the "
        'expression, or use "any_value(%s)" if you do not care which of the values within a group '
        "is returned." % (name, name),
    )


def syntax(text, position, near):
    """A text that is no SQL."""
    before = text[:position]
    line = before.count("\n") + 1
    column = position - (before.rfind("\n") + 1)
    lines = text.split("\n")
    # Spark underlines the place and puts the rest behind it.
    shown = lines[:line] + ["-" * column + "^^^"] + lines[line:]
    return ParseException(
        "\n[PARSE_SYNTAX_ERROR] Syntax error at or near %s.(line %d, pos %d)\n\n== SQL ==\n%s\n"
        % (near, line, column, "\n".join(shown))
    )


def _distance(a, b):
    """The number of letters that differ (Levenshtein)."""
    a, b = a.lower(), b.lower()
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, right in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (left != right))
    return row[-1]
