"""Methods of DataFrames and columns."""

from pyspark.sql import Row
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, StringType

from cases._shared import attempt, readings, words


def selected(spark):
    df = readings(spark)
    df.select("w", df.n + 1, (df.n * 2).alias("d"), F.col("t").cast("int"), F.upper(df.w)).show()
    df.select(["w", "n"]).show(1)
    df.select(df["w"], df.t, "*").show(1)
    df.selectExpr("w as x", "n + 1", "upper(w)").show(1)
    df.select(F.expr("n * 2 as twice"), F.lit(1), F.lit("s"), F.lit(2.5), F.lit(None)).show(1)
    df[["w", "n"]].show(1)


def conditions(spark):
    df = readings(spark)
    df.select(
        F.when(df.n > 2, "x").otherwise("y"), df.n.isNull(), ~(df.n > 1), df.w.isin("a", "b"),
        df.w.like("a%"), df.n.between(1, 2), df.w.isin(["a"]), df.n.isNotNull(), df.n != 1,
        df.n.eqNullSafe(None),
    ).show()
    df.select(F.when(df.n > 2, "x").when(df.n > 1, "y").alias("c")).show()


def filtered(spark):
    df = readings(spark)
    df.filter("n > 1").show()
    df.where((df.n > 1) & (df.w != "a")).show()
    print(df.filter(df.w.startswith("a") | df.n.isNull()).count())
    df.filter(df.w.contains("b")).filter("t < 1").show()
    df[df.n == 3].show()


def texts(spark):
    df = spark.createDataFrame([("  Hello World ", "a,b,,c"), ("x", "")], ["s", "c"])
    df.select(
        F.lower("s"), F.upper("s"), F.trim("s"), F.length("s"), F.split("c", ","), F.substring("s", 3, 5),
        F.concat_ws("-", "s", "c"), F.initcap("s"), F.reverse("c"),
    ).show(truncate=False)
    df.select(
        df.s.substr(3, 2), F.lpad("c", 8, "*"), F.rpad("c", 3, "*"), F.regexp_replace("c", ",", ";"),
        F.regexp_extract("c", "(b)", 1), F.instr("s", "o"), F.locate("l", "s"), F.repeat("c", 2),
    ).show(truncate=False)
    df.select(F.ltrim("s"), F.rtrim("s"), F.translate("c", ",", ";"), F.ascii("c"), F.concat("s", "c")).show()


def numbers(spark):
    df = spark.createDataFrame([(2.5, -3, 10), (-2.5, 4, 3), (1.005, 0, 7)], ["x", "y", "z"])
    df.select(
        F.round("x"), F.round("x", 2), F.ceil("x"), F.floor("x"), F.abs("y"), F.sqrt("z"), F.pow("y", 2),
        F.greatest("y", "z"), F.least("y", "z"), F.signum("y"), F.bround("x"),
    ).show()
    df.select(df.x / df.y, df.z % df.y, -df.x, df.y * df.z, 1 - df.x, 10 / df.y, df.z**2).show()


def times(spark):
    df = spark.createDataFrame([("2020-02-03 04:05:06.5",), ("bad",)], ["s"])
    at = df.select(F.to_timestamp("s").alias("at"), F.to_date("s").alias("day"))
    at.show()
    at.printSchema()
    at.select(
        F.year("at"), F.month("at"), F.dayofmonth("at"), F.hour("at"), F.minute("at"), F.second("at"),
        F.date_format("at", "yyyy/MM/dd HH:mm"), F.dayofweek("at"), F.dayofyear("day"), F.quarter("at"),
    ).show(1, False)
    at.select(F.date_add("day", 30), F.date_sub("day", 3), F.datediff(F.lit("2020-03-01").cast("date"), "day"),
              F.last_day("day"), F.date_trunc("hour", "at"), F.trunc("day", "month")).show(1, False)
    df.select(F.to_date(F.lit("03/02/2020"), "dd/MM/yyyy"), F.to_timestamp(F.lit("2020.1"), "yyyy.M")).show(1)


def collections(spark):
    df = spark.createDataFrame([Row(l=[3, 1, 2, 1], m={"a": 1, "b": 2}, r=Row(x=1, y="z"))])
    df.select("r.x", "r.*", df.m["a"], df.l[0], df.r.y, F.col("r").getField("x"), df.l.getItem(9)).show()
    df.select(F.size("l"), F.array_contains("l", 2), F.sort_array("l"), F.map_keys("m"), F.map_values("m"),
              F.array_max("l"), F.array_distinct("l")).show(truncate=False)
    df.select(F.struct("l", F.lit(1).alias("one")), F.array(F.lit(1), F.lit(2)), F.create_map(F.lit("k"), F.lit(1))).show(
        truncate=False
    )


