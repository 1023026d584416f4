"""Groups of rows, in the order in which Spark's shuffle would bring them."""

from .._duck import engine, new_name
from .._hash import partition_of
from .relation import Kept


class Aggregate(Kept):
    """One row for every group of rows."""

    def __init__(self, child, keys, columns, shuffle=200):
        super().__init__()
        self.child = child
        self.keys = keys
        self.attributes = [attribute for attribute, _ in columns]
        self.expressions = [typed for _, typed in columns]
        self.shuffle = shuffle
        #: True if Spark shuffles twice, so that it is forgotten where a group was first seen.
        self.twice = False
        self.is_single = child.is_single or not keys

    def _query(self):
        """The groups: the columns, the keys, where each was first seen."""
        parts = [
            "%s AS %s" % (typed.sql, attribute.id)
            for attribute, typed in zip(self.attributes, self.expressions)
        ]
        parts += ["%s AS _k%d" % (key.sql, index) for index, key in enumerate(self.keys)]
        parts += ["min(_p) AS _p", "min(_o) AS _o"]
        sql = "SELECT %s FROM (%s)" % (", ".join(parts), self.child.sql())
        if self.keys:
            sql += " GROUP BY " + ", ".join(key.sql for key in self.keys)
        return sql

    def _order(self, found):
        """The place of every group, of rows that end with the keys and where they were seen."""
        if self.is_single:
            return sorted(range(len(found)), key=lambda index: found[index][-1])
        kinds = [key.type for key in self.keys]
        width = len(kinds)
        places = [
            (0 if self.twice else row[-2], partition_of(row[-2 - width : -2], kinds, self.shuffle), row[-1])
            for row in found
        ]
        return sorted(range(len(found)), key=places.__getitem__)

    def rows(self):
        if self._table is not None:
            return super().rows()
        found = engine().rows(self._query())
        width = len(self.attributes)
        return [found[index][:width] for index in self._order(found)]

    def inner_sql(self):
        return "SELECT %s_p, _o FROM (%s)" % (self.columns(), self._query())

    def made(self):
        if not self.keys:
            return engine().create(self._query())
        groups = engine().create(self._query())
        keys = ", ".join("_k%d" % index for index in range(len(self.keys)))
        found = engine().rows("SELECT %s, _p, _o FROM %s" % (keys, groups.name))
        places = [0] * len(found)
        for place, index in enumerate(self._order(found)):
            places[index] = place
        return engine().create(
            "SELECT %s0 AS _p, _place AS _o FROM %s POSITIONAL JOIN "
            "(SELECT unnest(CAST(? AS BIGINT[])) AS _place)" % (self.columns(), groups.name),
            [places],
        )

    def count(self):
        if not self.keys:
            return 1
        return engine().rows("SELECT count(*) FROM (%s)" % self._query())[0][0]


def distinct(child, attributes=None, shuffle=200):
    """The rows of a relation without their repetitions."""
    from .._expr.scope import column
    from .._expr.typed import Typed

    keys = [column(attribute) for attribute in attributes or child.attributes]
    by_id = {key.sql for key in keys}
    columns = []
    for attribute in child.attributes:
        sql = attribute.id
        if sql not in by_id:
            sql = "(first([%s] ORDER BY _o))[1]" % sql
        columns.append((_renamed(attribute), Typed(sql, attribute.type, attribute.nullable)))
    return Aggregate(child, keys, columns, shuffle)


def _renamed(attribute):
    from dataclasses import replace

    return replace(attribute, id=new_name("c"))
