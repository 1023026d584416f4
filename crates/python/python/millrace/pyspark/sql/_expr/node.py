"""The base of every expression."""


class Node:
    """An expression, not resolved yet."""

    #: The place of the expression in the text of a query: line and position.
    at = None

    def children(self):
        """The expressions that it is made of."""
        return ()

    def name(self):
        """The name that Spark gives to a column of it."""
        raise NotImplementedError

    def resolve(self, scope):
        """The expression with its type, as a `Typed`."""
        raise NotImplementedError

    def walk(self):
        """The expression, then all that is in it."""
        yield self
        for child in self.children():
            yield from child.walk()
