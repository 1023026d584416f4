"""Runs the cases and writes what each prints to a file of its name.

The same on real PySpark and on millrace: whichever `pyspark` is found first runs them.

    run.py DIRECTORY [CASE...]
"""

import contextlib
import importlib
import io
import os
import sys
import tempfile
import traceback
import types

HERE = os.path.dirname(os.path.abspath(__file__))
GROUPS = sorted(
    name[:-3] for name in os.listdir(os.path.join(HERE, "cases")) if not name.startswith("_")
    and name.endswith(".py")
)


def cases(group):
    """The functions of a group, by their names."""
    if HERE not in sys.path:
        sys.path.insert(0, HERE)
    module = importlib.import_module("cases." + group)
    return {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, types.FunctionType)
        and not name.startswith("_")
        and value.__module__ == module.__name__
    }


def all_cases():
    """All cases: pairs of a group and a name."""
    return [(group, name) for group in GROUPS for name in cases(group)]


def transcript(function, spark):
    """The text that a case prints."""
    for view in spark.catalog.listTables():
        spark.catalog.dropTempView(view.name)
    printed = io.StringIO()
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        try:
            with contextlib.redirect_stdout(printed):
                function(spark)
        except Exception as error:
            traceback.print_exc()
            printed.write("--- failed: %s\n" % type(error).__name__)
        finally:
            os.chdir(before)
    return printed.getvalue().replace(os.path.realpath(directory), "DIR")


def session():
    """The session that all cases have."""
    from pyspark.sql import SparkSession

    return (
        SparkSession.builder.master("local[2]")
        .config("spark.executorEnv.PYTHONPATH", HERE)
        .appName("cases")
        .config("spark.ui.enabled", "false")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )


def main():
    target, only = sys.argv[1], sys.argv[2:]
    os.makedirs(target, exist_ok=True)
    spark = session()
    for group, name in all_cases():
        if only and name not in only and "%s.%s" % (group, name) not in only:
            continue
        path = os.path.join(target, "%s.%s.out" % (group, name))
        with open(path, "w", encoding="utf-8") as file:
            file.write(transcript(cases(group)[name], spark))
    spark.stop()


if __name__ == "__main__":
    main()
