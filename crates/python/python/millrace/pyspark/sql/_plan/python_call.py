"""The program's own functions on columns."""

from .._convert import fitted
from .._duck import engine, new_name
from .._expr import nodes as N
from .._expr.call import Call
from .relation import Relation, fresh


class PythonFunction:
    """A function that the program has registered or made by ``udf``."""

    def __init__(self, function, kind, name):
        self.function, self.kind, self.name = function, kind, name

    def values(self, function, rows, kinds):
        """The results of a task's copy of the function for rows whose columns have these types."""
        return [fitted(function(*row), self.kind) for row in rows]


class PythonNode(N.Node):
    """A call of such a function."""

    def __init__(self, function, arguments):
        self.function, self.arguments = function, list(arguments)

    def children(self):
        return tuple(self.arguments)

    def name(self):
        return "%s(%s)" % (
            self.function.name,
            ", ".join(argument.name() for argument in self.arguments),
        )


class PythonCall(Relation):
    """The rows of a relation, and a column that a Python function makes of them."""

    def __init__(self, child, function, arguments, attribute):
        self.child, self.function, self.arguments = child, function, arguments
        self.attribute = attribute
        self.attributes = [*child.attributes, attribute]
        self.partitions = child.partitions
        self._table = None

    @classmethod
    def lifted(cls, child, node, functions):
        """The relation with all such calls of an expression computed, and what is left of it."""
        if isinstance(node, Call) and node.key in functions:
            node = PythonNode(functions[node.key], node.arguments)
        if not any(_is_python(part, functions) for part in node.walk()):
            return child, node
        from .select import _with_children

        below = [child]

        def change(part):
            below[0], made = cls.lifted(below[0], part, functions)
            return made

        name = node.name()
        node = _with_children(node, change)
        if not isinstance(node, PythonNode):
            return below[0], node
        scope = below[0].scope()
        arguments = [argument.resolve(scope) for argument in node.arguments]
        attribute = fresh(name, N.Typed("", node.function.kind, True))
        made = cls(below[0], node.function, arguments, attribute)
        return made, N.Alias(N.Bound(attribute), name)

    def sql(self):
        if self._table is None:
            self._table = self._computed()
        return "SELECT %s_p, _o FROM %s" % (self.columns(), self._table.name)

    def _computed(self):
        from ..._tasks import task_copy
        from ...errors.exceptions import task_failed
        from .._rows import reader_of

        names = [new_name("a") for _ in self.arguments]
        given = "".join(
            "%s AS %s, " % (typed.sql, name) for typed, name in zip(self.arguments, names)
        )
        rows = engine().create("SELECT %s* FROM (%s) ORDER BY _o" % (given, self.child.sql()))
        kinds = [typed.type for typed in self.arguments]
        readers = [reader_of(kind) for kind in kinds]
        function, kind = task_copy(self.function.function), self.function.kind
        found = engine().rows("SELECT %s_o FROM %s" % ("".join(n + ", " for n in names), rows.name))
        try:
            given = [[read(item) for read, item in zip(readers, row)] for row in found]
            values = self.function.values(function, given, kinds)
        except Exception as error:
            raise task_failed(error) from error
        columns = "".join(a.id + ", " for a in self.child.attributes)
        return engine().create(
            "SELECT %s_p, _o, _made AS %s FROM %s POSITIONAL JOIN (SELECT unnest(CAST(? AS %s[])) AS _made)"
            % (columns, self.attribute.id, rows.name, kind.duck),
            [values],
        )


def _is_python(node, functions):
    return isinstance(node, PythonNode) or isinstance(node, Call) and node.key in functions
