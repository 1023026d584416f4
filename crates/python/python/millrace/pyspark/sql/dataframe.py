"""``DataFrame``: rows with named columns, computed when they are asked for."""

from ..errors.exceptions import PySparkTypeError
from ._dataframe.actions import Actions
from ._dataframe.missing import Missing
from ._dataframe.operators import Operators
from ._dataframe.values import Values
from ._errors import unresolved_column
from ._expr import nodes as N
from .column import Column, name_node
from .types import StructField, StructType

__all__ = ["DataFrame", "DataFrameNaFunctions"]


class DataFrame(Operators, Missing, Values, Actions):
    """Rows with named columns.

    Made by ``SparkSession.createDataFrame``, ``sql``, ``table``, ``read``, and by the methods of
    another DataFrame.
    """

    def __init__(self, relation, session):
        self._relation = relation
        self._session = session

    @property
    def sparkSession(self):
        """The session it belongs to."""
        return self._session

    @property
    def sql_ctx(self):
        """The session, by its older name."""
        from .context import SQLContext

        return SQLContext(self._session.sparkContext, self._session)

    @property
    def columns(self):
        """The names of the columns."""
        return [attribute.name for attribute in self._relation.attributes]

    @property
    def schema(self):
        """The columns with their types."""
        return StructType(
            [StructField(a.name, a.type, a.nullable) for a in self._relation.attributes]
        )

    @property
    def dtypes(self):
        """Pairs of a column's name and type."""
        return [(a.name, a.type.simpleString()) for a in self._relation.attributes]

    def __repr__(self):
        return "DataFrame[%s]" % ", ".join("%s: %s" % pair for pair in self.dtypes)

    def __getattr__(self, name):
        if name.startswith("_") or name not in self.columns:
            raise AttributeError("'DataFrame' object has no attribute '%s'" % name)
        return self[name]

    def __getitem__(self, item):
        if isinstance(item, str):
            return Column(self._bound(item))
        if isinstance(item, Column):
            return self.filter(item)
        if isinstance(item, (list, tuple)):
            return self.select(*item)
        if isinstance(item, int):
            return Column(N.Bound(self._relation.attributes[item]))
        raise PySparkTypeError(
            "Argument `item` should be a Column, int, list, str or tuple, got %s."
            % type(item).__name__,
            error_class="NOT_COLUMN_OR_INT_OR_LIST_OR_STR_OR_TUPLE",
        )

    def _bound(self, name):
        node = name_node(name)
        if isinstance(node, N.Star):
            return node
        known = {column.lower() for column in self.columns}
        if len(node.parts) == 1 and node.parts[0].lower() not in known:
            raise unresolved_column("`%s`" % node.parts[0], self.columns, as_they_are=True)
        attribute, fields = self._relation.scope().find(node.parts)
        return N.Ref(node.parts) if fields else N.Bound(attribute)

    def _with(self, relation):
        return DataFrame(relation, self._session)


from ._dataframe.missing import DataFrameNaFunctions  # noqa: E402
