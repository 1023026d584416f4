"""Data and helpers that the cases share."""

import re

from pyspark.sql import Row

WORDS = (
    "to be or not to be that is the question whether tis nobler in the mind to suffer the slings "
    "and arrows of outrageous fortune or to take arms against a sea of troubles and by opposing "
    "end them"
).split()

READINGS = [
    Row(w=w, n=n, t=t)
    for w, n, t in [("a", 1, 1.1), ("b", 2, 2.2), ("a", 3, 3.3), ("c", None, None), ("b", 5, 0.1)]
]


def words(spark):
    """The view `words`, of one column."""
    df = spark.createDataFrame([Row(word=word) for word in WORDS])
    df.createOrReplaceTempView("words")
    return df


def readings(spark):
    """The view `t`: a text, a whole number, a float, and nulls."""
    df = spark.createDataFrame(READINGS)
    df.createOrReplaceTempView("t")
    return df


def attempt(function):
    """Prints what a function gives, or the class and the text of its error.

    Spark puts the place and its plan behind a text; the plan has numbers that differ from run to run.
    """
    try:
        print(function())
    except Exception as error:
        text = str(error)
        text = re.sub(r"; line \d+ pos \d+;?$|(; line \d+ pos \d+)?;\n.*", "", text, flags=re.DOTALL)
        print("%s: %s" % (type(error).__name__, text))


def failed_job(function):
    """Prints the last line of the program's own traceback in the error of a job."""
    try:
        print(function())
    except Exception as error:
        found = re.findall(r"(?m)(\[[A-Z_]+\] .*|\w+Error: .*)$", str(error))
        print("%s: %s" % (type(error).__name__, found[0] if found else error))
