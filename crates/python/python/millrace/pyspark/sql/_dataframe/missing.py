"""Methods about nulls."""

from .. import types as T
from .._expr import nodes as N
from .._expr.call import Call
from .._plan.select import select, where


class DataFrameNaFunctions:
    """The methods of ``df.na``."""

    def __init__(self, df):
        self._df = df

    def drop(self, how="any", thresh=None, subset=None):
        """The rows without nulls."""
        return self._df.dropna(how, thresh, subset)

    def fill(self, value, subset=None):
        """The rows with values in the place of nulls."""
        return self._df.fillna(value, subset)

    def replace(self, to_replace, value=None, subset=None):
        """The rows with other values in the place of some."""
        return self._df.replace(to_replace, value, subset)


class Missing:
    """Methods about nulls."""

    @property
    def na(self):
        """Methods about nulls."""
        return DataFrameNaFunctions(self)

    def dropna(self, how="any", thresh=None, subset=None):
        """The rows of which none, or not all, of these columns are null."""
        attributes = self._chosen(subset)
        least = thresh
        if least is None:
            least = len(attributes) if how == "any" else 1
        known = N.Lit(0)
        for attribute in attributes:
            there = N.Case([(self._there(attribute), N.Lit(1))], N.Lit(0))
            known = N.Arithmetic("+", known, there)
        return self._with(where(self._relation, N.Comparison(">=", known, N.Lit(least))))

    def _there(self, attribute):
        there = N.IsNull(N.Bound(attribute), True)
        if isinstance(attribute.type, (T.DoubleType, T.FloatType)):
            there = N.Logic("AND", there, N.Not(Call("isnan", [N.Bound(attribute)])))
        return there

    def _chosen(self, subset):
        if subset is None:
            return list(self._relation.attributes)
        names = [subset] if isinstance(subset, str) else subset
        return [self._relation.scope().find([name])[0] for name in names]

    def fillna(self, value, subset=None):
        """The rows with values in the place of nulls, in columns of the value's type."""
        values = value if isinstance(value, dict) else None
        chosen = {attribute.id for attribute in self._chosen(subset)}
        nodes = []
        for attribute in self._relation.attributes:
            new = values.get(attribute.name) if values else value
            fits = attribute.id in chosen and new is not None and _fits(new, attribute.type)
            node = N.Bound(attribute)
            if fits:
                filled = Call("coalesce", [node, N.Cast(N.Lit(new), attribute.type)])
                node = N.Alias(filled, attribute.name)
            nodes.append(node)
        return self._with(select(self._relation, nodes))

    def replace(self, to_replace, value=None, subset=None):
        """The rows with other values in the place of some."""
        if isinstance(to_replace, dict):
            pairs = list(to_replace.items())
        elif isinstance(to_replace, (list, tuple)):
            new = value if isinstance(value, (list, tuple)) else [value] * len(to_replace)
            pairs = list(zip(to_replace, new))
        else:
            pairs = [(to_replace, value)]
        chosen = {attribute.id for attribute in self._chosen(subset)}
        nodes = []
        for attribute in self._relation.attributes:
            node = N.Bound(attribute)
            fitting = [(old, new) for old, new in pairs if _fits(old, attribute.type)]
            if attribute.id in chosen and fitting:
                branches = [
                    (N.Comparison("=", node, N.Lit(old)), N.Cast(N.Lit(new), attribute.type))
                    for old, new in fitting
                ]
                node = N.Alias(N.Case(branches, node), attribute.name)
            nodes.append(node)
        return self._with(select(self._relation, nodes))


def _fits(value, kind):
    if isinstance(value, bool):
        return isinstance(kind, T.BooleanType)
    if isinstance(value, (int, float)):
        return isinstance(kind, T.NumericType)
    return isinstance(kind, T.StringType)
