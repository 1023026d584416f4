"""From expressions to relations: SELECT, GROUP BY, ORDER BY."""

from .._errors import analysis, no_group_by, not_aggregated
from .._expr import nodes as N
from .._expr.call import Call, Over
from .._expr.scope import column
from .._expr.table import GENERATORS
from .. import types as T
from .grouped import Aggregate
from .joined import Generate
from .ordered import Sort
from .python_call import PythonCall
from .relation import Filter, Project, fresh


def output_name(node):
    """The name of a column that an expression makes."""
    if isinstance(node, N.Cast) and isinstance(node.child, (N.Ref, N.Bound, N.Alias)):
        return node.child.name()
    return node.name()


def expanded(nodes, scope):
    """The expressions, with all columns in the place of a star."""
    made = []
    for node in nodes:
        made.extend(node.expand(scope) if isinstance(node, N.Star) else [node])
    return made


def has_aggregate(node):
    """True if an aggregate is in the expression that is not over a window."""
    if isinstance(node, Over):
        return any(has_aggregate(part) for part in node.call.arguments)
    if isinstance(node, Call) and node.is_aggregate():
        return True
    return any(has_aggregate(child) for child in node.children())


def select(child, nodes, functions=None):
    """The relation of these expressions."""
    nodes = expanded(nodes, child.scope(functions))
    if any(map(has_aggregate, nodes)):
        return group(child, [], nodes, functions)
    child, nodes = _generated(child, nodes, functions)
    child, nodes = _called(child, nodes, functions)
    scope = child.scope(functions)
    columns = []
    for node in nodes:
        columns.append(_column(node, scope))
    return Project(child, columns, _window_order(nodes, scope))


def _column(node, scope):
    """A column and its expression; what is only a column keeps its id."""
    typed = node.resolve(scope)
    if isinstance(node, (N.Ref, N.Bound)):
        attribute = scope.by_id(typed.sql)
        if attribute is not None:
            return attribute.named(node.name()), typed
    return fresh(output_name(node), typed), typed


def _window_order(nodes, scope):
    """The order that the shuffle for a window leaves, or None."""
    for node in nodes:
        for part in node.walk():
            if isinstance(part, Over):
                keys = [N.SortKey(key) for key in part.partitions] + part.orders
                if keys:
                    return ", ".join(key.order(key.resolve(scope).sql) for key in keys)
    return None


def _generated(child, nodes, functions):
    """Puts the rows that `explode` makes below, and its columns in its place."""
    made = []
    for node in nodes:
        alias, call = None, node
        if isinstance(node, (N.Alias, MultiAlias)):
            alias, call = node.alias, node.child
        if isinstance(call, Call) and call.key in GENERATORS:
            child, columns = generate(child, call, functions)
            names = [alias] if isinstance(alias, str) else alias or [a.name for a in columns]
            made.extend(N.Alias(N.Bound(a), name) for a, name in zip(columns, names))
        else:
            made.append(node)
    return child, made


class MultiAlias(N.Node):
    """A generator with names for all that it makes."""

    def __init__(self, child, alias):
        self.child, self.alias = child, list(alias)

    def children(self):
        return (self.child,)

    def name(self):
        return self.child.name()


def generate(child, call, functions=None):
    """A relation with the rows that a generator makes, and the new columns."""
    value = call.arguments[0].resolve(child.scope(functions))
    outer = call.key.endswith("_outer")
    position = call.key.startswith("pos")
    if isinstance(value.type, T.MapType):
        kinds = [("key", value.type.keyType, outer), ("value", value.type.valueType, True)]
    elif isinstance(value.type, T.ArrayType):
        kinds = [("col", value.type.elementType, outer or value.type.containsNull)]
    else:
        raise analysis(
            "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
            'Cannot resolve "%s" due to data type mismatch: Parameter 1 requires the ("ARRAY" or "MAP") '
            'type, however "%s" has the type "%s".'
            % (call.name(), call.arguments[0].name(), value.type.simpleString().upper()),
        )
    if position:
        kinds.insert(0, ("pos", T.IntegerType(), outer))
    columns = [fresh(name, N.Typed("", kind, nullable)) for name, kind, nullable in kinds]
    return Generate(child, value, columns, outer, position), columns


