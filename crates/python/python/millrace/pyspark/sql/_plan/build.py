"""From a query's text to a relation."""

from .._errors import analysis, no_view
from .._expr import nodes as N
from .._expr.call import Call
from .._expr.scope import Attribute, Scope, around, column, inside
from .._expr.typed import cast, common
from .._duck import engine, new_name
from .._parse import queries as Q
from .._parse.inner import OfQuery, ScalarQuery
from .grouped import distinct
from .joined import Join, SetDifference, apart
from .ordered import Limit
from .relation import Local, Project, Relation, Renamed, Union
from .select import _resolves, fresh, generate, group, has_aggregate, select, sort, where


class Builder:
    """Builds the relations of one query; `find` gives the relation of a view's name, or None."""

    def __init__(self, find, functions):
        self.find = find
        self.functions = functions
        self.names = {}

    def query(self, query):
        """The relation of a query."""
        if not isinstance(query, Q.Query):
            return self.body(query)
        before = dict(self.names)
        for name, inner in query.names:
            self.names[name.lower()] = self.query(inner)
        made = self.body(query.body, query.orders)
        self.names = before
        if query.limit is not None:
            made = limited(made, self._whole(query.limit))
        return made

    def _whole(self, node):
        if isinstance(node, N.Lit) and isinstance(node.value, int):
            return node.value
        sql = node.resolve(Scope([])).sql
        return engine().rows("SELECT %s" % sql)[0][0]

    def body(self, body, orders=()):
        """The relation of a select, or of what stands in its place."""
        if isinstance(body, Q.Query):
            made = self.query(body)
            return sort(made, list(orders), self.functions) if orders else made
        if isinstance(body, Q.SetOperation):
            made = self._set_operation(body)
            return sort(made, list(orders), self.functions) if orders else made
        return self._select(body, orders)

    def _select(self, body, orders):
        if body.values is not None:
            return _values(body.values)
        child = self._source(body.source) if body.source is not None else one_row()
        for node in [body.where, body.having, *body.items, *orders]:
            self._fill(node, child.scope(self.functions))
        if body.where is not None:
            child = where(child, body.where, self.functions)
        if body.groups is not None or body.having is not None or any(map(has_aggregate, body.items)):
            later = () if body.distinct else orders
            made = group(
                child, body.groups or [], body.items, self.functions, body.having, later
            )
            orders = orders if body.distinct else ()
        else:
            made, orders = self._plain(child, body, orders)
        if body.distinct:
            made = distinct(made)
        return sort(made, list(orders), self.functions) if orders else made

    def _plain(self, child, body, orders):
        """A select without groups; what ORDER BY reads may not be among its columns."""
        made = select(child, body.items, self.functions)
        if not orders or body.distinct:
            return made, orders
        names = {attribute.name.lower() for attribute in made.attributes}
        lacking = [
            ref
            for key in orders
            for ref in key.walk()
            if isinstance(ref, N.Ref) and (len(ref.parts) > 1 or ref.parts[0].lower() not in names)
        ]
        if not lacking:
            return made, orders
        for ref in lacking:
            if not _resolves(ref, child.scope()):
                raise made.scope().unresolved(ref.parts, ref.at)
        below = {attribute.id for attribute in made.attributes}
        extra = [a for a in child.attributes if a.id not in below]
        wide = select(child, [*body.items, *map(N.Bound, extra)], self.functions)
        visible = wide.attributes[: len(made.attributes)]
        ordered = sort(wide, list(orders), self.functions)
        return Project(ordered, [(a, column(a)) for a in visible]), ()

    def _fill(self, node, scope):
        """Builds the queries that are inside of expressions, which may name columns of `scope`."""
        if node is None or isinstance(node, N.Star):
            return
        for part in node.walk():
            if isinstance(part, OfQuery) and part.plan is None:
                with inside(scope) as outer:
                    part.plan = self.query(part.query)
                if outer.is_read and isinstance(part, ScalarQuery):
                    _check_one_row(part.query)

    def _source(self, source):
        if isinstance(source, Q.Table):
            return self._table(source)
        if isinstance(source, Q.SubQuery):
            made = self.query(source.query)
            return named(made, source.alias or "__auto_generated_subquery_name", source.columns)
        if isinstance(source, Q.LateralView):
            return self._lateral(source)
        left, right = self._source(source.left), self._source(source.right)
        self._fill(source.on, Scope([*left.attributes, *right.attributes], self.functions))
        return joined(left, right, source.kind, source.on, source.using, self.functions)

    def _table(self, source):
        name = ".".join(source.parts)
        made = self.names.get(name.lower()) or self.find(name)
        if made is None and len(source.parts) > 2:
            raise analysis(
                "REQUIRES_SINGLE_PART_NAMESPACE",
                "spark_catalog requires a single-part namespace, but got %s."
                % ".".join("`%s`" % part for part in source.parts[:-1]),
            )
        if made is None:
            shown = ".".join("`%s`" % part for part in source.parts)
            raise no_view(shown, source.at)
        made = named(made, source.alias or source.parts[-1], source.columns)
        outer = around()
        while outer is not None:
            made = apart(outer.scope, made)
            outer = outer.beyond
        return made

    def _lateral(self, source):
        child = self._source(source.child)
        call = source.generator
        if source.outer:
            call = Call(call.function + "_outer", call.arguments)
        made, columns = generate(child, call, self.functions)
        names = source.columns or [a.name for a in columns]
        renamed = {a.id: a.named(name).of(source.alias) for a, name in zip(columns, names)}
        return Renamed(made, [renamed.get(a.id, a) for a in made.attributes])

    def _set_operation(self, operation):
        left, right = self.body(operation.left), self.body(operation.right)
        if operation.kind == "UNION":
            made = united(left, right)
            return made if operation.everything else distinct(made)
        return difference(left, right, operation.kind == "INTERSECT", operation.everything)


