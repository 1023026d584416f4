"""Tables of ``show`` and trees of ``printSchema``, to the byte."""

import datetime
import decimal

from pyspark.sql import Row
from pyspark.sql import functions as F

from cases._shared import attempt, readings, words


def _mixed(spark):
    full = Row(
        a=1, b=[1, 2, None], c={"k": 1.5}, d=Row(x=1, y=None), f=datetime.date(2020, 1, 2),
        g=datetime.datetime(2020, 1, 2, 3, 4, 5, 60000), h=decimal.Decimal("1.50"), i=b"ab", j=True,
        k=(1, "a"),
    )
    empty = Row(
        a=5, b=[], c={}, d=Row(x=1, y="q"), f=None, g=datetime.datetime(1999, 12, 31, 23, 59, 59),
        h=None, i=b"\x00\xff", j=False, k=None,
    )
    return spark.createDataFrame([empty, full])


def every_type(spark):
    df = _mixed(spark)
    df.show()
    df.printSchema()


def whole_values(spark):
    _mixed(spark).show(truncate=False)
    _mixed(spark).show(1, False)


def cut_values(spark):
    _mixed(spark).show(truncate=3)
    _mixed(spark).show(truncate=10)
    _mixed(spark).show(truncate=0)


def vertical(spark):
    _mixed(spark).show(vertical=True)
    spark.createDataFrame([], "a int").show(vertical=True)


def more_rows_than_shown(spark):
    df = words(spark)
    df.show()
    df.show(3)
    df.show(1)
    df.show(0)
    df.show(1000)


def floats(spark):
    values = [
        0.0, -0.0, 1.0, 1e7, 12345678.9, 9999999.0, 1e-3, 9.99e-4, 1.5e300, float("nan"),
        float("inf"), float("-inf"), None, 0.1 + 0.2, 100.0, 1e21, 123456789012345680.0, 2e-3, 4.35,
    ]
    df = spark.createDataFrame([(x,) for x in values], "a double")
    df.show()
    df.select(F.col("a").cast("string"), F.col("a").cast("int"), F.round("a", 2)).show()
    df.orderBy("a").show()
    df.orderBy(F.desc("a")).show(3)
    df.select(F.concat(F.lit("<"), F.col("a"), F.lit(">"))).show(truncate=False)


def wide_letters_and_escapes(spark):
    df = spark.createDataFrame(
        [("日本語", 1), ("abc\ndef\t", 2), ("x" * 30, 3), ("", 4), (None, 5), ("é", 6)], ["s", "n"]
    )
    df.show()
    df.show(2, False)
    df.show(truncate=2)


def long_names(spark):
    readings(spark).select(
        F.when(F.col("n") > 2, "big").otherwise("small"), F.lit(1).alias("a name that is very long indeed")
    ).show()


def no_columns(spark):
    spark.read.json(spark.sparkContext.parallelize([])).show()
    readings(spark).select().show()


def wrong_arguments(spark):
    df = readings(spark)
    attempt(lambda: df.show("a"))
    attempt(lambda: df.show(True))
    attempt(lambda: df.show(1, "x"))
    attempt(lambda: df.show(1, True, "x"))


def schemas(spark):
    df = readings(spark)
    df.withColumn("m", F.col("n") + 1).withColumn("l", F.lit("x")).printSchema()
    df.groupBy("w").agg(
        F.count("*").alias("n"), F.sum("n"), F.avg("t"), F.max("w"), F.collect_list("n"), F.first("n")
    ).printSchema()
    spark.sql("select w, count(*) as c, sum(t) from t group by w").printSchema()
    spark.sql(
        "select n+1, n/2, n*1.5, round(t,1), length(w), count(*) from t group by n,t,w"
    ).printSchema()
    print(df.schema.json())
    print(df.schema.simpleString(), df.schema["w"], df.schema.fieldNames())


def reprs(spark):
    df = readings(spark)
    print(df, df.w, df.n + 1, df.columns, df.dtypes)
    print(df.groupBy("w"))
    print(df.select("*").columns, df.schema)


def as_json(spark):
    print(_mixed(spark).toJSON().collect())
    print(readings(spark).toJSON().first())


def as_pandas(spark):
    df = readings(spark)
    frame = df.toPandas()
    print(frame)
    print(frame.dtypes)
    print(df.groupBy("w").count().orderBy("w").toPandas().to_string())
    print(df.limit(0).toPandas())
