"""Sessions, contexts, views."""

from pyspark import SparkContext
from pyspark.sql import HiveContext, Row, SparkSession, SQLContext
from pyspark.sql.functions import *  # noqa: F403
from pyspark.sql.types import *  # noqa: F403

from cases._shared import attempt, readings


def one_session(spark):
    again = SparkSession.builder.config("some.key", "value").getOrCreate()
    print(again.sparkContext is spark.sparkContext, again.conf.get("some.key"))
    print(SparkSession.builder.config(conf=spark.sparkContext.getConf()).getOrCreate() is not None)
    print(spark.version[:3], spark.conf.get("nope", "default"))


def the_singleton_of_the_guide(spark):
    def getSparkSessionInstance(sparkConf):
        if "sparkSessionSingletonInstance" not in globals():
            globals()["sparkSessionSingletonInstance"] = SparkSession.builder.config(
                conf=sparkConf
            ).getOrCreate()
        return globals()["sparkSessionSingletonInstance"]

    made = getSparkSessionInstance(spark.sparkContext.getConf())
    made.createDataFrame([Row(word="a")]).createOrReplaceTempView("words")
    print(getSparkSessionInstance(None).sql("select * from words").collect())


def older_names(spark):
    sc = spark.sparkContext
    context = SQLContext(sc)
    context.createDataFrame([("a", 1)], ["w", "n"]).registerTempTable("old")
    context.sql("select * from old").show()
    print(context.tableNames(), context.table("old").count())
    context.registerDataFrameAsTable(context.range(3), "numbers")
    print(spark.table("numbers").count(), spark.sql("select * from old").count())
    context.dropTempTable("old")
    print(SQLContext.getOrCreate(sc).tableNames())
    HiveContext(sc).sql("select 1 as one").show()
    print(SparkSession(sc).sql("select 2").collect(), SparkContext.getOrCreate() is sc)


def views(spark):
    df = readings(spark)
    df.createOrReplaceTempView("v")
    df.limit(1).createOrReplaceTempView("v")
    print(spark.sql("select * from V").count(), spark.table("v").columns)
    attempt(lambda: df.createTempView("v"))
    df.createGlobalTempView("g")
    print(spark.sql("select count(*) from global_temp.g").collect())
    print(spark.newSession().sql("select count(*) from global_temp.g").first()[0])
    attempt(lambda: spark.newSession().sql("select * from v"))
    print(sorted(table.name for table in spark.catalog.listTables()))
    print(spark.catalog.dropTempView("v"), spark.catalog.dropTempView("v"))
    attempt(lambda: spark.table("v"))
    spark.catalog.dropGlobalTempView("g")


def a_view_keeps_what_it_was_made_of(spark):
    df = spark.createDataFrame([(1,)], ["a"])
    df.createOrReplaceTempView("x")
    made = spark.sql("select a + 1 as b from x")
    spark.createDataFrame([(10,)], ["a"]).createOrReplaceTempView("x")
    made.show()
    spark.sql("select a + 1 as b from x").show()


def stars(spark):
    df = spark.createDataFrame([("a b", 2)], ["s", "n"])
    df.select(explode(split(col("s"), " ")).alias("w"), lit(1)).show()  # noqa: F405
    df.agg(sum("n"), max("n"), count("s")).show()  # noqa: F405
    print(StructType([StructField("a", IntegerType())]))  # noqa: F405
