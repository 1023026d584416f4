"""Single values: brackets, words, CASE."""

from .._expr import nodes as N
from .._expr.call import Call
from .inner import ExistsQuery, ScalarQuery
from .literals import time_literal
from .reserved import RESERVED
from .tokens import Tokens, text_of


class PrimaryReader(Tokens):
    """Reads single values."""

    def _primary(self):
        token = self.next
        if token.kind == "number":
            return self._number(self.take())
        if token.kind == "text":
            return self._texts()
        if self.accept("("):
            return self._in_brackets()
        if token.kind == "sign" and token.text == "*":
            self.take()
            return N.Star()
        if token.kind == "word":
            made = self._by_word(token)
            if made is not None:
                return made
        elif token.kind != "quoted":
            raise self.error()
        return self._name_or_call()

    def _in_brackets(self):
        if self.at("SELECT") or self.at("WITH"):
            query = self.query()
            self.expect(")")
            return ScalarQuery(query)
        made = self.expression()
        if self.at(","):
            self.take()
            made = Call("struct", [made, *self.several(self.expression)])
        self.expect(")")
        return made

    def _by_word(self, token):
        word, after = token.upper, self.ahead()
        if word in ("TRUE", "FALSE"):
            self.take()
            return N.Lit(word == "TRUE")
        if word == "NULL":
            self.take()
            return N.Lit(None)
        if word == "CASE":
            self.take()
            return self._case()
        if word in ("CAST", "TRY_CAST") and after.text == "(":
            self.index += 2
            made = self.expression()
            self.expect("AS")
            kind = self.type_name()
            self.expect(")")
            return N.Cast(made, kind)
        if word in ("DATE", "TIMESTAMP") and after.kind == "text":
            self.take()
            return time_literal(word, text_of(self.take().text))
        if word == "EXISTS" and after.text == "(":
            self.index += 2
            query = self.query()
            self.expect(")")
            return ExistsQuery(query)
        if word in ("CURRENT_DATE", "CURRENT_TIMESTAMP") and after.text != "(":
            self.take()
            return Call(word.lower(), [])
        if word in RESERVED and word not in ("LEFT", "RIGHT") or word in ("LEFT", "RIGHT") and after.text != "(":
            raise self.error()
        return None

    def _case(self):
        subject = None if self.at("WHEN") else self.expression()
        branches, otherwise = [], None
        while self.accept("WHEN"):
            when = self.expression()
            if subject is not None:
                when = N.Comparison("=", subject, when)
            self.expect("THEN")
            branches.append((when, self.expression()))
        if self.accept("ELSE"):
            otherwise = self.expression()
        self.expect("END")
        return N.Case(branches, otherwise)
