"""``Window``: the rows that a function over a window reads."""

from ._expr import nodes as N
from .column import named_node

__all__ = ["Window", "WindowSpec"]

_UNBOUNDED = 9223372036854775807


class WindowSpec:
    """By which columns rows are together, in which order, and how far from the row."""

    def __init__(self, partitions=(), orders=(), frame=None):
        self._partitions, self._orders, self._frame = list(partitions), list(orders), frame

    def partitionBy(self, *cols):
        """Rows with the same values are together."""
        return WindowSpec(_nodes(cols), self._orders, self._frame)

    def orderBy(self, *cols):
        """The order of the rows."""
        keys = [key if isinstance(key, N.SortKey) else N.SortKey(key) for key in _nodes(cols)]
        return WindowSpec(self._partitions, keys, self._frame)

    def rowsBetween(self, start, end):
        """From so many rows before to so many behind."""
        return WindowSpec(self._partitions, self._orders, _frame("ROWS", start, end))

    def rangeBetween(self, start, end):
        """From the row's value of the order and so much less to so much more."""
        return WindowSpec(self._partitions, self._orders, _frame("RANGE", start, end))


def _nodes(columns):
    if len(columns) == 1 and isinstance(columns[0], list):
        columns = columns[0]
    return [named_node(column) for column in columns]


def _frame(kind, start, end):
    return "%s BETWEEN %s AND %s" % (kind, _bound(start), _bound(end))


def _bound(place):
    if place <= -_UNBOUNDED:
        return "UNBOUNDED PRECEDING"
    if place >= _UNBOUNDED:
        return "UNBOUNDED FOLLOWING"
    if place == 0:
        return "CURRENT ROW"
    return "%d %s" % (abs(place), "PRECEDING" if place < 0 else "FOLLOWING")


class Window:
    """Makes window specifications."""

    unboundedPreceding = -_UNBOUNDED - 1
    unboundedFollowing = _UNBOUNDED
    currentRow = 0

    @staticmethod
    def partitionBy(*cols):
        """Rows with the same values are together."""
        return WindowSpec().partitionBy(*cols)

    @staticmethod
    def orderBy(*cols):
        """The order of the rows."""
        return WindowSpec().orderBy(*cols)

    @staticmethod
    def rowsBetween(start, end):
        """From so many rows before to so many behind."""
        return WindowSpec().rowsBetween(start, end)

    @staticmethod
    def rangeBetween(start, end):
        """From the row's value of the order and so much less to so much more."""
        return WindowSpec().rangeBetween(start, end)
