"""Functions on columns, by PySpark's names."""

from ..errors.exceptions import PySparkTypeError
from ._expr import nodes as N
from ._expr.call import Call
from ._missing import missing_function
from ._pandas_call import PandasFunction, PandasUDFType, evaluation_of
from ._parse import parsed_expression
from .column import Column, named_node, node_of
from .types import DataType

# Programs say `from pyspark.sql.functions import *`, so this list is all that they get.
__all__ = ["array", "asc", "broadcast", "coalesce", "col", "column", "concat", "concat_ws", "count",
           "countDistinct", "count_distinct", "create_map", "date_format", "desc", "expr", "first",
           "from_json", "greatest", "last", "least", "lit", "PandasUDFType", "pandas_udf",
           "regexp_extract", "regexp_replace", "round", "split", "struct", "substring", "sumDistinct", "sum_distinct", "to_date", "to_timestamp",
           "udf", "when"]


def __getattr__(name):
    """Refuses the functions of PySpark that are not here."""
    raise missing_function(name) or AttributeError("module %r has no attribute %r" % (__name__, name))


def _named(columns):
    if len(columns) == 1 and isinstance(columns[0], (list, tuple)):
        columns = columns[0]
    return [named_node(column) for column in columns]


def col(name):
    """The column of a name."""
    return Column(named_node(name))


column = col


def lit(value):
    """A value in the place of a column."""
    if isinstance(value, Column):
        return value
    if isinstance(value, (list, tuple)):
        return Column(Call("array", [N.Lit(item) for item in value]))
    return Column(N.Lit(value))


def expr(str):
    """The column that a text of SQL means."""
    return Column(parsed_expression(str))


def asc(col):
    """To be sorted by, the least first."""
    return Column(N.SortKey(named_node(col), True))


def desc(col):
    """To be sorted by, the greatest first."""
    return Column(N.SortKey(named_node(col), False))


def when(condition, value):
    """A value where a condition holds; `otherwise` gives the rest."""
    if not isinstance(condition, Column):
        raise PySparkTypeError(
            "Argument `condition` should be a Column, got %s." % type(condition).__name__,
            error_class="NOT_COLUMN",
        )
    return Column(N.Case([(condition._node, node_of(value))]))


def broadcast(df):
    """The DataFrame itself: there is one machine."""
    return df


def udf(f=None, returnType=None):
    """A function of the program's own that takes columns."""
    from .udf import UserDefinedFunction

    if f is None or isinstance(f, (str, DataType)):
        kind = returnType if f is None else f
        return lambda function: UserDefinedFunction(function, kind)
    return UserDefinedFunction(f, returnType)


def pandas_udf(f=None, returnType=None, functionType=None):
    """A function of the program's own that takes columns as pandas Series, and gives one."""
    from .udf import UserDefinedFunction

    if f is None or isinstance(f, (str, DataType)):
        kind, evaluation = (returnType, functionType) if f is None else (f, returnType)
        evaluation = functionType if evaluation is None else evaluation
        return lambda function: pandas_udf(function, kind, evaluation)
    evaluation = evaluation_of(f, functionType)
    return UserDefinedFunction(
        f, returnType, make=lambda *of: PandasFunction(*of, evaluation=evaluation)
    )


def count(col):
    """The number of values that are not null; of rows for ``*``."""
    return Column(Call("count", [named_node(col)]))


def countDistinct(col, *cols):
    """The number of different values."""
    return Column(Call("count", _named((col, *cols)), distinct=True))


count_distinct = countDistinct


def sumDistinct(col):
    """The sum of the different values."""
    return Column(Call("sum", [named_node(col)], distinct=True))


sum_distinct = sumDistinct


def first(col, ignorenulls=False):
    """The first value."""
    return Column(Call("first", [named_node(col)], options={"ignore_nulls": ignorenulls}))


def last(col, ignorenulls=False):
    """The last value."""
    return Column(Call("last", [named_node(col)], options={"ignore_nulls": ignorenulls}))


def round(col, scale=0):
    """The number with so many digits behind the point, half up."""
    return Column(Call("round", [named_node(col), N.Lit(scale)]))


def split(str, pattern, limit=-1):
    """The pieces of a text between what a regular expression finds."""
    return Column(Call("split", [named_node(str), N.Lit(pattern), N.Lit(limit)]))


def substring(str, pos, len):
    """So many letters from a place on; places count from 1."""
    return Column(Call("substring", [named_node(str), node_of(pos), node_of(len)]))


def concat_ws(sep, *cols):
    """The texts with a separator between."""
    return Column(Call("concat_ws", [N.Lit(sep), *_named(cols)]))


def regexp_replace(string, pattern, replacement):
    """The text with something else for what a regular expression finds."""
    return Column(Call("regexp_replace", [named_node(string), node_of(pattern), node_of(replacement)], shown="regexp_replace(%s, %s, %s, 1)" % (named_node(string).name(), node_of(pattern).name(), node_of(replacement).name())))


def regexp_extract(str, pattern, idx):
    """A group of what a regular expression finds first."""
    return Column(Call("regexp_extract", [named_node(str), N.Lit(pattern), N.Lit(idx)]))


def date_format(date, format):
    """The time as a text."""
    return Column(Call("date_format", [named_node(date), N.Lit(format)]))


