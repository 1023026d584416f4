"""The columns that an expression can name."""

import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace

from .. import types as T
from .._errors import ambiguous, unresolved_column
from .typed import Typed


@dataclass(frozen=True)
class Attribute:
    """A column of a relation; `id` names it in DuckDB and is never used twice."""

    id: str
    name: str
    type: T.DataType
    nullable: bool = True
    #: The names that may stand before it and a point.
    qualifier: str = None

    def named(self, name):
        """The same column by another name."""
        return replace(self, name=name)

    def of(self, qualifier):
        """The same column of a relation with a name."""
        return replace(self, qualifier=qualifier)


class Around:
    """The query around one that is built: its columns, and whether the inner one reads any."""

    def __init__(self, scope, beyond):
        self.scope, self.beyond = scope, beyond
        self.is_read = False


_building = threading.local()


def around():
    """The query around the one that this thread builds, or None."""
    return getattr(_building, "around", None)


@contextmanager
def inside(scope):
    """Lets queries that are built within name the columns of `scope`, too."""
    made = _building.around = Around(scope, around())
    try:
        yield made
    finally:
        _building.around = made.beyond


class Scope:
    """The columns of the relations that a query reads."""

    def __init__(self, attributes, functions=None, partitions=1):
        self.attributes = list(attributes)
        self.partitions = partitions
        #: Functions that the program has registered, by their names.
        self.functions = functions or {}

    def find(self, parts, at=None):
        """The column that a name with its points means, and the parts left: fields of it."""
        found = self._own(parts) or _of_around(parts)
        if found is None:
            raise self.unresolved(parts, at)
        return found

    def _own(self, parts):
        if len(parts) > 1:
            found = [
                attribute
                for attribute in self.attributes
                if _same(attribute.qualifier, parts[0]) and _same(attribute.name, parts[1])
            ]
            if found:
                return self._only(found, parts), parts[2:]
        found = [attribute for attribute in self.attributes if _same(attribute.name, parts[0])]
        if found:
            return self._only(found, parts), parts[1:]
        return None

    def is_own(self, parts):
        """True unless a name means a column of a query around this one."""
        return self._own(parts) is not None or around() is None

    def unresolved(self, parts, at=None):
        """The error of a name that means nothing."""
        qualifiers = {attribute.qualifier for attribute in self.attributes}
        known = [
            attribute.name
            if len(qualifiers) < 2 and len(parts) < 2 or not attribute.qualifier
            else "%s`.`%s" % (attribute.qualifier, attribute.name)
            for attribute in self.attributes
        ]
        return unresolved_column(".".join("`%s`" % part for part in parts), known, at)

    def _only(self, found, parts):
        if len({attribute.id for attribute in found}) > 1:
            raise ambiguous(
                ".".join(parts),
                [
                    "%s`.`%s" % (attribute.qualifier, attribute.name)
                    if attribute.qualifier
                    else attribute.name
                    for attribute in found
                ],
            )
        return found[0]

    def by_id(self, identifier):
        """The column with an id, or None."""
        for attribute in self.attributes:
            if attribute.id == identifier:
                return attribute
        return None


def column(attribute):
    """A column as an expression."""
    return Typed(attribute.id, attribute.type, attribute.nullable, False, (attribute.name,))


def _of_around(parts):
    """The column of a name in the queries around the one that is built, the nearest first."""
    passed, at = [], around()
    while at is not None:
        passed.append(at)
        found = at.scope._own(parts)
        if found is not None:
            for each in passed:
                each.is_read = True
            return found
        at = at.beyond
    return None


def _same(a, b):
    return a is not None and a.lower() == b.lower()
