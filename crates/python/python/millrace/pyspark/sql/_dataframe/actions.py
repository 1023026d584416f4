"""Methods that compute."""

import sys

from ...errors.exceptions import PySparkTypeError
from .._duck import engine
from .._plan.ordered import Limit
from .._rows import rows_of
from .._show import show_text


class Actions:
    """Actions."""

    def _fetch(self, relation=None):
        """The rows as DuckDB gives them; its errors by Spark's names."""
        relation = self._relation if relation is None else relation
        try:
            return relation.rows()
        except engine().error as error:
            raise _failed(error) from None

    def collect(self):
        """All rows, as a list."""
        return rows_of(self._fetch(), self.schema)

    def toLocalIterator(self, prefetchPartitions=False):
        """An iterator over all rows."""
        return iter(self.collect())

    def take(self, num):
        """The first `num` rows."""
        return self.limit(num).collect()

    def tail(self, num):
        """The last `num` rows."""
        rows = self.collect()
        return rows[len(rows) - num :] if num else []

    def head(self, n=None):
        """The first row or None; with a number, that many rows as a list."""
        if n is None:
            rows = self.head(1)
            return rows[0] if rows else None
        return self.take(n)

    def first(self):
        """The first row, or None."""
        return self.head()

    def count(self):
        """The number of rows."""
        try:
            return self._relation.count()
        except engine().error as error:
            raise _failed(error) from None

    def isEmpty(self):
        """True if there is no row."""
        return not self.take(1)

    def foreach(self, f):
        """Calls `f` for every row."""
        self.rdd.foreach(f)

    def foreachPartition(self, f):
        """Calls `f` with an iterator over all rows."""
        self.rdd.foreachPartition(f)

    def show(self, n=20, truncate=True, vertical=False):
        """Prints the first rows as a table."""
        sys.stdout.write(self._show_text(n, truncate, vertical) + "\n")

    def _show_text(self, n, truncate, vertical):
        if not isinstance(n, int) or isinstance(n, bool):
            raise PySparkTypeError(
                "Argument `n` should be an int, got %s." % type(n).__name__, error_class="NOT_INT"
            )
        if not isinstance(vertical, bool):
            raise PySparkTypeError(
                "Argument `vertical` should be a bool, got %s." % type(vertical).__name__,
                error_class="NOT_BOOL",
            )
        if isinstance(truncate, bool):
            width = 20 if truncate else 0
        else:
            try:
                width = int(truncate)
            except ValueError:
                raise PySparkTypeError(
                    "Argument `truncate` should be a bool, got %s."
                    % type(truncate).__name__,
                    error_class="NOT_BOOL",
                )
        rows = self._fetch(Limit(self._relation, max(n, 0) + 1))
        return show_text(rows, self.schema, max(n, 0), width, vertical)

    def printSchema(self, level=None):
        """Prints the columns as a tree."""
        print(self.schema.treeString(level))

    def explain(self, extended=None, mode=None):
        """Prints how DuckDB would compute the rows."""
        for _, plan in engine().rows("EXPLAIN " + self._relation.sql()):
            print(plan)

    def toPandas(self):
        """All rows as a pandas DataFrame; pandas has to be installed."""
        from .._pandas import frame_of

        return frame_of(self._fetch(), self.schema)

    def toJSON(self, use_unicode=True):
        """An RDD of the rows as texts of JSON."""
        from .._json import row_text

        schema = self.schema
        texts = [row_text(row, schema) for row in self._fetch()]
        return self._session.sparkContext.parallelize(texts, self._slices(len(texts)))

    @property
    def rdd(self):
        """An RDD of the rows."""
        rows = self.collect()
        return self._session.sparkContext.parallelize(rows, self._slices(len(rows)))

    def _slices(self, count):
        return max(min(self._relation.partitions, count), 1)

    def cache(self):
        """The DataFrame itself: what it was made of is in memory."""
        return self

    def persist(self, storageLevel=None):
        """The DataFrame itself: what it was made of is in memory."""
        return self

    def unpersist(self, blocking=False):
        """The DataFrame itself."""
        return self

    def checkpoint(self, eager=True):
        """The DataFrame itself."""
        return self

    localCheckpoint = checkpoint

    @property
    def isStreaming(self):
        """False."""
        return False


def _failed(error):
    """The error of a query that DuckDB could not compute."""
    from ...errors.exceptions import Py4JJavaError

    return Py4JJavaError("An error occurred while running a query.\n: %s" % error)