def _with_pattern(name, col, format):
    arguments = [named_node(col)] + ([] if format is None else [N.Lit(format)])
    return Column(Call(name, arguments))


def to_date(col, format=None):
    """The day that a text says."""
    return _with_pattern("to_date", col, format)


def to_timestamp(col, format=None):
    """The point in time that a text says."""
    return _with_pattern("to_timestamp", col, format)


def from_json(col, schema, options=None):
    """The value in a text of JSON, as the type says."""
    if not isinstance(schema, DataType):
        from ._ddl import parsed_type

        schema = parsed_type(schema)
    return Column(Call("from_json", [named_node(col)], options={"schema": schema}))


def _variadic(name, doc, called=None):
    def function(*cols):
        return Column(Call(called or name, _named(cols)))

    return _described(function, name, doc)


def _described(function, name, doc):
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    if name not in __all__:
        __all__.append(name)
    return function


array = _variadic("array", "An array of these columns.")
struct = _variadic("struct", "A struct of these columns.")
create_map = _variadic("create_map", "A map of keys and values, one after the other.", "map")
coalesce = _variadic("coalesce", "The first that is not null.")
greatest = _variadic("greatest", "The greatest.")
least = _variadic("least", "The least.")
concat = _variadic("concat", "The texts, or arrays, one after the other.")


def _of_columns(name, shown=None):
    """A function whose first argument is a column and whose others are values or columns."""

    def function(*arguments):
        made = [named_node(argument) if index == 0 else node_of(argument) for index, argument in enumerate(arguments)]
        return Column(Call(shown or name, made))

    return function


#: Functions of one column, and of a column and values.
_PLAIN = """
sum avg min max collect_list collect_set stddev stddev_samp stddev_pop var_samp var_pop
approx_count_distinct skewness percentile_approx median bool_and bool_or any_value
upper lower trim ltrim rtrim length initcap reverse repeat lpad rpad ascii md5 sha1 sha2 base64
translate instr format_number
ceil floor abs sqrt cbrt exp log10 log2 log1p signum sin cos tan asin acos atan radians
degrees hex bin factorial isnan isnull
year month dayofmonth hour minute second quarter dayofyear weekofyear dayofweek last_day
from_unixtime unix_timestamp date_add date_sub add_months trunc
explode explode_outer posexplode posexplode_outer
size array_contains element_at array_sort array_distinct array_max array_min array_join
map_keys map_values to_json get_json_object
""".split()

for _name in _PLAIN:
    globals()[_name] = _described(_of_columns(_name), _name, "``%s`` of SQL." % _name)

#: Functions whose arguments are all columns.
for _name in ("datediff", "max_by", "min_by", "corr", "covar_pop", "covar_samp", "levenshtein", "nullif",
              "ifnull", "nvl"):
    globals()[_name] = _described(_variadic(_name, ""), _name, "``%s`` of SQL." % _name)

#: Functions without arguments.
for _name in ("current_timestamp", "current_date", "now", "rand", "monotonically_increasing_id",
              "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "spark_partition_id"):
    def _nullary(*_seed, _name=_name):
        return Column(Call(_name, []))

    globals()[_name] = _described(_nullary, _name, "``%s`` of SQL." % _name)


def mean(col):
    """As `avg`."""
    return Column(Call("avg", [named_node(col)]))


def variance(col):
    """As `var_samp`."""
    return Column(Call("var_samp", [named_node(col)]))


def pow(col1, col2):
    """The power."""
    return Column(Call("power", [named_node(col1), node_of(col2)], shown="POWER(%s, %s)" % (named_node(col1).name(), node_of(col2).name())))


def log(arg1, arg2=None):
    """The natural logarithm, or that of a base."""
    if arg2 is None:
        return Column(Call("ln", [named_node(arg1)]))
    return Column(Call("log", [N.Lit(float(arg1)), named_node(arg2)]))


def bround(col, scale=0):
    """The number with so many digits behind the point, halves to the even digit."""
    return Column(Call("bround", [named_node(col), N.Lit(scale)]))


def sort_array(col, asc=True):
    """The array sorted."""
    return Column(Call("sort_array", [named_node(col), N.Lit(asc)]))


def locate(substr, str, pos=1):
    """The place of a text in another."""
    arguments = [N.Lit(substr), named_node(str)]
    shown = "locate(%s, %s, %d)" % (substr, arguments[1].name(), pos)
    return Column(Call("locate", arguments, shown=shown))


def lag(col, offset=1, default=None):
    """The value of a row before."""
    return Column(Call("lag", _shifted(col, offset, default)))


def lead(col, offset=1, default=None):
    """The value of a row behind."""
    return Column(Call("lead", _shifted(col, offset, default)))


def _shifted(col, offset, default):
    return [named_node(col), N.Lit(offset)] + ([] if default is None else [node_of(default)])


def ntile(n):
    """The number of a row's part, of so many parts of one size."""
    return Column(Call("ntile", [N.Lit(n)]))


def date_trunc(format, timestamp):
    """The begin of the hour, the day, the month that a time is in."""
    return Column(Call("date_trunc", [N.Lit(format), named_node(timestamp)]))


__all__ += ["bround", "sort_array", "mean", "variance", "pow", "log", "locate", "lag", "lead", "ntile", "date_trunc"]
