"""Sorted relations and their beginnings."""

from .._duck import engine
from .._expr.scope import around
from ._least import least_of
from .relation import Relation

#: Above so many rows ties are broken by place alone, as in a full sort.
_EXACT = 200_000


class Sort(Relation):
    """The rows sorted; those that are equal stay in their order."""

    def __init__(self, child, keys):
        self.child = child
        #: The keys behind ORDER BY.
        self.keys = keys
        self.attributes = child.attributes
        self.is_single = child.is_single

    def sql(self):
        return "SELECT %s0 AS _p, row_number() OVER (ORDER BY %s, _o) AS _o FROM (%s)" % (
            self.columns(),
            ", ".join(self.keys),
            self.child.sql(),
        )

    def count(self):
        return self.child.count()


class Limit(Relation):
    """The first rows."""

    is_single = True

    def __init__(self, child, count):
        if isinstance(child, Limit):
            child, count = child.child, min(child.number, count)
        self.child = child
        self.number = count
        self.attributes = child.attributes
        self._around = around()
        self._table = None

    def _first(self):
        return "SELECT * FROM (%s) ORDER BY _o LIMIT %d" % (self.child.sql(), self.number)

    def sql(self):
        if self._around is not None and self._around.is_read:
            return self._first()
        from .relation import Project, Renamed

        below, steps = self.child, []
        while isinstance(below, (Project, Renamed)) and not getattr(below, "order", None):
            steps.append(below)
            below = below.child
        if isinstance(below, Sort):
            if self._table is None:
                self._table = self._least_rows(below)
            return _on_top("SELECT * FROM %s" % self._table.name, steps)
        return self._first()

    def _least_rows(self, sort):
        """The least rows of a sorted relation, ties as Spark's heap breaks them."""
        ranked = engine().create(
            "SELECT *, dense_rank() OVER (ORDER BY %s) AS _k FROM (%s)"
            % (", ".join(sort.keys), sort.child.sql())
        )
        keys = engine().rows("SELECT _k, _p, _o FROM %s ORDER BY _o" % ranked.name)
        if len(keys) > _EXACT:
            kept = sorted((key, place) for key, _, place in keys)[: self.number]
        else:
            kept = least_of(keys, self.number)
        places = [place for _, place in kept]
        return engine().create(
            "SELECT r.* EXCLUDE (_k, _p, _o), 0 AS _p, k.i AS _o FROM %s r JOIN "
            "(SELECT unnest(CAST(? AS BIGINT[])) AS place, unnest(range(%d)) AS i) k ON r._o = k.place"
            % (ranked.name, len(places)),
            [places],
        )


def _on_top(sql, steps):
    """The expressions of some projections, over another query."""
    from .relation import Project

    for step in reversed(steps):
        if isinstance(step, Project):
            parts = [
                "%s AS %s" % (typed.sql, attribute.id)
                for attribute, typed in zip(step.attributes, step.expressions)
            ]
            sql = "SELECT %s_p, _o FROM (%s)" % ("".join(part + ", " for part in parts), sql)
    return sql
