"""Logic, comparisons, and conditions of one word."""

from .._expr import nodes as N
from .._expr.call import Call
from .inner import InQuery
from .tokens import Tokens

_COMPARISONS = {"=": "=", "==": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "<=>": "<=>"}


class ConditionReader(Tokens):
    """Reads conditions; `_sum` reads what is compared."""

    def expression(self):
        """An expression."""
        made = self._and()
        while self.accept("OR"):
            made = N.Logic("OR", made, self._and())
        return made

    def _and(self):
        made = self._not()
        while self.accept("AND"):
            made = N.Logic("AND", made, self._not())
        return made

    def _not(self):
        if self.accept("NOT") or self.accept("!"):
            return N.Not(self._not())
        return self._predicate()

    def _predicate(self):
        made = self._sum()
        while True:
            operator = self.next.text if self.next.kind == "sign" else None
            if operator in _COMPARISONS:
                self.take()
                made = N.Comparison(_COMPARISONS[operator], made, self._sum())
            elif operator in ("<>", "!="):
                self.take()
                made = N.Not(N.Comparison("=", made, self._sum()))
            elif self.accept("IS"):
                made = self._is(made)
            elif self.at("NOT") and self.ahead().upper in ("IN", "LIKE", "RLIKE", "ILIKE", "BETWEEN"):
                self.take()
                made = N.Not(self._with_word(made))
            elif self.next.upper in ("IN", "LIKE", "RLIKE", "ILIKE", "BETWEEN", "REGEXP") and self.next.kind == "word":
                made = self._with_word(made)
            else:
                return made

    def _is(self, made):
        negated = self.accept("NOT")
        if self.accept("NULL"):
            return N.IsNull(made, negated)
        if self.accept("DISTINCT"):
            self.expect("FROM")
            same = N.Comparison("<=>", made, self._sum())
            return same if negated else N.Not(same)
        if self.accept("TRUE"):
            same = N.Comparison("<=>", made, N.Lit(True))
        else:
            self.expect("FALSE")
            same = N.Comparison("<=>", made, N.Lit(False))
        return N.Not(same) if negated else same

    def _with_word(self, made):
        word = self.take().upper
        if word == "IN":
            self.expect("(")
            if self.at("SELECT") or self.at("WITH"):
                query = self.query()
                self.expect(")")
                return InQuery(made, query)
            values = self.several(self.expression)
            self.expect(")")
            return N.In(made, values)
        if word == "BETWEEN":
            low = self._sum()
            self.expect("AND")
            return N.Logic(
                "AND", N.Comparison(">=", made, low), N.Comparison("<=", made, self._sum())
            )
        pattern = self._sum()
        if word == "LIKE":
            return Call("like", [made, pattern], shown="%s LIKE %s" % (made.name(), pattern.name()))
        if word == "ILIKE":
            shown = "ilike(%s, %s)" % (made.name(), pattern.name())
            return Call("ilike", [made, pattern], shown=shown)
        return Call("rlike", [made, pattern], shown="RLIKE(%s, %s)" % (made.name(), pattern.name()))

    def several(self, one):
        """The parts that `one` reads, with commas between."""
        made = [one()]
        while self.accept(","):
            made.append(one())
        return made
