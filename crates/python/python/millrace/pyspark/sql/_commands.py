"""Commands and queries in texts for ``SparkSession.sql``."""

from . import _tables
from ._create import local
from ._duck import engine
from ._errors import analysis, no_view
from ._expr.nodes import literal_sql, literal_type
from ._parse import parsed_statement
from ._parse.queries import Command
from ._plan.build import Builder
from .types import BooleanType, StringType, StructField, StructType


def run(session, text, args=None, names=None):
    """The relation of a query, or of what a command answers."""
    engine()
    for key, value in {**(names or {})}.items():
        text = text.replace("{%s}" % key, _given(session, key, value))
    for key, value in (args or {}).items() if isinstance(args, dict) else ():
        text = text.replace(":" + key, literal_sql(value, literal_type(value)))
    statement = parsed_statement(text)
    if isinstance(statement, Command):
        return _command(session, statement)
    return Builder(session._find, session._functions).query(statement)


def _given(session, key, value):
    """The words that stand in a text for a value or a DataFrame."""
    if hasattr(value, "createOrReplaceTempView"):
        name = "_given_%s" % key
        value.createOrReplaceTempView(name)
        return name
    return literal_sql(value, literal_type(value))


def _command(session, command):
    if command.kind == "view":
        made = Builder(session._find, session._functions).query(command.query)
        if not session._views.put(command.name, made, command.flag):
            raise analysis(
                "TEMP_TABLE_OR_VIEW_ALREADY_EXISTS",
                "Cannot create the temporary view `%s` because it already exists.\nChoose a different "
                "name, drop or replace the existing view,  or add the IF NOT EXISTS clause to tolerate "
                "pre-existing views." % command.name,
            )
    elif command.kind == "drop":
        dropped = session._views.drop(command.name) or _tables.drop(session, command.name)
        if not dropped and not command.flag:
            raise no_view("`%s`" % command.name)
    elif command.kind == "show":
        return _answer(
            [("namespace", StringType()), ("tableName", StringType()), ("isTemporary", BooleanType())],
            [("default", name, False) for name in _tables.names(session)]
            + [("", name, True) for name in session._views.names()],
        )
    elif command.kind == "describe":
        rows = [
            (field.name, field.dataType.simpleString(), None)
            for field in session.table(command.name).schema.fields
        ]
        names = ("col_name", "data_type", "comment")
        return _answer([(name, StringType()) for name in names], rows)
    return _answer([], [])


def _answer(columns, rows):
    schema = StructType([StructField(name, kind, False) for name, kind in columns])
    return local([rows], schema)
