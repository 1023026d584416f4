"""A batch of rows through createDataFrame, a view, GROUP BY and show."""

import argparse
import contextlib
import io
import statistics
import time


def words(rows, different):
    """So many words, some of them often, as natural text has them."""
    import random

    generator = random.Random(1)
    return ["word%d" % int(different * generator.random() ** 2) for _ in range(rows)]


def batch(spark, rdd):
    """The batch of Spark's sql_network_wordcount.py; the seconds of each of its steps."""
    from pyspark.sql import Row

    at = [time.perf_counter()]
    df = spark.createDataFrame(rdd.map(lambda word: Row(word=word)))
    at.append(time.perf_counter())
    df.createOrReplaceTempView("words")
    counts = spark.sql("select word, count(*) as total from words group by word")
    at.append(time.perf_counter())
    with contextlib.redirect_stdout(io.StringIO()):
        counts.show()
    at.append(time.perf_counter())
    return [b - a for a, b in zip(at, at[1:])]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--different", type=int, default=1_000, help="how many different words")
    parser.add_argument("--batches", type=int, default=50)
    arguments = parser.parse_args()

    from pyspark.sql import SparkSession

    spark = SparkSession.builder.master("local[2]").appName("bench").getOrCreate()
    rdd = spark.sparkContext.parallelize(words(arguments.rows, arguments.different))
    for _ in range(5):
        batch(spark, rdd)
    cpu, runs = time.process_time(), []
    for _ in range(arguments.batches):
        runs.append(batch(spark, rdd))
    cpu = (time.process_time() - cpu) / arguments.batches
    whole = sorted(map(sum, runs))
    steps = [statistics.median(step) * 1000 for step in zip(*runs)]
    print(
        "%d rows, %d different words: %.1f ms per batch (median of %d; 90%% below %.1f ms), %.1f ms of CPU"
        % (
            arguments.rows,
            arguments.different,
            statistics.median(whole) * 1000,
            len(whole),
            whole[int(len(whole) * 0.9)] * 1000,
            cpu * 1000,
        )
    )
    print("createDataFrame %.1f ms, view and query %.1f ms, show %.1f ms" % tuple(steps))


if __name__ == "__main__":
    main()
