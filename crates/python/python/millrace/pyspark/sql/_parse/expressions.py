"""Expressions of SQL."""

import datetime
import decimal

from .. import types as T
from .._ddl import parsed_type
from .._expr import nodes as N
from .._expr.call import Call, Over
from .tokens import Tokens, text_of

#: Words that cannot be the name of a column where an alias or an operand may stand.
RESERVED = frozenset(
    "SELECT FROM WHERE GROUP ORDER HAVING LIMIT UNION EXCEPT INTERSECT JOIN INNER LEFT RIGHT FULL CROSS ON "
    "USING AND OR NOT IN IS LIKE RLIKE ILIKE BETWEEN CASE WHEN THEN ELSE END AS BY ASC DESC LATERAL "
    "SORT DISTRIBUTE CLUSTER WITH OVER NULLS ANTI SEMI NATURAL WINDOW OFFSET MINUS DISTINCT".split()
)
_COMPARISONS = {"=": "=", "==": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "<=>": "<=>"}


class ExpressionReader(Tokens):
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
        """What `one` reads, with commas between."""
        made = [one()]
        while self.accept(","):
            made.append(one())
        return made

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

    def _texts(self):
        made = ""
        while self.next.kind == "text":
            made += text_of(self.take().text)
        return N.Lit(made)

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
            return _time_literal(word, text_of(self.take().text))
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

    def _name_or_call(self):
        place = self.place()
        parts = [self.identifier()]
        if self.at("("):
            return self._call(parts[0], place)
        while self.at("."):
            if self.ahead().text == "*":
                self.index += 2
                return N.Star(".".join(parts))
            self.take()
            parts.append(self.identifier())
        return N.Ref(parts, place)

    def _call(self, name, place):
        self.expect("(")
        distinct = self.accept("DISTINCT")
        arguments = []
        if not self.at(")"):
            arguments = self.several(self.expression)
        options = {}
        if self.accept("IGNORE", "NULLS"):
            options["ignore_nulls"] = True
        self.expect(")")
        made = Call(name, arguments, distinct, at=place, options=options)
        if self.accept("OVER"):
            return self._over(made)
        return made

    def _over(self, call):
        self.expect("(")
        partitions, orders, frame = [], [], None
        if self.accept("PARTITION", "BY"):
            partitions = self.several(self.expression)
        if self.accept("ORDER", "BY"):
            orders = self.several(self.sort_key)
        if self.at("ROWS") or self.at("RANGE"):
            words = []
            while not self.at(")"):
                words.append(self.take().upper)
            frame = " ".join(words)
        self.expect(")")
        return Over(call, partitions, orders, frame)

    def sort_key(self):
        """An expression to sort by."""
        made = self.expression()
        ascending = True
        if self.accept("DESC"):
            ascending = False
        else:
            self.accept("ASC")
        nulls_first = None
        if self.accept("NULLS", "FIRST"):
            nulls_first = True
        elif self.accept("NULLS", "LAST"):
            nulls_first = False
        return N.SortKey(made, ascending, nulls_first)

    def query(self):
        """A query inside of an expression."""
        from .queries import QueryReader

        reader = QueryReader.__new__(QueryReader)
        reader.text, reader.tokens, reader.index = self.text, self.tokens, self.index
        made = reader.query()
        self.index = reader.index
        return made


class _OfQuery(N.Node):
    """An expression with a query in it; `plan` is put in before it is resolved."""

    def __init__(self, query):
        self.query = query
        self.plan = None

    def _values(self):
        return "(SELECT %s FROM (%s))" % (self.plan.attributes[0].id, self.plan.sql())


class ScalarQuery(_OfQuery):
    """The one value of a query."""

    def name(self):
        return "scalarsubquery()"

    def resolve(self, scope):
        return N.Typed(self._values(), self.plan.attributes[0].type, True)


class ExistsQuery(_OfQuery):
    """Whether a query has a row."""

    def name(self):
        return "exists()"

    def resolve(self, scope):
        return N.Typed("EXISTS %s" % self._values(), T.BooleanType(), False)


class InQuery(_OfQuery):
    """Whether a value is among those of a query."""

    def __init__(self, child, query):
        super().__init__(query)
        self.child = child

    def children(self):
        return (self.child,)

    def name(self):
        return "(%s IN (listquery()))" % self.child.name()

    def resolve(self, scope):
        child = self.child.resolve(scope)
        return child.with_sql("(%s IN %s)" % (child.sql, self._values()), T.BooleanType())


def _time_literal(word, text):
    if word == "DATE":
        return N.Lit(datetime.date.fromisoformat(text.strip()))
    return N.Lit(datetime.datetime.fromisoformat(text.strip()))
