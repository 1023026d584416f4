"""Numbers, texts, times and types."""

import datetime
import decimal

from .. import types as T
from .._ddl import parsed_type
from .._expr import nodes as N
from .tokens import Tokens, text_of


class LiteralReader(Tokens):
    """Reads literals and the names of types."""

    def _number(self, token, sign=""):
        text = token.text
        suffix = text[-1].upper() if text[-1].isalpha() else ""
        if text.upper().endswith("BD"):
            value = decimal.Decimal(sign + text[:-2])
            return N.Lit(value)
        if suffix:
            kind = {"L": T.LongType, "S": T.ShortType, "Y": T.ByteType, "D": T.DoubleType, "F": T.FloatType}[suffix]()
            read = float if suffix in "DF" else int
            return N.Lit(read(sign + text[:-1]), kind)
        if "e" in text.lower():
            return N.Lit(float(sign + text))
        if "." in text:
            return N.Lit(decimal.Decimal(sign + text))
        value = int(sign + text)
        if not -(2**63) <= value < 2**63:
            return N.Lit(decimal.Decimal(value))
        return N.Lit(value)

    def _texts(self):
        made = ""
        while self.next.kind == "text":
            made += text_of(self.take().text)
        return N.Lit(made)

    def type_name(self):
        """The name of a type."""
        start = self.next.position
        depth = 0
        while self.next.kind != "end":
            text = self.next.text
            if text in ("(", "<"):
                depth += 1
            elif text in (")", ">"):
                if depth == 0:
                    break
                depth -= 1
            elif depth == 0 and self.index and self.next.position > start and text not in ("(", "<"):
                break
            self.take()
        return parsed_type(self.text[start : self.next.position].strip())


def time_literal(word, text):
    """The value of ``DATE '...'`` or ``TIMESTAMP '...'``."""
    if word == "DATE":
        return N.Lit(datetime.date.fromisoformat(text.strip()))
    return N.Lit(datetime.datetime.fromisoformat(text.strip()))
