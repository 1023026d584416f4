"""Functions of the program's own that take columns as pandas Series."""

from .._missing import missing
from ._convert import fitted
from ._pandas import series_of
from ._plan.python_call import PythonFunction


class PandasUDFType:
    """Kinds of `pandas_udf`, by their numbers in Spark."""

    SCALAR = 200
    GROUPED_MAP = 201
    GROUPED_AGG = 202
    SCALAR_ITER = 204


class PandasFunction(PythonFunction):
    """A function that makes a Series of Series; of all rows at once."""

    def __init__(self, function, kind, name, evaluation):
        super().__init__(function, kind, name)
        self.evaluation = evaluation

    def values(self, function, rows, kinds):
        """The results of the function for rows whose columns have these types."""
        import pandas

        columns = list(zip(*rows)) if rows else [() for _ in kinds]
        given = [series_of(pandas, list(c), kind) for c, kind in zip(columns, kinds)]
        if self.evaluation == PandasUDFType.SCALAR_ITER:
            batch = given[0] if len(given) == 1 else tuple(given)
            made = pandas.concat(list(function(iter([batch])))) if rows else pandas.Series([])
        else:
            made = function(*given)
        if len(made) != len(rows):
            raise RuntimeError(
                "Result vector from pandas_udf was not the required length: expected %d, got %d"
                % (len(rows), len(made))
            )
        made = made.astype(object).where(made.notna(), None)
        return [fitted(_plain(value), self.kind) for value in made]


def _plain(value):
    """A value of pandas as one of Python's own."""
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value


def evaluation_of(function, given):
    """The kind of a function: as it was given, or by the types of its arguments."""
    if given is None:
        hints = dict(getattr(function, "__annotations__", {}))
        result = str(hints.pop("return", "Series"))
        takes = " ".join(map(str, hints.values()))
        given = PandasUDFType.SCALAR
        if "Iterator" in takes:
            given = PandasUDFType.SCALAR_ITER
        elif "Series" in takes and "Series" not in result:
            given = PandasUDFType.GROUPED_AGG
    if given not in (PandasUDFType.SCALAR, PandasUDFType.SCALAR_ITER):
        raise missing("a pandas_udf of groups", "groupBy(...).agg, or toPandas")
    return given
