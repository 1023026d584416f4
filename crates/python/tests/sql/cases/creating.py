"""DataFrames of the program's own records."""

import datetime
import decimal
from collections import namedtuple

from pyspark.sql import Row
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    ByteType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    MapType,
    ShortType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from cases._shared import attempt, failed_job

Word = namedtuple("Word", "word n")


def of_rows_in_a_list(spark):
    df = spark.createDataFrame([Row(word="a", n=1), Row(word="b", n=2)])
    df.show()
    df.printSchema()


def of_rows_in_an_rdd(spark):
    rdd = spark.sparkContext.parallelize(["a", "b", "a"])
    df = spark.createDataFrame(rdd.map(lambda word: Row(word=word)))
    df.show()
    print(df.collect(), df.rdd.getNumPartitions() > 0)


def of_keywords_out_of_order(spark):
    spark.createDataFrame([Row(z=1, a=2)]).show()


def of_namedtuples(spark):
    rdd = spark.sparkContext.parallelize([Word("a", 1), Word("b", 2)])
    rdd.toDF().show()
    spark.createDataFrame(rdd).printSchema()


def of_tuples_with_names(spark):
    rdd = spark.sparkContext.parallelize([("a", 1), ("b", 2)])
    rdd.toDF(["word", "n"]).show()
    spark.createDataFrame(rdd, ["word"]).show()
    spark.createDataFrame([("a", 1)]).show()


def of_tuples_with_ddl(spark):
    spark.createDataFrame([("a", 1)], "word string, n int").printSchema()
    spark.sparkContext.parallelize([("a", 1)]).toDF("word: string, n: bigint").printSchema()


def of_tuples_with_struct_type(spark):
    schema = StructType(
        [
            StructField("hashtag", StringType(), True),
            StructField("count", IntegerType(), False),
        ]
    )
    df = spark.createDataFrame(spark.sparkContext.parallelize([("#a", 1), ("#b", 2)]), schema)
    df.show()
    df.printSchema()
    print(df.schema)


def of_dicts(spark):
    spark.createDataFrame([{"b": 1, "a": "x"}, {"a": "y"}]).show()
    spark.createDataFrame([{"b": 1, "a": "x"}, {"a": "y"}], "a string, b int").show()


def of_values(spark):
    spark.createDataFrame([5, 6], "int").show()
    spark.createDataFrame(["x", None], StringType()).show()


def of_pandas(spark):
    import pandas

    frame = pandas.DataFrame({"word": ["a", None, "c"], "n": [1, 2, 3], "x": [0.5, float("nan"), 2.0]})
    df = spark.createDataFrame(frame)
    df.show()
    df.printSchema()


def of_objects(spark):
    class Point:
        def __init__(self, x, y):
            self.y, self.x = y, x

    spark.createDataFrame([Point(1, "a")]).show()


def of_all_types(spark):
    schema = StructType(
        [
            StructField("b", ByteType()),
            StructField("s", ShortType()),
            StructField("i", IntegerType()),
            StructField("l", LongType()),
            StructField("f", FloatType()),
            StructField("d", DoubleType()),
            StructField("dec", DecimalType(10, 2)),
            StructField("yes", BooleanType()),
            StructField("day", DateType()),
            StructField("at", TimestampType()),
            StructField("list", ArrayType(IntegerType())),
            StructField("map", MapType(StringType(), DoubleType())),
            StructField("in", StructType([StructField("x", StringType())])),
        ]
    )
    values = (
        1, 2, 3, 4, 1.5, 2.5, decimal.Decimal("3.14159"), True, datetime.date(2020, 1, 2),
        datetime.datetime(2020, 1, 2, 3, 4, 5, 678), [1, None], {"k": 1.5}, ("x",),
    )
    df = spark.createDataFrame([values, (None,) * 13], schema)
    df.show(truncate=False)
    df.printSchema()
    print(df.collect()[0])
    print(df.dtypes)


def nested_types_are_inferred(spark):
    row = Row(a=[1, 2], m={"k": [1.5]}, r=Row(x=1, y=Row(z="q")), t=(1, "a"), raw=b"ab")
    df = spark.createDataFrame([row])
    df.printSchema()
    df.show()
    print(df.first())


