"""Casts."""

from .node import Node
from .typed import cast


class Cast(Node):
    """``CAST(x AS type)``."""

    def __init__(self, child, kind):
        self.child, self.kind = child, kind

    def children(self):
        return (self.child,)

    def name(self):
        return "CAST(%s AS %s)" % (self.child.name(), self.kind.simpleString().upper())

    def resolve(self, scope):
        return cast(self.child.resolve(scope), self.kind)
