"""Files in and out."""

import os

from pyspark.sql import Row

from cases._shared import attempt, readings


def _at(name):
    """A path in the directory of the case; a JVM does not follow `chdir`."""
    return os.path.join(os.getcwd(), name)


def _part(directory):
    names = [name for name in os.listdir(directory) if name.startswith("part-")]
    text = ""
    for name in sorted(names):
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            text += file.read()
    return text


def csv(spark):
    df = readings(spark).coalesce(1)
    df.write.csv(_at("plain"))
    print(_part(_at("plain")))
    df.write.csv(_at("headed"), header=True, sep="|")
    print(_part(_at("headed")), os.path.exists("headed/_SUCCESS"))
    spark.read.csv(_at("headed"), header=True, inferSchema=True, sep="|").printSchema()
    spark.read.option("header", "true").option("sep", "|").csv(_at("headed")).show()
    spark.read.csv(_at("plain")).show()
    spark.read.schema("a string, b int, c double").csv(_at("plain")).show()


def csv_quotes(spark):
    df = spark.createDataFrame([('a "b"', "x,y"), ("", None), (" c ", "d")], ["p", "q"]).coalesce(1)
    df.write.csv(_at("quoted"))
    print(_part(_at("quoted")))
    spark.read.csv(_at("quoted")).show()


def json(spark):
    df = readings(spark).coalesce(1)
    df.write.json(_at("out"))
    print(_part(_at("out")))
    spark.read.json(_at("out")).show()
    df.write.format("json").mode("append").save(_at("out"))
    print(spark.read.json(_at("out")).count())


def json_of_texts(spark):
    sc = spark.sparkContext
    texts = ['{"b":1,"a":"x"}', '{"b":2.5,"c":[1,2],"d":{"z":true}}', "bad", '{"b":null}']
    spark.read.json(sc.parallelize(texts)).show()
    spark.read.json(sc.parallelize(texts[:2])).printSchema()
    spark.read.json(sc.parallelize(texts[:1]), schema="a string, zz int").show()
    tweets = ['{"user":{"name":"a","followers":1},"text":"hi"}', '{"user":{"name":"b"},"lang":"en"}']
    df = spark.read.json(sc.parallelize(tweets))
    df.printSchema()
    df.select("user.name", "text").show()


def parquet(spark):
    df = readings(spark)
    df.write.parquet(_at("table"))
    back = spark.read.parquet(_at("table"))
    back.orderBy("n").show()
    back.printSchema()
    df.write.mode("append").parquet(_at("table"))
    print(spark.read.load(_at("table")).count())
    nested = spark.createDataFrame([Row(l=[1, 2], m={"k": 1.5}, r=Row(x="y", z=1))])
    nested.write.mode("overwrite").parquet(_at("nested"))
    spark.read.parquet(_at("nested")).printSchema()
    spark.read.parquet(_at("nested")).show()


def text(spark):
    df = readings(spark)
    df.select("w").write.text(_at("lines"))
    spark.read.text(_at("lines")).orderBy("value").show()


def modes(spark):
    df = readings(spark).coalesce(1)
    df.write.json(_at("out"))
    attempt(lambda: df.write.json(_at("out")))
    df.write.mode("ignore").json(_at("out"))
    print(spark.read.json(_at("out")).count())
    df.limit(2).write.mode("overwrite").json(_at("out"))
    print(spark.read.json(_at("out")).count())
    attempt(lambda: df.write.mode("bad"))
    attempt(lambda: spark.read.parquet(_at("nope")))
    attempt(lambda: spark.read.json(_at("nope.json")))


def partitions(spark):
    rows = [Row(w="a", n=1, t=1.5), Row(w="b", n=2, t=2.5), Row(w="a/ x", n=1, t=0.5), Row(w=None, n=2, t=4.5)]
    df = spark.createDataFrame(rows).coalesce(1)
    for kind in ("parquet", "json"):
        df.write.format(kind).partitionBy("n", "w").save(_at(kind))
        for directory, _, names in sorted(os.walk(_at(kind))):
            parts = [name for name in names if name.startswith("part-")]
            if parts:
                print(os.path.relpath(directory, os.getcwd()), len(parts))
        back = spark.read.format(kind).load(_at(kind))
        back.printSchema()
        back.orderBy("t").show()
    df.write.partitionBy("n").mode("append").json(_at("more"))
    df.write.json(_at("more"), mode="append")
    df.write.partitionBy(["w"]).csv(_at("csv"))
    spark.read.schema("x double, n int, w string").csv(_at("csv")).orderBy("x", "w").show()
    spark.read.parquet(_at("parquet/n=1")).orderBy("t").show()
    attempt(lambda: df.write.partitionBy("zz").json(_at("bad")))
    attempt(lambda: df.select("n").write.partitionBy("n").json(_at("bad")))


def tables(spark):
    df = readings(spark).coalesce(1)
    spark.sql("drop table if exists kept")
    df.write.saveAsTable("kept")
    spark.sql("select w, count(*) as c from kept group by w order by w").show()
    attempt(lambda: df.write.saveAsTable("kept"))
    df.write.mode("append").saveAsTable("kept")
    df.select("t", "n", "w").write.mode("append").saveAsTable("kept")
    df.write.mode("ignore").saveAsTable("kept")
    df.write.insertInto("kept")
    print(spark.table("kept").count(), spark.table("kept").columns, spark.catalog.tableExists("kept"))
    print([(table.name, table.isTemporary) for table in spark.catalog.listTables() if table.name == "kept"])
    spark.sql("show tables").where("tableName = 'kept'").show()
    attempt(lambda: df.select("w").write.mode("append").saveAsTable("kept"))
    df.limit(1).write.mode("overwrite").saveAsTable("kept")
    spark.table("kept").show()
    spark.sql("drop table kept")
    attempt(lambda: spark.table("kept"))
    attempt(lambda: df.write.insertInto("kept"))
