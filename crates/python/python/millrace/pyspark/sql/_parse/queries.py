"""Queries and the few commands that programs use."""

from dataclasses import dataclass, field

from .._expr.nodes import Node
from .expressions import ExpressionReader
from .reserved import RESERVED


@dataclass
class Table:
    """A view by its name."""

    parts: list
    alias: str = None
    at: tuple = None
    columns: list = None


@dataclass
class SubQuery:
    """A query in brackets."""

    query: object
    alias: str = None
    columns: list = None


@dataclass
class Join:
    """Two relations."""

    left: object
    right: object
    kind: str
    on: Node = None
    using: list = None


@dataclass
class LateralView:
    """A relation with the rows that a generator makes of each of its rows."""

    child: object
    generator: Node
    alias: str
    columns: list
    outer: bool


@dataclass
class Select:
    """SELECT."""

    items: list
    source: object = None
    where: Node = None
    groups: list = None
    having: Node = None
    distinct: bool = False
    values: list = None


@dataclass
class SetOperation:
    """UNION, EXCEPT, INTERSECT."""

    kind: str
    everything: bool
    left: object
    right: object


@dataclass
class Query:
    """A select, sorted and cut."""

    body: object
    orders: list = field(default_factory=list)
    limit: Node = None
    names: list = field(default_factory=list)


@dataclass
class Command:
    """Something other than a query."""

    kind: str
    name: str = None
    query: object = None
    flag: bool = False


class QueryReader(ExpressionReader):
    """Reads queries and commands."""

    def statement(self):
        """A query or a command."""
        if self.next.upper in ("SELECT", "WITH", "(", "VALUES", "FROM"):
            return self.query()
        if self.accept("CREATE"):
            return self._create()
        if self.accept("DROP", "VIEW") or self.accept("DROP", "TABLE"):
            flag = self.accept("IF", "EXISTS")
            return Command("drop", ".".join(self._parts()), flag=flag)
        if self.accept("SHOW", "TABLES") or self.accept("SHOW", "VIEWS"):
            return Command("show")
        if self.accept("CACHE", "TABLE") or self.accept("UNCACHE", "TABLE") or self.accept("REFRESH", "TABLE"):
            return Command("cache", ".".join(self._parts()))
        if self.accept("DESCRIBE") or self.accept("DESC"):
            self.accept("TABLE")
            return Command("describe", ".".join(self._parts()))
        if self.accept("USE"):
            return Command("use", ".".join(self._parts()))
        raise self.error()

    def _create(self):
        replace = self.accept("OR", "REPLACE")
        self.accept("GLOBAL")
        if not (self.accept("TEMPORARY") or self.accept("TEMP")):
            raise self.error()
        self.expect("VIEW")
        name = self.identifier()
        self.expect("AS")
        return Command("view", name, self.query(), replace)

    def query(self):
        """A query with what stands before and behind it."""
        names = []
        if self.accept("WITH"):
            names = self.several(self._with)
        made = Query(self._set_operations(), names=names)
        if self.accept("ORDER", "BY") or self.accept("SORT", "BY"):
            made.orders = self.several(self.sort_key)
        if self.accept("LIMIT"):
            made.limit = None if self.accept("ALL") else self.expression()
        return made

    def _with(self):
        name = self.identifier()
        self.expect("AS", "(")
        query = self.query()
        self.expect(")")
        return name, query

    def _set_operations(self):
        made = self._body()
        while self.next.upper in ("UNION", "EXCEPT", "INTERSECT", "MINUS"):
            kind = self.take().upper
            everything = self.accept("ALL")
            if not everything:
                self.accept("DISTINCT")
            made = SetOperation(kind, everything, made, self._body())
        return made

    def _body(self):
        if self.accept("("):
            made = self.query()
            self.expect(")")
            return made
        if self.accept("VALUES"):
            return self._rows()
        self.expect("SELECT")
        made = Select([])
        if self.accept("DISTINCT"):
            made.distinct = True
        else:
            self.accept("ALL")
        made.items = self.several(self.named_expression)
        if self.accept("FROM"):
            made.source = self._sources()
        if self.accept("WHERE"):
            made.where = self.expression()
        if self.accept("GROUP", "BY"):
            made.groups = self.several(self.expression)
        if self.accept("HAVING"):
            made.having = self.expression()
        return made

    def _rows(self):
        def row():
            if self.accept("("):
                values = self.several(self.expression)
                self.expect(")")
                return values
            return [self.expression()]

        return Select([], values=self.several(row))

    def _sources(self):
        made = self._joined()
        while self.accept(","):
            made = Join(made, self._joined(), "cross")
        while self.accept("LATERAL", "VIEW"):
            made = self._lateral(made)
        return made

    def _lateral(self, child):
        outer = self.accept("OUTER")
        place = self.place()
        generator = self._call(self.identifier(), place)
        alias = self.identifier() if self.next.kind != "end" and not self.at("AS") else None
        columns = []
        if self.accept("AS"):
            columns = self.several(self.identifier)
        return LateralView(child, generator, alias, columns, outer)

    def _joined(self):
        made = self._relation()
        while True:
            kind = self._join_kind()
            if kind is None:
                return made
            right = self._relation()
            on, using = None, None
            if self.accept("ON"):
                on = self.expression()
            elif self.accept("USING"):
                self.expect("(")
                using = self.several(self.identifier)
                self.expect(")")
            made = Join(made, right, kind, on, using)

    def _join_kind(self):
        for words, kind in _JOINS:
            if self.accept(*words):
                return kind
        return None

    def _relation(self):
        if self.accept("("):
            if self.next.upper in ("SELECT", "WITH", "VALUES", "("):
                made = SubQuery(self.query())
                self.expect(")")
            else:
                made = self._joined()
                self.expect(")")
                return made
        elif self.accept("VALUES"):
            made = SubQuery(Query(self._rows()))
        else:
            place = self.place()
            made = Table(self._parts(), at=place)
        if self.accept("AS") or (
            self.next.kind == "quoted" or self.next.kind == "word" and self.next.upper not in RESERVED
        ):
            made.alias = self.identifier()
            if self.accept("("):
                made.columns = self.several(self.identifier)
                self.expect(")")
        return made

    def _parts(self):
        parts = [self.identifier()]
        while self.accept("."):
            parts.append(self.identifier())
        return parts


_JOINS = [
    (("JOIN",), "inner"),
    (("INNER", "JOIN"), "inner"),
    (("CROSS", "JOIN"), "cross"),
    (("LEFT", "SEMI", "JOIN"), "leftsemi"),
    (("SEMI", "JOIN"), "leftsemi"),
    (("LEFT", "ANTI", "JOIN"), "leftanti"),
    (("ANTI", "JOIN"), "leftanti"),
    (("LEFT", "OUTER", "JOIN"), "left"),
    (("LEFT", "JOIN"), "left"),
    (("RIGHT", "OUTER", "JOIN"), "right"),
    (("RIGHT", "JOIN"), "right"),
    (("FULL", "OUTER", "JOIN"), "full"),
    (("FULL", "JOIN"), "full"),
]