def _called(child, nodes, functions):
    """Computes the program's own functions below, and puts their columns in their place."""
    functions = functions or {}
    made = []
    for node in nodes:
        child, node = PythonCall.lifted(child, node, functions)
        made.append(node)
    return child, made


def where(child, node, functions=None):
    """The rows for which a condition holds."""
    below, node = PythonCall.lifted(child, node, functions or {})
    condition = node.resolve(below.scope(functions))
    if condition.aggregate:
        raise analysis(
            "INVALID_WHERE_CONDITION",
            'The WHERE condition "%s" contains invalid expressions: %s.\nRewrite the query to avoid '
            "window functions, aggregate functions, and generator functions in the WHERE clause."
            % (
                node.name(),
                ", ".join(
                    part.name() for part in node.walk() if isinstance(part, Call) and part.is_aggregate()
                ),
            ),
        )
    if not isinstance(condition.type, (T.BooleanType, T.NullType)):
        raise analysis(
            "DATATYPE_MISMATCH.FILTER_NOT_BOOLEAN",
            'Cannot resolve "%s" due to data type mismatch: Filter expression "%s" of type '
            '"%s" is not a boolean.'
            % (node.name(), node.name(), condition.type.simpleString().upper()),
        )
    made = Filter(below, condition)
    if below is not child:
        made = Project(made, [(a, column(a)) for a in child.attributes])
    return made


def group(child, keys, nodes, functions=None, having=None, orders=(), twice=False):
    """Groups; `nodes` are the columns, keys among them."""
    scope = child.scope(functions)
    keys = [_key(key, nodes) for key in keys]
    grouped = [key.resolve(scope) for key in keys]
    nodes = expanded(nodes, scope)
    hidden = []
    columns = []
    for node in nodes:
        columns.append((output_name(node), node))
    known = {key.sql for key in grouped}
    made = []
    for name, node in columns:
        typed = node.resolve(scope)
        _check_grouped(node, typed, known, scope, bool(grouped))
        made.append((_group_attribute(name, node, typed, scope), typed))
    visible = len(made)
    hidden = _hidden(having, orders, columns, scope, known, bool(grouped))
    made.extend((attribute, typed) for attribute, typed, _ in hidden)
    relation = Aggregate(child, grouped, made)
    relation.twice = twice or any(
        isinstance(part, Call) and part.distinct for node in nodes for part in node.walk()
    )
    if having is None and not orders:
        return relation
    return _after(relation, visible, having, orders, columns, hidden, functions)


def _group_attribute(name, node, typed, scope):
    attribute = scope.by_id(typed.sql)
    if attribute is not None and isinstance(node, (N.Ref, N.Bound)):
        return attribute.named(name)
    return fresh(name, typed)


def _key(key, nodes):
    """A key of GROUP BY: a place in the select list, an alias in it, or an expression."""
    if isinstance(key, N.Lit) and isinstance(key.value, int) and 0 < key.value <= len(nodes):
        key = nodes[key.value - 1]
    if isinstance(key, N.Ref) and len(key.parts) == 1:
        for node in nodes:
            if isinstance(node, N.Alias) and node.alias.lower() == key.parts[0].lower():
                return _Named(key, node)
    return key.child if isinstance(key, N.Alias) else key


class _Named(N.Node):
    """A key that is a column if there is one of its name, else the select list's alias."""

    def __init__(self, key, alias):
        self.key, self.alias = key, alias

    def children(self):
        return (self.alias,)

    def name(self):
        return self.key.name()

    def resolve(self, scope):
        if any(a.name.lower() == self.key.parts[0].lower() for a in scope.attributes):
            return self.key.resolve(scope)
        return self.alias.resolve(scope)


