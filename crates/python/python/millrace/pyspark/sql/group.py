"""``GroupedData``: what ``groupBy`` gives."""

from . import types as T
from ._expr import nodes as N
from ._expr.call import Call
from ._plan.select import group, select
from .column import Column
from .dataframe import DataFrame

__all__ = ["GroupedData"]


def _as_java_has_them(functions):
    """The pairs of a dict, in the order in which a map of Java's gives them."""
    return sorted(functions.items(), key=lambda pair: _place_in_java(pair[0]))


def _place_in_java(text):
    code = 0
    for letter in text:
        code = (31 * code + ord(letter)) & 0xFFFFFFFF
    return (code ^ code >> 16) & 15


class GroupedData:
    """Groups of rows, to be made one row each."""

    def __init__(self, df, keys, pivot=None):
        self._df = df
        self._keys = keys
        self._pivot = pivot

    def __repr__(self):
        names = ", ".join("%s: %s" % pair for pair in self._df.dtypes[:2])
        more = len(self._df.dtypes) - 2
        if more > 0:
            names += " ... %d more field%s" % (more, "" if more == 1 else "s")
        return "GroupedData[grouping expressions: [%s], value: [%s], type: GroupBy]" % (
            ", ".join(key.name() for key in self._keys),
            names,
        )

    def agg(self, *exprs):
        """A column for every expression, or for every pair of a dict: column and function."""
        assert exprs, "exprs should not be empty"
        if len(exprs) == 1 and isinstance(exprs[0], dict):
            nodes = [
                Call(function, [N.Star() if name == "*" else N.Ref(name.split("."))])
                for name, function in _as_java_has_them(exprs[0])
            ]
        else:
            assert all(isinstance(e, Column) for e in exprs), "all exprs should be Column"
            nodes = [e._node for e in exprs]
        if self._pivot is not None:
            nodes = self._pivoted(nodes)
        return self._made(nodes)

    def _made(self, nodes):
        df = self._df
        relation = group(
            df._relation,
            self._keys,
            [*self._keys, *nodes],
            df.sparkSession._functions,
            twice=self._pivot is not None,
        )
        return DataFrame(relation, df.sparkSession)

    def _pivoted(self, nodes):
        column, values = self._pivot
        made = []
        for value in values:
            for node in nodes:
                inner = node.child if isinstance(node, N.Alias) else node
                only = N.Comparison("<=>", column, N.Lit(value))
                arguments = [N.Lit(1) if isinstance(a, N.Star) else a for a in inner.arguments]
                chosen = [N.Case([(only, a)]) for a in arguments]
                call = Call(inner.function, chosen, inner.distinct)
                shown = N.Lit(value).name() if value is not None else "null"
                name = shown if len(nodes) == 1 else "%s_%s" % (shown, node.name())
                if inner.key == "count":
                    call = Call("nullif", [call, N.Lit(0)])
                made.append(N.Alias(call, name))
        return made

    def pivot(self, pivot_col, values=None):
        """A column for every value of a column."""
        node = N.Ref([pivot_col])
        if values is None:
            from ._plan.grouped import distinct
            from ._plan.select import sort

            relation = distinct(select(self._df._relation, [node]))
            values = [row[0] for row in sort(relation, [N.SortKey(node)]).rows()]
        return GroupedData(self._df, self._keys, (node, values))

    def count(self):
        """The number of rows of every group, in a column ``count``."""
        return self.agg(Column(N.Alias(Call("count", [N.Star()]), "count")))

    def _each(self, function, cols):
        if not cols:
            taken = {key.name() for key in self._keys}
            cols = [
                attribute.name
                for attribute in self._df._relation.attributes
                if isinstance(attribute.type, T.NumericType) and attribute.name not in taken
            ]
        nodes = [Call(function, [N.Ref([name])]) for name in cols]
        if self._pivot is not None:
            nodes = self._pivoted(nodes)
        return self._made(nodes)

    def sum(self, *cols):
        """The sums of these columns, or of all that are numbers."""
        return self._each("sum", cols)

    def avg(self, *cols):
        """The averages of these columns, or of all that are numbers."""
        return self._each("avg", cols)

    def mean(self, *cols):
        """As `avg`."""
        return self._each("avg", cols)

    def max(self, *cols):
        """The greatest of these columns, or of all that are numbers."""
        return self._each("max", cols)

    def min(self, *cols):
        """The least of these columns, or of all that are numbers."""
        return self._each("min", cols)
