"""Queries inside of expressions."""

from .. import types as T
from .._expr import nodes as N


class OfQuery(N.Node):
    """An expression with a query in it; `plan` is put in before it is resolved."""

    def __init__(self, query):
        self.query = query
        self.plan = None

    def _values(self):
        return "(SELECT %s FROM (%s))" % (self.plan.attributes[0].id, self.plan.sql())


class ScalarQuery(OfQuery):
    """The one value of a query."""

    def name(self):
        return "scalarsubquery()"

    def resolve(self, scope):
        return N.Typed(self._values(), self.plan.attributes[0].type, True)


class ExistsQuery(OfQuery):
    """The condition that a query has a row."""

    def name(self):
        return "exists()"

    def resolve(self, scope):
        return N.Typed("EXISTS %s" % self._values(), T.BooleanType(), False)


class InQuery(OfQuery):
    """The condition that a value is among those of a query."""

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