def _check_grouped(node, typed, known, scope, grouped):
    """Raises where a column is neither grouped by nor aggregated."""
    if typed.sql in known:
        return
    if isinstance(node, Call) and node.is_aggregate():
        return
    if isinstance(node, (N.Ref, N.Bound)):
        if isinstance(node, N.Ref) and not scope.is_own(node.parts):
            # One value for every row that the query is run for.
            return
        if not grouped:
            raise no_group_by()
        raise not_aggregated(node.name())
    for child in node.children():
        _check_grouped(child, child.resolve(scope), known, scope, grouped)


def _hidden(having, orders, columns, scope, known, grouped):
    """Columns that only HAVING or ORDER BY read."""
    made = []
    names = {name.lower() for name, _ in columns}
    for root in [having, *orders]:
        for part in _outermost(root):
            if isinstance(part, N.Ref) and part.parts[-1].lower() in names:
                continue
            if isinstance(part, Call) or not _resolves(part, scope):
                if not _resolves(part, scope):
                    continue
            typed = part.resolve(scope)
            if isinstance(part, N.Ref) and typed.sql not in known:
                continue
            made.append((fresh(part.name(), typed), typed, part))
    return made


def _resolves(node, scope):
    from ...errors.exceptions import AnalysisException

    try:
        node.resolve(scope)
    except AnalysisException:
        return False
    return True


def _outermost(node):
    """The aggregates and the columns outside of them."""
    if node is None:
        return
    if isinstance(node, Call) and node.is_aggregate() or isinstance(node, (N.Ref, N.Bound)):
        yield node
        return
    for child in node.children():
        yield from _outermost(child)


def _after(relation, visible, having, orders, columns, hidden, functions):
    """HAVING and ORDER BY over groups, and then without the hidden columns."""
    places = {id(part): attribute for attribute, _, part in hidden}
    by_text = {
        node.name().lower(): relation.attributes[index]
        for index, (_, node) in enumerate(columns)
        if not isinstance(node, N.Star)
    }

    def placed(node):
        if id(node) in places:
            return N.Bound(places[id(node)])
        if isinstance(node, Call) and node.is_aggregate() and node.name().lower() in by_text:
            return N.Bound(by_text[node.name().lower()])
        return _with_children(node, placed)

    made = relation
    if having is not None:
        made = where(made, placed(having), functions)
    if orders:
        made = sort(made, [placed(key) for key in orders], functions, visible)
    if len(relation.attributes) > visible:
        kept = relation.attributes[:visible]
        made = Project(made, [(attribute, column(attribute)) for attribute in kept])
    return made


def _with_children(node, change):
    """A node with other children."""
    import copy

    made = copy.copy(node)
    for name, value in vars(node).items():
        if isinstance(value, N.Node):
            setattr(made, name, change(value))
        elif isinstance(value, list) and value and isinstance(value[0], N.Node):
            setattr(made, name, [change(item) for item in value])
        elif name == "branches":
            made.branches = [(change(when), change(then)) for when, then in value]
    return made


def sort(child, keys, functions=None, visible=None):
    """The rows sorted by these expressions; a whole number is a place in the select list."""
    scope = child.scope(functions)
    parts = []
    for key in keys:
        if not isinstance(key, N.SortKey):
            key = N.SortKey(key)
        inner = key.child
        if isinstance(inner, N.Lit) and isinstance(inner.value, int):
            inner = N.Bound(child.attributes[inner.value - 1])
        made = inner.resolve(scope)
        if isinstance(made.type, (T.DoubleType, T.FloatType)):
            # Minus zero is zero.
            made = made.with_sql("(%s + 0)" % made.sql)
        parts.append(key.order(made.sql))
    return Sort(child, parts)
