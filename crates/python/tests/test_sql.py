"""DataFrames and SQL: what the cases beside Spark do not try."""

import threading

import pytest


def test_without_duckdb_one_line_names_the_extra(program):
    ended = program(
        """
import sys
sys.modules["duckdb"] = None
from pyspark.sql import SparkSession

spark = SparkSession.builder.master("local[2]").appName("x").getOrCreate()
print(spark.sparkContext.parallelize([1, 2]).count())
for attempt in (
    lambda: spark.createDataFrame([(1,)], ["a"]),
    lambda: spark.sql("select 1"),
    lambda: spark.read.json(spark.sparkContext.parallelize(["{}"])),
):
    try:
        attempt()
    except RuntimeError as error:
        print(error)
"""
    )
    line = "DataFrames and SQL need DuckDB; install it by: pip install 'millrace[sql]'\n"
    assert ended.stdout == "2\n" + 3 * line, ended.stderr


@pytest.fixture
def spark(sc):
    pytest.importorskip("duckdb", reason="pip install 'millrace[sql]'")
    from pyspark.sql import SparkSession

    return SparkSession(sc)


def test_a_view_is_polled_while_it_is_registered_anew(spark):
    def register(number):
        spark.createDataFrame([(number, i) for i in range(50)], ["batch", "n"]).createOrReplaceTempView("v")

    register(0)
    done, failed, seen = threading.Event(), [], set()

    def poll():
        try:
            while not done.is_set():
                rows = spark.sql("select batch, count(*) as c, sum(n) as s from v group by batch").collect()
                assert [(row.c, row.s) for row in rows] == [(50, 1225)]
                seen.add(rows[0].batch)
        except Exception as error:
            failed.append(error)

    pollers = [threading.Thread(target=poll) for _ in range(3)]
    for poller in pollers:
        poller.start()
    for number in range(1, 60):
        register(number)
    done.set()
    for poller in pollers:
        poller.join(60)
    assert failed == []
    assert seen


def test_a_relation_names_its_columns(spark):
    rows = spark.sql(
        "select name, sum(amount) as total from values ('x', 1), ('y', 2), ('x', 5) as sales(name, amount) "
        "group by name order by total desc"
    ).collect()
    assert [tuple(row) for row in rows] == [("x", 6), ("y", 2)]


def test_tables_of_forgotten_frames_are_dropped(spark):
    from pyspark.sql._duck import engine

    def tables():
        return engine().rows("SELECT count(*) FROM duckdb_tables()")[0][0]

    for number in range(20):
        df = spark.createDataFrame([(number, "a")], ["n", "w"])
        df.groupBy("w").count().orderBy("count").limit(1).collect()
    assert tables() < 15


def test_a_context_of_sql_names_tables_and_then_views(spark, tmp_path, monkeypatch):
    from pyspark.sql import SQLContext

    monkeypatch.chdir(tmp_path)
    df = spark.createDataFrame([(1,)], ["a"])
    df.createOrReplaceTempView("v")
    df.write.saveAsTable("t")
    assert SQLContext(spark.sparkContext).tableNames() == ["t", "v"]


def test_rdds_have_no_frames_before_a_session(sc):
    from pyspark.errors import PySparkRuntimeError
    from pyspark.sql import SparkSession

    SparkSession._session = None
    with pytest.raises(PySparkRuntimeError, match="Not supported to call `RDD.toDF` before"):
        sc.parallelize([(1,)]).toDF()


def test_hashes_are_sparks():
    from pyspark.sql import types as T
    from pyspark.sql._hash import hash_of

    # `select hash(...)` of Spark 3.5.9.
    def signed(value, kind):
        made = hash_of(value, kind)
        return made - (1 << 32) if made >= 1 << 31 else made

    assert signed("Spark", T.StringType()) == 228093765
    assert signed(1, T.IntegerType()) == -559580957
    assert signed(1, T.LongType()) == -1712319331
    assert signed(None, T.LongType()) == 42


def test_help_is_there():
    import inspect

    from pyspark.sql import Column, DataFrame, GroupedData, SparkSession

    for of in (Column, DataFrame, GroupedData, SparkSession):
        for name, value in inspect.getmembers(of):
            if not name.startswith("_") and (callable(value) or isinstance(value, property)):
                assert inspect.getdoc(value), (of, name)
