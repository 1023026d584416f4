"""Spark's SQL, read into the nodes of expressions and queries."""

from .expressions import ExpressionReader
from .queries import QueryReader


def parsed_expression(text):
    """The expression that a text is, an alias with it."""
    reader = ExpressionReader(text)
    made = reader.named_expression()
    reader.end()
    return made


def parsed_statement(text):
    """The query or command that a text is."""
    reader = QueryReader(text)
    made = reader.statement()
    reader.end()
    return made
