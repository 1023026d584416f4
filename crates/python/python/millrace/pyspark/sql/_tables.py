"""Tables that outlive a program: directories of Parquet in the warehouse.

Spark keeps their names in a catalog of its own. Here a table is its directory, so a program that is
started again finds the tables of the last run.
"""

import os
import shutil

from ._errors import analysis, no_view

#: The setting that names the directory of all tables.
_WAREHOUSE = "spark.sql.warehouse.dir"


def _directory(session, name):
    """The directory of a table; None for a name that no table can have."""
    from .._rdd.files import _directory as local_path

    parts = name.replace("`", "").lower().split(".")
    if parts[:1] == ["spark_catalog"]:
        parts = parts[1:]
    if len(parts) == 2 and parts[0] == "default":
        parts = parts[1:]
    if len(parts) != 1 or not parts[0] or os.sep in parts[0]:
        return None
    root = session.sparkContext._conf.get(_WAREHOUSE, "spark-warehouse")
    return os.path.join(local_path(root), parts[0])


def _is_there(session, name):
    path = _directory(session, name)
    return path is not None and os.path.exists(os.path.join(path, "_SUCCESS"))


def find(session, name):
    """The relation of a table, or None."""
    if not _is_there(session, name):
        return None
    return session.read.parquet(_directory(session, name))._relation


def names(session):
    """The names of all tables, sorted."""
    place = _directory(session, "x")
    root = os.path.dirname(place)
    if not os.path.isdir(root):
        return []
    return sorted(name for name in os.listdir(root) if _is_there(session, name))


def drop(session, name):
    """Removes a table and its files; says whether there was one."""
    if not _is_there(session, name):
        return False
    shutil.rmtree(_directory(session, name))
    return True


def _only(session, name):
    path = _directory(session, name)
    if path is None:
        raise analysis(
            "SCHEMA_NOT_FOUND",
            "The schema `%s` cannot be found. Verify the spelling and correctness of the schema and "
            "catalog." % name.rsplit(".", 1)[0],
        )
    return path


def save(writer, df, name):
    """Writes a DataFrame as a table, in the mode of its writer."""
    session = df.sparkSession
    path = _only(session, name)
    if _is_there(session, name):
        if writer._mode == "ignore":
            return
        if writer._mode in ("errorifexists", "default"):
            raise analysis(
                "TABLE_OR_VIEW_ALREADY_EXISTS",
                "Cannot create table or view `spark_catalog`.`default`.`%s` because it already exists.\nChoose a "
                "different name, drop or replace the existing object, or add the IF NOT EXISTS "
                "clause to tolerate pre-existing objects." % os.path.basename(path),
            )
        if writer._mode == "append":
            table = session.table(name)
            if len(df.columns) != len(table.columns):
                raise analysis(
                    None,
                    "The column number of the existing table spark_catalog.default.%s (%s) doesn't "
                    "match the data schema (%s)."
                    % (os.path.basename(path), table.schema.simpleString(), df.schema.simpleString()),
                )
            writer._df = df.select(*table.columns)
    writer.parquet(path)


def insert(writer, df, name):
    """Adds a DataFrame to a table, columns by their places."""
    session = df.sparkSession
    if not _is_there(session, name):
        raise no_view(".".join("`%s`" % part for part in name.split(".")))
    writer._df = df.toDF(*session.table(name).columns)
    if writer._mode != "overwrite":
        writer._mode = "append"
    writer.parquet(_directory(session, name))
