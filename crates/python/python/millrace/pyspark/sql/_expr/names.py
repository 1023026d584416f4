"""Columns, and what names or sorts them."""

from .. import types as T
from .fields import Field, field_of
from .node import Node
from .scope import column


class Ref(Node):
    """A column, and fields of it, by name."""

    def __init__(self, parts, at=None):
        self.parts = list(parts)
        self.at = at

    def name(self):
        return self.parts[-1]

    def resolve(self, scope):
        attribute, fields = scope.find(self.parts, self.at)
        made = column(attribute)
        for field in fields:
            made = field_of(made, field)
        return made


class Bound(Node):
    """A column of one certain relation: what ``df.name`` is."""

    def __init__(self, attribute):
        self.attribute = attribute

    def name(self):
        return self.attribute.name

    def resolve(self, scope):
        found = scope.by_id(self.attribute.id)
        if found is None:
            # The column went through a projection; Spark finds it by its name there.
            attribute, _ = scope.find([self.attribute.name])
            found = attribute
        return column(found)


class Star(Node):
    """All columns, or those of one relation or struct."""

    def __init__(self, qualifier=None):
        self.qualifier = qualifier

    def name(self):
        return "*"

    def expand(self, scope):
        """The columns."""
        if self.qualifier is None:
            return [Bound(attribute) for attribute in scope.attributes]
        found = [
            Bound(attribute)
            for attribute in scope.attributes
            if attribute.qualifier and attribute.qualifier.lower() == self.qualifier.lower()
        ]
        if found:
            return found
        owner = Ref(self.qualifier.split("."))
        kind = owner.resolve(scope).type
        if not isinstance(kind, T.StructType):
            raise scope.unresolved(self.qualifier.split("."))
        return [Alias(Field(owner, field), field) for field in kind.names]


class Alias(Node):
    """An expression by another name."""

    def __init__(self, child, alias):
        self.child = child
        self.alias = alias

    def children(self):
        return (self.child,)

    def name(self):
        return self.alias

    def resolve(self, scope):
        return self.child.resolve(scope)


class SortKey(Node):
    """An expression to sort by."""

    def __init__(self, child, ascending=True, nulls_first=None):
        self.child = child
        self.ascending = ascending
        self.nulls_first = ascending if nulls_first is None else nulls_first

    def children(self):
        return (self.child,)

    def name(self):
        return "%s %s NULLS %s" % (
            self.child.name(),
            "ASC" if self.ascending else "DESC",
            "FIRST" if self.nulls_first else "LAST",
        )

    def resolve(self, scope):
        return self.child.resolve(scope)

    def order(self, sql):
        """The words behind ORDER BY for the sorted expression."""
        return "%s %s NULLS %s" % (
            sql,
            "ASC" if self.ascending else "DESC",
            "FIRST" if self.nulls_first else "LAST",
        )
