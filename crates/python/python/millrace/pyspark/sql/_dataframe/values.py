"""Views, files, and numbers about columns."""

from .. import types as T
from ..._missing import missing
from .._errors import analysis
from .._expr import nodes as N
from .._expr.call import Call


class Values:
    """Views, files, and numbers about columns."""

    def createOrReplaceTempView(self, name):
        """Gives the DataFrame a name in SQL, whatever had it before."""
        self._session._views.put(name, self._relation)

    registerTempTable = createOrReplaceTempView

    def createTempView(self, name):
        """Gives the DataFrame a name in SQL; an error if something has it."""
        if not self._session._views.put(name, self._relation, replace=False):
            raise _taken(name)

    def createOrReplaceGlobalTempView(self, name):
        """A name in SQL for all sessions, behind ``global_temp.``."""
        self._session._global_views.put(name, self._relation)

    def createGlobalTempView(self, name):
        """As `createOrReplaceGlobalTempView`; an error if something has it."""
        if not self._session._global_views.put(name, self._relation, replace=False):
            raise _taken("global_temp`.`" + name)

    @property
    def write(self):
        """Writes files."""
        from ..readwriter import DataFrameWriter

        return DataFrameWriter(self)

    @property
    def writeStream(self):
        """Not there."""
        raise missing("DataFrame.writeStream (Structured Streaming)", "pyspark.streaming")

    def describe(self, *cols):
        """The number of values of columns, their mean, deviation, least and greatest."""
        return self._summary(cols, ["count", "mean", "stddev", "min", "max"])

    def summary(self, *statistics):
        """As `describe`, of these statistics."""
        return self._summary((), list(statistics) or ["count", "mean", "stddev", "min", "max"])

    def _summary(self, cols, statistics):
        if len(cols) == 1 and isinstance(cols[0], list):
            cols = cols[0]
        names = list(cols) or [
            a.name
            for a in self._relation.attributes
            if isinstance(a.type, (T.NumericType, T.StringType))
        ]
        nodes = []
        for statistic in statistics:
            for name in names:
                call = Call(statistic, [N.Ref([name])])
                nodes.append(N.Cast(call, T.StringType()))
        from ..column import Column

        found = self.agg(*map(Column, nodes)).collect()[0] if names else ()
        width = len(names)
        rows = [
            (statistic, *found[index * width : (index + 1) * width])
            for index, statistic in enumerate(statistics)
        ]
        schema = T.StructType(
            [T.StructField(name, T.StringType()) for name in ["summary", *names]]
        )
        return self._session.createDataFrame(rows, schema)

    def corr(self, col1, col2, method=None):
        """The correlation of two columns (Pearson)."""
        from ..column import Column

        # Spark takes a null for a zero here, and only here.
        both = [
            Call("coalesce", [N.Cast(N.Ref([name]), T.DoubleType()), N.Lit(0.0)])
            for name in (col1, col2)
        ]
        return self.agg(Column(Call("corr", both))).collect()[0][0]

    def approxQuantile(self, col, probabilities, relativeError):
        """Values below which such shares of the rows are."""
        from ..column import Column

        columns = [
            Column(Call("percentile_approx", [N.Ref([col]), N.Lit(float(share))]))
            for share in probabilities
        ]
        return [float(value) for value in self.agg(*columns).collect()[0]]


def _taken(name):
    return analysis(
        "TEMP_TABLE_OR_VIEW_ALREADY_EXISTS",
        "Cannot create the temporary view `%s` because it already exists.\nChoose a different name, "
        "drop or replace the existing view,  or add the IF NOT EXISTS clause to tolerate "
        "pre-existing views." % name,
    )
