"""DataFrames and SQL inside of ``foreachRDD``."""

import threading

from pyspark.sql import Row, SparkSession, SQLContext
from pyspark.streaming import StreamingContext

LINES = [["to be or not", "to be"], ["that is the question"], [], ["whether tis nobler in the mind to suffer"]]


def _run(spark, batches, output, prepare=None):
    """Runs batches of lines one after the other, and then stops the stream."""
    sc = spark.sparkContext
    ssc = StreamingContext(sc, 0.5)
    done = threading.Event()
    seen = []
    queue = [sc.parallelize(batch, 2) for batch in batches]
    stream = ssc.queueStream(queue)
    if prepare is not None:
        stream = prepare(stream)

    def each(time, rdd):
        if len(seen) < len(batches):
            seen.append(time)
            output(rdd)
        if len(seen) >= len(batches):
            done.set()

    stream.foreachRDD(each)
    ssc.start()
    done.wait(60)
    ssc.stop(stopSparkContext=False, stopGraceFully=False)


def _session(conf):
    if "sparkSessionSingletonInstance" not in globals():
        globals()["sparkSessionSingletonInstance"] = (
            SparkSession.builder.config(conf=conf).getOrCreate()
        )
    return globals()["sparkSessionSingletonInstance"]


def sql_network_wordcount(spark):
    def process(rdd):
        print("========= batch =========")
        try:
            session = _session(rdd.context.getConf())
            rows = rdd.map(lambda w: Row(word=w))
            frame = session.createDataFrame(rows)
            frame.createOrReplaceTempView("words")
            session.sql("select word, count(*) as total from words group by word").show()
        except BaseException as error:
            print(type(error).__name__, error)

    _run(spark, LINES, process, lambda lines: lines.flatMap(lambda line: line.split(" ")))


def hashtags_in_order(spark):
    def process(rdd):
        if rdd.isEmpty():
            print("nothing")
            return
        context = SQLContext(rdd.context)
        rows = rdd.map(lambda pair: Row(hashtag=pair[0], hashtag_count=pair[1]))
        frame = context.createDataFrame(rows)
        frame.registerTempTable("hashtags")
        top = context.sql(
            "select hashtag, hashtag_count from hashtags order by hashtag_count desc limit 10"
        )
        top.show()
        print([row.hashtag for row in top.select("hashtag").collect()])
        print([row.hashtag_count for row in top.collect()])

    counts = [["#a #b #a", "#c #b #a"], [], ["#z #y #y"]]
    _run(
        spark,
        counts,
        process,
        lambda lines: lines.flatMap(lambda line: line.split(" ")).map(lambda w: (w, 1)).reduceByKey(
            lambda a, b: a + b
        ),
    )


def to_df_in_batches(spark):
    def process(rdd):
        if not rdd.isEmpty():
            frame = rdd.map(lambda line: (line, len(line))).toDF(["line", "length"])
            frame.filter(frame.length > 5).orderBy("length").show(truncate=False)
            print(frame.agg({"length": "avg"}).collect()[0][0])

    _run(spark, LINES, process)


def json_in_batches(spark):
    texts = [['{"name": "a", "value": 1}', '{"name": "b", "value": 2}'], ['{"name": "a", "value": 5}']]

    def process(rdd):
        frame = spark.read.json(rdd)
        frame.groupBy("name").sum("value").orderBy("name").show()

    _run(spark, texts, process)
