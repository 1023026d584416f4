"""Arithmetic, and what stands behind a value."""

from .._expr import nodes as N
from .._expr.call import Call
from .tokens import Tokens


class SumReader(Tokens):
    """Reads sums; `_primary` reads what is added up."""

    def _sum(self):
        made = self._product()
        while self.next.text in ("+", "-", "||") and self.next.kind == "sign":
            operator = self.take().text
            right = self._product()
            if operator == "||":
                made = Call("concat", [made, right])
            else:
                made = N.Arithmetic(operator, made, right)
        return made

    def _product(self):
        made = self._unary()
        while (self.next.kind == "sign" and self.next.text in ("*", "/", "%")) or self.at("DIV"):
            operator = self.take().text.lower()
            made = N.Arithmetic(operator, made, self._unary())
        return made

    def _unary(self):
        if self.accept("-"):
            if self.next.kind == "number":
                value = self._number(self.take(), "-")
                return self._postfix(value)
            return N.Negative(self._unary())
        if self.accept("+"):
            return self._unary()
        return self._postfix(self._primary())

    def _postfix(self, made):
        while True:
            if self.accept("["):
                key = self.expression()
                self.expect("]")
                made = N.Index(made, key)
            elif self.accept("::"):
                made = N.Cast(made, self.type_name())
            elif self.at(".") and not isinstance(made, (N.Ref, N.Lit)):
                self.take()
                made = N.Field(made, self.identifier())
            else:
                return made