def _check_one_row(query):
    """Spark's rule for a query that is run for each row of another, and gives one value."""
    body = query.body
    if not isinstance(body, Q.Select) or body.groups or not any(map(has_aggregate, body.items)):
        raise analysis(
            "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.MUST_AGGREGATE_CORRELATED_SCALAR_SUBQUERY",
            "Unsupported subquery expression: Correlated scalar subqueries must be aggregated to "
            "return at most one row.",
        )


def one_row():
    """The relation of a select without FROM."""
    return _OneRow()


class _OneRow(Relation):
    """One row without columns."""

    def sql(self):
        return "SELECT 0 AS _p, 0 AS _o"


def _values(rows):
    made = [[node.resolve(Scope([])) for node in row] for row in rows]
    kinds = made[0]
    kinds = [typed.type for typed in kinds]
    for row in made[1:]:
        kinds = [common(kind, typed.type) for kind, typed in zip(kinds, row)]
    attributes = [Attribute(new_name("c"), "col%d" % (i + 1), kind) for i, kind in enumerate(kinds)]
    parts = [
        "SELECT %s, 0 AS _p, %d AS _o"
        % (
            ", ".join("%s AS %s" % (cast(typed, a.type).sql, a.id) for typed, a in zip(row, attributes)),
            index,
        )
        for index, row in enumerate(made)
    ]
    return Local(attributes, engine().create(" UNION ALL ".join(parts)))


def named(relation, name, columns=None):
    """The relation with a name that may stand before those of its columns, and names for these."""
    names = columns or [attribute.name for attribute in relation.attributes]
    return Renamed(
        relation, [a.named(own).of(name) for a, own in zip(relation.attributes, names)]
    )


def limited(relation, count):
    """The first rows."""
    if count < 0:
        raise analysis(
            "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE",
            'The limit like expression "%d" is invalid. The limit expression must be equal to or '
            "greater than 0, but got %d." % (count, count),
        )
    return Limit(relation, count)


def united(left, right, operation="UNION"):
    """The rows of both, columns by their places."""
    if len(left.attributes) != len(right.attributes):
        raise analysis(
            "NUM_COLUMNS_MISMATCH",
            "%s can only be performed on inputs with the same number of columns, but the first input "
            "has %d columns and the second input has %d columns."
            % (operation, len(left.attributes), len(right.attributes)),
        )
    columns = []
    for index, (a, b) in enumerate(zip(left.attributes, right.attributes)):
        kind = common(a.type, b.type)
        if kind is None:
            raise analysis(
                "INCOMPATIBLE_COLUMN_TYPE",
                '%s can only be performed on tables with compatible column types. The %s column of the '
                'second table is "%s" type which is not compatible with "%s" at the same column of the '
                "first table."
                % (
                    operation,
                    ["first", "second", "third"][index] if index < 3 else "%dth" % (index + 1),
                    b.type.simpleString().upper(),
                    a.type.simpleString().upper(),
                ),
            )
        attribute = Attribute(new_name("c"), a.name, kind, a.nullable or b.nullable)
        columns.append((attribute, cast(column(a), kind), cast(column(b), kind)))
    return Union(left, right, columns)


def difference(left, right, keep, everything=False):
    """EXCEPT and INTERSECT."""
    right = apart(left, right)
    made = SetDifference(left, right, keep)
    return made if everything else distinct(made)


def joined(left, right, kind, on=None, using=None, functions=None):
    """Two relations, by a condition or by columns of the same names."""
    right = apart(left, right)
    if using:
        for side, relation in (("left", left), ("right", right)):
            names = [attribute.name for attribute in relation.attributes]
            for name in using:
                if name.lower() not in map(str.lower, names):
                    raise analysis(
                        "UNRESOLVED_USING_COLUMN_FOR_JOIN",
                        "USING column `%s` cannot be resolved on the %s side of the join. The %s-side "
                        "columns: [%s]." % (name, side, side, ", ".join("`%s`" % n for n in sorted(names))),
                    )
        return _using(left, right, kind, using)
    condition = None
    if on is not None:
        scope = Scope([*left.attributes, *right.attributes], functions)
        condition = on.resolve(scope)
    return Join(left, right, kind, condition)


def _using(left, right, kind, names):
    pairs = [(left.scope().find([name])[0], right.scope().find([name])[0]) for name in names]
    conditions = [
        N.Comparison("=", N.Bound(a), N.Bound(b)).resolve(Scope([a, b])) for a, b in pairs
    ]
    condition = conditions[0].with_sql(" AND ".join(made.sql for made in conditions))
    made = Join(left, right, kind, condition)
    if kind in ("leftsemi", "leftanti"):
        return made
    scope = made.scope()
    columns = []
    for a, b in pairs:
        if kind == "full":
            typed = Call("coalesce", [N.Bound(a), N.Bound(b)]).resolve(scope)
            columns.append((fresh(a.name, typed), typed))
        else:
            own = scope.by_id((b if kind == "right" else a).id)
            columns.append((own.named(a.name), column(own)))
    keys = {attribute.id for pair in pairs for attribute in pair}
    rest = [a for a in made.attributes if a.id not in keys]
    return Project(made, columns + [(a, column(a)) for a in rest])
