"""Two relations in one, and several rows of one."""

from dataclasses import replace

from .._duck import new_name
from .._expr.scope import column
from .relation import Project, Relation


def apart(left, right):
    """The right relation, with other ids where both have the same; the left may be a scope."""
    known = {attribute.id for attribute in left.attributes}
    if not any(attribute.id in known for attribute in right.attributes):
        return right
    return Project(
        right,
        [(replace(attribute, id=new_name("c")), column(attribute)) for attribute in right.attributes],
    )


class Join(Relation):
    """The pairs of rows for which a condition holds."""

    def __init__(self, left, right, kind, condition=None):
        self.left, self.right, self.kind, self.condition = left, right, kind, condition
        sides = [left] if kind in ("leftsemi", "leftanti") else [left, right]
        may_miss = {"left": (right,), "right": (left,), "full": (left, right)}.get(kind, ())
        self.attributes = [
            replace(attribute, nullable=True) if side in may_miss else attribute
            for side in sides
            for attribute in side.attributes
        ]

    def sql(self):
        left = "SELECT * EXCLUDE (_p, _o), _o AS _l FROM (%s)" % self.left.sql()
        right = "SELECT * EXCLUDE (_p, _o), _o AS _r FROM (%s)" % self.right.sql()
        on = " ON " + self.condition.sql if self.condition is not None else " ON TRUE"
        if self.kind in ("leftsemi", "leftanti"):
            negated = "" if self.kind == "leftsemi" else "NOT "
            return (
                "SELECT %s0 AS _p, _l AS _o FROM (%s) WHERE %sEXISTS (SELECT 1 FROM (%s)%s)"
                % (self.columns(), left, negated, right, on.replace(" ON ", " WHERE ", 1))
            )
        kind = {"inner": "JOIN", "cross": "JOIN"}.get(self.kind, "%s JOIN" % self.kind.upper())
        return "SELECT %s0 AS _p, row_number() OVER (ORDER BY _l NULLS LAST, _r) AS _o FROM (%s) %s (%s)%s" % (
            self.columns(),
            left,
            kind,
            right,
            on,
        )


class Generate(Relation):
    """A row for every element of an array or a map."""

    def __init__(self, child, value, columns, outer=False, position=False):
        self.child, self.value, self.outer = child, value, outer
        self.made = columns
        self.position = position
        self.attributes = [*child.attributes, *columns]
        self.partitions = child.partitions

    def sql(self):
        from .. import types as T

        is_map = isinstance(self.value.type, T.MapType)
        items = "map_entries(%s)" % self.value.sql if is_map else self.value.sql
        if self.outer:
            items = "CASE WHEN coalesce(len({0}), 0) = 0 THEN [NULL] ELSE {0} END".format(items)
        parts = ["_i - 1"] if self.position else []
        parts += ["_v.key", "_v.value"] if is_map else ["_v"]
        if self.position and self.outer:
            parts[0] = "CASE WHEN coalesce(len(_items), 0) > 0 THEN _i - 1 END"
        made = "".join(
            "CAST(%s AS %s) AS %s, " % (part, column.type.duck, column.id)
            for part, column in zip(parts, self.made)
        )
        return (
            "SELECT %s%s_p, row_number() OVER (ORDER BY _o, _i) AS _o FROM "
            "(SELECT *, unnest(_items) AS _v, generate_subscripts(_items, 1) AS _i FROM "
            "(SELECT *, %s AS _items FROM (%s)))"
            % (
                "".join(attribute.id + ", " for attribute in self.child.attributes),
                made,
                items,
                self.child.sql(),
            )
        )


class SetDifference(Relation):
    """EXCEPT and INTERSECT: rows of the left that are, or are not, in the right."""

    def __init__(self, left, right, keep):
        self.left, self.right, self.keep = left, right, keep
        self.attributes = left.attributes

    def sql(self):
        same = " AND ".join(
            "%s IS NOT DISTINCT FROM _r.%s" % (a.id, b.id)
            for a, b in zip(self.left.attributes, self.right.attributes)
        )
        return "SELECT * FROM (%s) WHERE %sEXISTS (SELECT 1 FROM (%s) _r WHERE %s)" % (
            self.left.sql(),
            "" if self.keep else "NOT ",
            self.right.sql(),
            same,
        )
