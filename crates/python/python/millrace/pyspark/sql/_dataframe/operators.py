"""Methods that make another DataFrame."""

from ..._missing import missing
from ...errors.exceptions import PySparkTypeError
from .._expr import nodes as N
from .._parse import parsed_expression
from .._plan import build
from .._plan.grouped import distinct
from .._plan.relation import Coalesced, Renamed
from .._plan.select import select, sort, where
from ..column import Column, name_node, named_node


def _flat(columns):
    if len(columns) == 1 and isinstance(columns[0], (list, tuple)):
        return list(columns[0])
    return list(columns)


class Operators:
    """Operators."""

    @property
    def _functions(self):
        return self._session._functions

    def _columns(self, columns):
        """Expressions of columns, of names and of numbers that count from one."""
        made = []
        for column in _flat(columns):
            if isinstance(column, int) and not isinstance(column, bool):
                made.append(N.Bound(self._relation.attributes[column - 1]))
            else:
                made.append(named_node(column))
        return made

    def select(self, *cols):
        """The rows with these columns."""
        nodes = self._columns(cols)
        return self._with(select(self._relation, nodes, self._functions))

    def selectExpr(self, *expr):
        """As `select`, of texts of SQL."""
        nodes = [parsed_expression(text) for text in _flat(expr)]
        return self._with(select(self._relation, nodes, self._functions))

    def filter(self, condition):
        """The rows for which a condition holds."""
        if isinstance(condition, str):
            node = parsed_expression(condition)
        elif isinstance(condition, Column):
            node = condition._node
        else:
            raise PySparkTypeError(
                "Argument `condition` should be a Column or str, got %s."
                % type(condition).__name__,
                error_class="NOT_COLUMN_OR_STR",
            )
        return self._with(where(self._relation, node, self._functions))

    where = filter

    def withColumn(self, colName, col):
        """The rows with one more column, or with another one in the place of its name."""
        if not isinstance(col, Column):
            raise PySparkTypeError(
                "Argument `col` should be a Column, got %s." % type(col).__name__,
                error_class="NOT_COLUMN",
            )
        return self.withColumns({colName: col})

    def withColumns(self, *colsMap):
        """As `withColumn`, of a dict."""
        changed = {name.lower(): (name, column) for name, column in colsMap[0].items()}
        nodes = []
        for attribute in self._relation.attributes:
            if attribute.name.lower() in changed:
                name, column = changed.pop(attribute.name.lower())
                nodes.append(N.Alias(column._node, name))
            else:
                nodes.append(N.Bound(attribute))
        nodes.extend(N.Alias(column._node, name) for name, column in changed.values())
        return self._with(select(self._relation, nodes, self._functions))

    def withColumnRenamed(self, existing, new):
        """The rows with another name for a column, if there is one of that name."""
        return self.withColumnsRenamed({existing: new})

    def withColumnsRenamed(self, colsMap):
        """As `withColumnRenamed`, of a dict."""
        names = {name.lower(): new for name, new in colsMap.items()}
        return self._with(
            Renamed(
                self._relation,
                [a.named(names.get(a.name.lower(), a.name)) for a in self._relation.attributes],
            )
        )

    def toDF(self, *cols):
        """The rows with other names for the columns."""
        from ...errors.exceptions import IllegalArgumentException

        attributes = self._relation.attributes
        if len(cols) != len(attributes):
            raise IllegalArgumentException(
                "requirement failed: The number of columns doesn't match.\nOld column names (%d): %s\n"
                "New column names (%d): %s"
                % (len(attributes), ", ".join(self.columns), len(cols), ", ".join(cols))
            )
        return self._with(
            Renamed(self._relation, [a.named(name) for a, name in zip(attributes, cols)])
        )

    def drop(self, *cols):
        """The rows without these columns; a name that there is not has no effect."""
        dropped = set()
        for column in cols:
            node = column._node if isinstance(column, Column) else name_node(column)
            name = node.name().lower()
            for attribute in self._relation.attributes:
                same = isinstance(node, N.Bound) and attribute.id == node.attribute.id
                if same or not isinstance(node, N.Bound) and attribute.name.lower() == name:
                    dropped.add(attribute.id)
        kept = [N.Bound(a) for a in self._relation.attributes if a.id not in dropped]
        return self._with(select(self._relation, kept))

    def alias(self, alias):
        """The rows, with a name that may stand before those of the columns."""
        return self._with(build.named(self._relation, alias))

    def limit(self, num):
        """The first rows."""
        return self._with(build.limited(self._relation, num))

    def sort(self, *cols, **kwargs):
        """The rows sorted by these columns."""
        nodes = self._columns(cols)
        ascending = kwargs.get("ascending", True)
        directions = (
            list(ascending) if isinstance(ascending, (list, tuple)) else [ascending] * len(nodes)
        )
        keys = [
            node if isinstance(node, N.SortKey) else N.SortKey(node, bool(direction))
            for node, direction in zip(nodes, directions)
        ]
        if "ascending" in kwargs:
            keys = [
                N.SortKey(key.child, bool(direction)) for key, direction in zip(keys, directions)
            ]
        return self._with(self._sorted(keys))

    orderBy = sort

    def _sorted(self, keys):
        """The rows sorted; an expression with an aggregate or a window becomes a column first."""
        from .._expr.call import Over

        extra = [key for key in keys if any(isinstance(part, Over) for part in key.walk())]
        if not extra:
            return sort(self._relation, keys, self._functions)
        nodes = [N.Bound(a) for a in self._relation.attributes] + [key.child for key in extra]
        wide = select(self._relation, nodes, self._functions)
        count = len(self._relation.attributes)
        made = dict(zip(map(id, extra), wide.attributes[count:]))
        keys = [
            N.SortKey(N.Bound(made[id(key)]), key.ascending, key.nulls_first) if id(key) in made else key
            for key in keys
        ]
        ordered = sort(wide, keys, self._functions)
        return select(ordered, [N.Bound(a) for a in wide.attributes[:count]])

    def sortWithinPartitions(self, *cols, **kwargs):
        """As `sort`: a DataFrame is one piece here."""
        return self.sort(*cols, **kwargs)

    def groupBy(self, *cols):
        """Groups of rows with the same values."""
        from ..group import GroupedData

        return GroupedData(self, self._columns(cols))

    groupby = groupBy

    def agg(self, *exprs):
        """One row of all rows."""
        return self.groupBy().agg(*exprs)

    def distinct(self):
        """The rows without repetitions."""
        return self._with(distinct(self._relation))

    def dropDuplicates(self, subset=None):
        """The first of the rows that have the same values in these columns."""
        if subset is None:
            return self.distinct()
        scope = self._relation.scope()
        keys = [scope.find([name])[0] for name in subset]
        made = distinct(self._relation, keys)
        return self._with(made)

    drop_duplicates = dropDuplicates

    def union(self, other):
        """The rows of both, columns by their places."""
        return self._with(build.united(self._relation, other._relation))

    unionAll = union

    def unionByName(self, other, allowMissingColumns=False):
        """The rows of both, columns by their names."""
        from ..functions import lit

        left, right = self, other
        if allowMissingColumns:
            left = _with_missing(left, right, lit)
            right = _with_missing(right, left, lit)
        return left.union(right.select(*["`%s`" % name for name in left.columns]))

    def intersect(self, other):
        """The rows that are in both, without repetitions."""
        return self._with(build.difference(self._relation, other._relation, True))

    def subtract(self, other):
        """The rows that are not in the other, without repetitions."""
        return self._with(build.difference(self._relation, other._relation, False))

    def exceptAll(self, other):
        """The rows that are not in the other."""
        return self._with(build.difference(self._relation, other._relation, False, True))

    def join(self, other, on=None, how=None):
        """The pairs of rows for which a condition holds, or that have the same values."""
        kind = _KINDS.get((how or "inner").lower().replace("_", ""))
        if kind is None:
            from ...errors.exceptions import IllegalArgumentException

            raise IllegalArgumentException(
                "Unsupported join type '%s'. Supported join types include: 'inner', 'outer', 'full', "
                "'fullouter', 'full_outer', 'leftouter', 'left', 'left_outer', 'rightouter', 'right', "
                "'right_outer', 'leftsemi', 'left_semi', 'semi', 'leftanti', 'left_anti', 'anti', "
                "'cross'." % how
            )
        on = [on] if isinstance(on, (str, Column)) else on
        names = condition = None
        if on and isinstance(on[0], str):
            names = list(on)
        elif on:
            condition = on[0]._node
            for column in on[1:]:
                condition = N.Logic("AND", condition, column._node)
        return self._with(
            build.joined(
                self._relation, other._relation, kind, condition, names, self._functions
            )
        )

    def crossJoin(self, other):
        """Every row with every row of the other."""
        return self._with(build.joined(self._relation, other._relation, "cross"))

    def sample(self, withReplacement=None, fraction=None, seed=None):
        """About such a share of the rows; not those that Spark's generator would draw."""
        import random

        if isinstance(withReplacement, float):
            fraction, seed = withReplacement, fraction
        generator = random.Random(seed)
        parts = [[row for row in self.collect() if generator.random() < fraction]]
        from .._create import local

        return self._with(local(parts, self.schema))

    def repartition(self, numPartitions, *cols):
        """The DataFrame itself: it is one piece here."""
        return self

    def coalesce(self, numPartitions):
        """The same rows; where they are one partition, groups come as they were first seen."""
        if numPartitions > 1:
            return self
        return self._with(Coalesced(self._relation))

    def hint(self, name, *parameters):
        """The DataFrame itself: the query is planned by DuckDB."""
        return self

    def transform(self, func, *args, **kwargs):
        """The result of a function that is called with the DataFrame."""
        return func(self, *args, **kwargs)

    def withWatermark(self, eventTime, delayThreshold):
        """Not there."""
        raise missing("DataFrame.withWatermark (Structured Streaming)", "pyspark.streaming")


def _with_missing(df, other, lit):
    known = {name.lower() for name in df.columns}
    for field in other.schema.fields:
        if field.name.lower() not in known:
            df = df.withColumn(field.name, lit(None).cast(field.dataType))
    return df


_KINDS = {
    "inner": "inner",
    "cross": "cross",
    "outer": "full",
    "full": "full",
    "fullouter": "full",
    "left": "left",
    "leftouter": "left",
    "right": "right",
    "rightouter": "right",
    "semi": "leftsemi",
    "leftsemi": "leftsemi",
    "anti": "leftanti",
    "leftanti": "leftanti",
}