def exploded(spark):
    df = spark.createDataFrame([Row(id=1, line="a b a"), Row(id=2, line=""), Row(id=3, line=None)])
    df.select(F.explode(F.split(df.line, " "))).show()
    df.select("id", F.explode(F.split(df.line, " ")).alias("word")).groupBy("word").count().orderBy("word").show()
    df.select("id", F.explode_outer(F.split("line", " ")).alias("word")).show()
    df.withColumn("word", F.explode(F.split("line", " "))).show()
    df.select(F.posexplode(F.split("line", " "))).show()


def with_columns(spark):
    df = readings(spark)
    df.withColumn("w", F.lower("w")).drop("t").withColumnRenamed("n", "m").show(1)
    df.withColumn("x", df.n * 2).withColumn("y", F.col("x") + 1).show()
    df.withColumn("N", F.lit(0)).show(1)
    df.toDF("a", "b", "c").show(1)
    df.drop("nope", "w").show(1)
    df.drop(df.w).show(1)
    attempt(lambda: df.toDF("a"))
    attempt(lambda: df.withColumn("x", 1))


def sorted_rows(spark):
    df = readings(spark)
    df.orderBy(F.desc("n"), "w").show()
    df.sort("n").show()
    df.sort(df.n.desc()).show()
    df.orderBy("w", "n", ascending=[False, True]).show()
    df.orderBy("n", ascending=False).show()
    df.orderBy(df.n.asc_nulls_last(), F.col("w").desc_nulls_first()).show()
    print(df.sort("n").collect())


def the_first_rows(spark):
    df = readings(spark)
    print(df.first(), df.head(), df.head(2), df.take(1), df.limit(2).collect(), df.tail(2))
    print(df.limit(0).first(), df.limit(0).head(), df.limit(0).take(1), df.isEmpty(), df.limit(0).isEmpty())
    print(df.count(), df.limit(2).count(), df.limit(3).limit(1).collect())
    attempt(lambda: df.limit(-1).collect())
    print([row.w for row in df.toLocalIterator()])


def groups(spark):
    df = readings(spark)
    df.groupBy("w").count().show()
    df.groupBy("w").sum().show()
    df.groupBy("w").avg("n").show()
    df.groupBy("w").max("n", "t").show()
    df.groupBy("w").min().show()
    df.groupBy("w").mean("t").show()
    df.groupBy("w").agg({"n": "sum", "t": "max"}).show()
    df.groupBy("w").agg({"*": "count"}).show()
    df.groupBy("w").count().orderBy("count", ascending=False).show()
    df.groupBy(df.w, (df.n > 2).alias("big")).count().orderBy("w", "big").show()
    df.groupBy().count().show()
    df.groupBy(["w"]).agg(F.countDistinct("n")).orderBy("w").show()


def aggregates(spark):
    df = readings(spark)
    df.agg(
        F.count("*"), F.count("n"), F.sum("n"), F.avg("n"), F.mean("t"), F.max("w"), F.min("t"), F.first("n"),
        F.last("n"), F.last("n", True), F.stddev("n"), F.variance("n"),
    ).show()
    df.agg(F.countDistinct("w"), F.sum_distinct("n")).show()
    df.agg(
        F.collect_list("n"), F.sort_array(F.collect_set("n")), F.approx_count_distinct("w"),
        F.max_by("w", "n"), F.min_by("w", "n"),
    ).show(truncate=False)
    df.agg({"n": "max"}).show()
    print(df.agg(F.sum("n")).collect()[0][0], df.groupBy().max("n").first())
    df.groupBy("w").agg(F.sum(F.when(df.n > 1, 1).otherwise(0)).alias("s"), (F.sum("n") / F.count("*")).alias("r")).orderBy("w").show()


def floats_are_added_in_order(spark):
    rows = [("k%d" % (i % 3), i * 0.1, (i * 37 % 101) / 7.0) for i in range(300)]
    df = spark.createDataFrame(rows, ["k", "a", "b"])
    df.groupBy("k").agg(F.sum("a"), F.avg("a"), F.sum("b"), F.avg("b")).show(truncate=False)
    df.agg(F.sum("a"), F.avg("b")).show(truncate=False)


def distinct_rows(spark):
    df = readings(spark)
    df.select("w").distinct().show()
    df.dropDuplicates(["w"]).orderBy("w").show()
    print(df.distinct().count(), df.union(df).distinct().count())


