"""Relations that DuckDB computes row by row.

The text of every relation has its columns by their ids, `_p`, the partition that Spark would have a
row in, and `_o`, the place of the row. So the order of rows is data, and is Spark's.
"""

from .._duck import engine, new_name
from .._expr.nodes import SortKey
from .._expr.scope import Attribute, Scope, around

__all__ = ["Filter", "Local", "Project", "Relation", "Renamed", "SortKey", "Union"]


class Relation:
    """Columns, and a query that gives them."""

    attributes = ()
    #: The number of Spark's partitions that the rows are in.
    partitions = 1
    #: True if Spark knows that there is one partition, and need not shuffle.
    is_single = False

    def sql(self):
        """The query."""
        raise NotImplementedError

    def rows(self):
        """The rows, in order."""
        names = ", ".join(attribute.id for attribute in self.attributes) or "1"
        rows = engine().rows("SELECT %s FROM (%s) ORDER BY _o" % (names, self.sql()))
        return rows if self.attributes else [() for _ in rows]

    def count(self):
        """The number of rows."""
        return engine().rows("SELECT count(*) FROM (%s)" % self.sql())[0][0]

    def scope(self, functions=None):
        """The columns that an expression can name."""
        return Scope(self.attributes, functions, self.partitions)

    def columns(self):
        """The ids of the columns, for a SELECT."""
        return "".join(attribute.id + ", " for attribute in self.attributes)


class Kept(Relation):
    """Rows that are computed once, and kept in a table, because their order is Spark's.

    Of a query that reads columns of the one around it nothing can be kept, and no order is seen.
    """

    def __init__(self):
        self._around = around()
        self._table = None

    def sql(self):
        if self._table is None:
            if self._around is not None and self._around.is_read:
                return self.inner_sql()
            self._table = self.made()
        return self.kept_sql(self._table)

    def inner_sql(self):
        """The query for each row of the one around it."""
        raise NotImplementedError

    def made(self):
        """The table."""
        raise NotImplementedError

    def kept_sql(self, table):
        """The query for what is in the table."""
        return "SELECT %s_p, _o FROM %s" % (self.columns(), table.name)


def fresh(name, typed):
    """A new column for an expression."""
    return Attribute(new_name("c"), name, typed.type, typed.nullable)


class Local(Relation):
    """Rows that are in a table."""

    def __init__(self, attributes, table, partitions=1):
        self.attributes = list(attributes)
        self.table = table
        self.partitions = partitions

    def sql(self):
        return "SELECT %s_p, _o FROM %s" % (self.columns(), self.table.name)


class Renamed(Relation):
    """The same rows; columns have other names or qualifiers."""

    def __init__(self, child, attributes):
        self.child = child
        self.attributes = list(attributes)
        self.partitions = child.partitions
        self.is_single = child.is_single

    def sql(self):
        return self.child.sql()

    def rows(self):
        if [a.id for a in self.attributes] == [a.id for a in self.child.attributes]:
            return self.child.rows()
        return super().rows()

    def count(self):
        return self.child.count()


class Coalesced(Renamed):
    """The same rows, in one partition."""

    def __init__(self, child):
        super().__init__(child, child.attributes)
        self.is_single = True


class Project(Relation):
    """An expression for every column."""

    def __init__(self, child, columns, order=None):
        self.child = child
        self.attributes = [attribute for attribute, _ in columns]
        self.expressions = [typed for _, typed in columns]
        self.partitions = child.partitions
        self.is_single = child.is_single
        #: Another order of the rows, if the expressions bring one.
        self.order = order

    def sql(self):
        parts = [
            typed.sql if typed.sql == attribute.id else "%s AS %s" % (typed.sql, attribute.id)
            for attribute, typed in zip(self.attributes, self.expressions)
        ]
        if self.order:
            parts.append("0 AS _p, row_number() OVER (ORDER BY %s, _o) AS _o" % self.order)
        else:
            parts.append("_p, _o")
        return "SELECT %s FROM (%s)" % (", ".join(parts), self.child.sql())

    def count(self):
        return self.child.count()


class Filter(Relation):
    """The rows for which a condition holds."""

    def __init__(self, child, condition):
        self.child = child
        self.condition = condition
        self.attributes = child.attributes
        self.partitions = child.partitions
        self.is_single = child.is_single

    def sql(self):
        return "SELECT * FROM (%s) WHERE %s" % (self.child.sql(), self.condition.sql)


class Union(Relation):
    """The rows of one relation and then those of the other."""

    def __init__(self, left, right, columns):
        self.left, self.right = left, right
        self.attributes = [attribute for attribute, _, _ in columns]
        self.sides = ([a for _, a, _ in columns], [b for _, _, b in columns])
        self.partitions = left.partitions + right.partitions

    def sql(self):
        parts = []
        for index, (child, side) in enumerate(zip((self.left, self.right), self.sides)):
            names = "".join(
                "%s AS %s, " % (typed.sql, attribute.id)
                for attribute, typed in zip(self.attributes, side)
            )
            parts.append(
                "SELECT %s_p + %d AS _p, %d AS _side, _o FROM (%s)"
                % (names, index * self.left.partitions, index, child.sql())
            )
        return "SELECT * EXCLUDE (_side, _o), row_number() OVER (ORDER BY _side, _o) AS _o FROM (%s)" % (
            " UNION ALL ".join(parts)
        )
