"""The cases of `sql/`, beside what real PySpark 3.5.9 printed in them.

`scripts/compare_sql_with_spark.sh --record` writes `sql/recorded` anew. Where millrace prints
something else, it is in `sql/departures`, and docs/SQL.md says why.
"""

import os
import sys

import pytest

pytest.importorskip("duckdb", reason="pip install 'millrace[sql]'")

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sql")
sys.path.insert(0, HERE)

import run  # noqa: E402


@pytest.fixture(scope="module")
def spark():
    session = run.session()
    yield session
    session.stop()


def expected(name):
    """The transcript of a case."""
    for directory in ("departures", "recorded"):
        path = os.path.join(HERE, directory, name + ".out")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                return file.read()
    return None


@pytest.mark.parametrize("group,name", run.all_cases())
def test_prints_what_spark_prints(spark, group, name):
    if "pandas" in name:
        pytest.importorskip("pandas", "3", reason="what was recorded is of pandas 3")
    printed = run.transcript(run.cases(group)[name], spark)
    assert printed == expected("%s.%s" % (group, name))