def missing_values(spark):
    df = readings(spark)
    df.dropna().show()
    df.fillna(0).show()
    df.na.fill({"n": 9}).show()
    df.na.fill("z").show()
    df.na.drop(subset=["t"]).show()
    df.na.replace("a", "A").show()
    df.dropna(how="all").show(1)


def descriptions(spark):
    df = readings(spark)
    df.describe().show()
    df.describe("n").show()
    print(round(df.corr("n", "t"), 12))


def joined(spark):
    df = readings(spark)
    names = spark.createDataFrame([("a", "Anna"), ("c", "Carl"), ("d", "Dora")], ["w", "name"])
    df.join(names, "w").orderBy("n").show()
    df.join(names, df.w == names.w).orderBy("n").show()
    df.join(names, ["w"], "left").orderBy("w", "n").show()
    df.join(names, "w", "outer").orderBy("w", "n").show()
    df.join(names, "w", "right").orderBy("w", "n").show()
    df.join(names, "w", "left_anti").orderBy("n").show()
    df.join(names, "w", "leftsemi").orderBy("n").show()
    print(df.crossJoin(names).count())
    attempt(lambda: df.join(names, "w", "sideways"))
    attempt(lambda: df.join(names, "nope"))


def unions(spark):
    df = readings(spark)
    print(df.union(df).count(), df.unionAll(df).count())
    df.select("w", "n").unionByName(df.select("n", "w")).show(6)
    attempt(lambda: df.union(df.select("w")))
    df.select("w").subtract(spark.createDataFrame([("a",)], ["w"])).orderBy("w").show()
    df.select("w").intersect(spark.createDataFrame([("a",)], ["w"])).show()


def own_functions(spark):
    df = readings(spark)
    double = F.udf(lambda n: None if n is None else n * 2, IntegerType())
    df.select("w", double("n").alias("twice")).show()
    shout = F.udf(lambda text: text.upper() + "!", StringType())
    df.withColumn("loud", shout(df.w)).show()

    @F.udf(returnType="string")
    def named(text):
        return "<%s>" % text

    df.select(named("w")).show(2)
    spark.udf.register("plus", lambda a, b: (a or 0) + b, "int")
    spark.sql("select plus(n, 10) as p from t where plus(n, 1) > 2").show()
    df.filter(shout("w") == "A!").show()


def errors(spark):
    df = readings(spark)
    attempt(lambda: df.select("nope"))
    attempt(lambda: df.select("w", "nn"))
    attempt(lambda: df.nope)
    attempt(lambda: df["nope"])
    attempt(lambda: df.select(F.col("nope")))
    attempt(lambda: df.filter("nope > 1"))
    attempt(lambda: df.filter("word >"))
    attempt(lambda: df.filter(1))
    attempt(lambda: df.filter(df.w))
    attempt(lambda: df.groupBy("nope").count())
    attempt(lambda: df.groupBy("w").agg(F.sum("nope")))
    attempt(lambda: df.orderBy("nope"))
    attempt(lambda: df.agg())
    attempt(lambda: bool(df.w))
    attempt(lambda: df.w == "a" and df.n == 1)
    attempt(lambda: list(df.w))
    attempt(lambda: df.select(df.n.cast("nonsense")))
    attempt(lambda: df.select(1.5))
    attempt(lambda: df.select(F.explode("w")))
    attempt(lambda: F.when(True, 1))


def columns_of_words(spark):
    df = words(spark)
    df.groupBy("word").count().show()
    df.groupBy("word").count().sort(F.desc("count")).show(5)
    df.groupBy("word").count().orderBy("count", "word").limit(4).show()
    df.select(F.length("word").alias("l")).groupBy("l").count().orderBy("l").show()
    print(df.groupBy("word").count().filter("count > 2").collect())


def functions_of_pandas(spark):
    import pandas as pd
    from pyspark.sql.functions import PandasUDFType, pandas_udf

    @pandas_udf("double")
    def half(values: pd.Series) -> pd.Series:
        return values / 2

    joined = pandas_udf(lambda a, b: a + b.astype(str), "string", PandasUDFType.SCALAR)
    df = spark.createDataFrame([("a", 1, 1.5), ("b", 2, None), ("c", 5, 0.5)], ["w", "n", "t"])
    df.select(half("n"), half(df.t).alias("h"), joined("w", "n")).show()
    df.withColumn("h", half("n") + 1).filter(half("n") > 0.5).show()
    spark.udf.register("halved", half)
    df.createOrReplaceTempView("p")
    spark.sql("select w, halved(n) as h from p order by h desc").show()
    df.select(half("n")).printSchema()
