"""Queries inside of others that name columns of these."""

from cases._shared import attempt

from pyspark.sql import Row


def _tables(spark):
    rows = [("a", 1, 1.5), ("b", 2, 2.5), ("a", 3, 4.5), ("c", 2, None), (None, 5, 0.5)]
    spark.createDataFrame([Row(w=w, n=n, t=t) for w, n, t in rows]).createOrReplaceTempView("t")
    spark.createDataFrame([("a", 10), ("b", 20), ("d", 40)], ["k", "v"]).createOrReplaceTempView("u")


def _queries(spark, *texts):
    _tables(spark)
    for text in texts:
        attempt(lambda: spark.sql(text).show())


def values(spark):
    _queries(
        spark,
        "select * from t a where n = (select max(n) from t b where b.w = a.w) order by n",
        "select w, (select count(*) from t b where b.n = a.n) as c from t a order by w, c",
        "select w, (select sum(v) from u where k = w) as s from t order by n, w",
        "select w, n from t where n * 10 > (select max(v) from u where u.k = t.w) order by n",
    )


def existence(spark):
    _queries(
        spark,
        "select * from t where exists (select 1 from u where u.k = t.w) order by n",
        "select * from t where not exists (select * from u where k = w) order by n",
        "select * from t a where exists (select 1 from t b where b.n = a.n and b.w <> a.w) order by w",
        "select k from u where exists (select 1 from t where w = k and exists (select 1 from t x where x.n = t.n and x.w = u.k)) order by k",
    )


def membership(spark):
    _queries(
        spark,
        "select * from t a where n in (select n from t b where b.w = a.w and b.t > 2) order by n",
        "select w from t where w in (select k from u where v < n * 20) order by w",
    )


def what_is_refused(spark):
    _queries(
        spark,
        "select w from t a where (select n from t b where b.w = a.w) = 1",
        "select * from t where exists (select 1 from t b where b.q = 1)",
        "select w from t where n = (select max(v) from u where u.k = q.w)",
    )