def integers_and_texts_are_texts(spark):
    spark.createDataFrame([(1,), ("a",), (None,)], ["a"]).show()


def an_rdd_is_what_its_first_record_is(spark):
    records = [(1, "a"), (2.5, 3), (None, True), (4, None), (5, 1.5), (6, [1, 2]), (7, {"a": 1})]
    spark.createDataFrame(spark.sparkContext.parallelize(records, 1), ["a", "b"]).show()
    spark.createDataFrame(spark.sparkContext.parallelize([(1.5,), (1,)]), ["a"]).show()


def nulls_first(spark):
    spark.createDataFrame(spark.sparkContext.parallelize([(None,), (1,)]), ["a"]).show()
    attempt(lambda: spark.createDataFrame(spark.sparkContext.parallelize([(None,)]), ["a"]))


def nothing_at_all(spark):
    sc = spark.sparkContext
    attempt(lambda: spark.createDataFrame([]))
    attempt(lambda: spark.createDataFrame(sc.parallelize([])))
    attempt(lambda: spark.createDataFrame(sc.emptyRDD()))
    attempt(lambda: sc.parallelize([]).toDF())
    attempt(lambda: sc.parallelize([]).map(lambda w: Row(word=w)).toDF().show())
    spark.createDataFrame([], "a int").show()
    spark.createDataFrame(sc.emptyRDD(), "a int, b string").printSchema()


def what_cannot_be_inferred(spark):
    sc = spark.sparkContext
    attempt(lambda: spark.createDataFrame([1, 2]))
    attempt(lambda: spark.createDataFrame(["a"]))
    attempt(lambda: spark.createDataFrame(sc.parallelize(["a", "b"])))
    attempt(lambda: sc.parallelize([5]).toDF(["a"]))
    attempt(lambda: spark.createDataFrame([(None,)], ["a"]))
    attempt(lambda: spark.createDataFrame([(1,), (2.5,)], ["a"]))
    attempt(lambda: spark.createDataFrame([(1.5,), (True,)], ["a"]))
    attempt(lambda: spark.createDataFrame({"a": 1}))
    attempt(lambda: spark.createDataFrame(1))
    attempt(lambda: spark.createDataFrame([(1, 2)], ["a", "b", "c"]))


def what_does_not_fit_the_schema(spark):
    sc = spark.sparkContext
    attempt(lambda: spark.createDataFrame([("a",)], "a int"))
    attempt(lambda: spark.createDataFrame([(True,)], "a int"))
    attempt(lambda: spark.createDataFrame([(1,)], "a double"))
    attempt(lambda: spark.createDataFrame([(1,)], "a string").collect())
    attempt(lambda: spark.createDataFrame([(2**40,)], "a int"))
    attempt(lambda: spark.createDataFrame([(300,)], "a tinyint"))
    attempt(lambda: spark.createDataFrame([1], "a int, b int"))
    attempt(lambda: spark.createDataFrame([(1, 2)], "a int"))
    required = StructType([StructField("a", IntegerType(), False)])
    attempt(lambda: spark.createDataFrame([(None,)], required))
    attempt(lambda: spark.createDataFrame([(1,)], "a string, b integr"))
    failed_job(lambda: spark.createDataFrame(sc.parallelize([("a",)]), "a int").show())


def range_of_numbers(spark):
    spark.range(5).show()
    spark.range(2, 10, 3).printSchema()
    print(spark.range(2, 10, 3).collect())


def rows(spark):
    row = Row(name="a", n=1)
    print(row, row.name, row["n"], row[0], row.asDict(), "name" in row, len(row))
    Person = Row("name", "age")
    print(Person, Person("b", 2), Person("b", 2) == Row(name="b", age=2))
    print(Row(1, "x"), Row(a=Row(b=1)).asDict(True))
    attempt(lambda: row.nope)
    attempt(lambda: row["nope"])
    attempt(lambda: Person("a", 1, 2))
    name, n = row
    print(name, n)


def back_to_rdds(spark):
    df = spark.createDataFrame([Row(a=1, b="x"), Row(a=2, b="y")])
    print(df.rdd.collect())
    print(df.rdd.map(lambda row: (row.b, row["a"] + 1)).collect())
    print(df.rdd.map(tuple).toDF(["p", "q"]).collect())
