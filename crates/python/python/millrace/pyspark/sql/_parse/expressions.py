"""Expressions of SQL."""

from .._expr import nodes as N
from .calls import CallReader
from .conditions import ConditionReader
from .literals import LiteralReader
from .primaries import PrimaryReader
from .reserved import RESERVED
from .sums import SumReader


class ExpressionReader(ConditionReader, SumReader, PrimaryReader, LiteralReader, CallReader):
    """Reads expressions."""

    def named_expression(self):
        """An expression and the alias behind it."""
        made = self.expression()
        if self.accept("AS"):
            return N.Alias(made, self.identifier())
        if self.next.kind == "quoted" or self._is_plain_name():
            return N.Alias(made, self.identifier())
        return made

    def _is_plain_name(self):
        return self.next.kind == "word" and self.next.upper not in RESERVED

    def identifier(self):
        """A name."""
        token = self.take()
        if token.kind == "quoted":
            return token.text[1:-1].replace("``", "`")
        if token.kind != "word":
            raise self.error(token)
        return token.text

    def query(self):
        """A query inside of an expression."""
        from .queries import QueryReader

        reader = QueryReader.__new__(QueryReader)
        reader.text, reader.tokens, reader.index = self.text, self.tokens, self.index
        made = reader.query()
        self.index = reader.index
        return made
