"""Queries in SQL."""

from cases._shared import attempt, readings, words


def _queries(spark, *texts):
    for text in texts:
        attempt(lambda: spark.sql(text).show())


def counts_of_words(spark):
    words(spark)
    _queries(
        spark,
        "select word, count(*) as total from words group by word",
        "select word, count(*) as total from words group by word order by total desc",
        "select word, count(*) as total from words group by word order by total desc limit 3",
        "select word, count(*) as total from words group by word order by total desc limit 10",
        "select word, count(word) from words group by word order by count(word) desc, word limit 5",
    )


def ties_are_broken_as_in_spark(spark):
    # Of groups: which of several partitions is read first, Spark leaves to chance.
    rows = [("k%d" % (i * 7919 % 301), i * 31 % 5) for i in range(900)]
    spark.createDataFrame(rows, ["k", "v"]).createOrReplaceTempView("pairs")
    _queries(
        spark,
        "select k, count(*) c, sum(v) s from pairs group by k order by s desc limit 12",
        "select k, sum(v) s from pairs group by k order by s limit 9",
        "select k, v from pairs order by v desc, k limit 9",
        "select k, sum(v) from pairs group by k order by sum(v)",
    )
    groups = spark.sql("select k, sum(v) as s from pairs group by k")
    print(groups.orderBy("s").take(5), groups.sort(groups.s.desc()).first())


def groups(spark):
    readings(spark)
    _queries(
        spark,
        "select w, sum(n), avg(t), count(*), max(n) from t group by w",
        "select w, sum(n) s from t group by w having s > 1 order by s desc, w",
        "select w, count(*) from t group by w order by count(*) desc, w asc limit 2",
        "select w from t group by w order by sum(n)",
        "select round(avg(t),2) as r, w from t group by 2 order by r",
        "select n % 2 as odd, count(*) from t group by n % 2 order by odd",
        "select n % 2 as odd, count(*) from t group by odd",
        "select w, count(*) from t where n > 100 group by w",
    )


def totals(spark):
    readings(spark)
    _queries(
        spark,
        "select max(w), min(t), sum(t), first(w), last(w), collect_list(n), stddev(n) from t",
        "select count(*) from t where n > 100",
        "select sum(n), avg(n), count(n), count(*) from t",
        "select sum(n), avg(n) from t where n > 100",
        "select count(distinct w), count(distinct w, n) from t",
        "select sum(distinct n) from t",
        "select mean(n), variance(n), avg(n + 0.5) from t",
    )


def conditions(spark):
    readings(spark)
    _queries(
        spark,
        "select w, n from t where n between 1 and 3 and w like 'a%' or t is null",
        "select case when n > 2 then 'big' else 'small' end from t",
        "select case w when 'a' then 1 when 'b' then 2 end as c from t",
        "select coalesce(n, 0), nvl(n, -1), if(n > 2, 'y', 'n') from t",
        "select * from t where n in (1, 2) and not w = 'b'",
        "select * from t where w != 'a' and n is not null",
        'select * from t where w = "a"',
        "select * from t where n = '3'",
        "select * from t where w rlike '^[ab]$' order by n desc",
        "select n <=> null, n = null, true and null, false or null from t limit 2",
    )


def arithmetic(spark):
    readings(spark)
    _queries(
        spark,
        "select 1/0, 5%3, -5%3, 5 div 2, 'a'||'b', cast('x' as int), 1.5*2, 1e3, date '2020-01-01', 10L",
        "select 1.5+1, 1.5/2, 2.0*3.25, 7/2, 10 % 4.5, 1 - 0.25, 3 * 2.5 as x",
        "select n*2.5, n/2, n%2, -n, n+t, n*n, t*2 from t",
        "select cast(n as string), cast(t as int), cast(n as double), cast('1.7' as int), cast('12' as bigint), "
        "cast(3.7 as int), cast('abc' as double), cast(true as int), cast('true' as boolean) from t limit 1",
        "select '3' + 4, '2' * '3', 5 + null",
        "select 1 as a, '2' b, null c, true d, 1.50 e, 2e0 f, date'2020-01-01' g",
    )


def names_of_columns(spark):
    readings(spark)
    _queries(
        spark,
        "select WORD from (select w as word from t)",
        "select t.w, t.* from t limit 1",
        "select x.w, x.n as `a b` from t as x limit 1",
        "select upper(w), length(w), concat(w,'-',n) from t limit 1",
        "select w as a, n b, t `c d` from t limit 1",
        "select W, N, T.t from T limit 1",
    )


def sorted_rows(spark):
    readings(spark)
    _queries(
        spark,
        "select * from t order by n",
        "select * from t order by n desc",
        "select * from t order by n desc nulls first, w limit 2",
        "select w from t order by t desc",
        "select w, n * 2 as m from t order by m desc, w",
        "select w, n from t order by 2 desc, 1",
        "select w from t order by length(w), n desc limit 3",
    )


def distinct_rows(spark):
    readings(spark)
    _queries(spark, "select distinct w from t", "select distinct w, n is null from t order by w")


def unions(spark):
    readings(spark)
    _queries(
        spark,
        "select w from t union all select 'z'",
        "select w from t union select 'z' order by w",
        "select n from t union all select 1.5",
        "select w, n from t union all select w from t",
        "select w from t except select 'a'",
        "select w from t intersect select 'a'",
    )


def sub_queries(spark):
    readings(spark)
    _queries(
        spark,
        "with x as (select w, n from t where n > 1) select * from x order by n",
        "select avg(c) from (select w, count(*) as c from t group by w) as counts",
        "select * from t where n in (select max(n) from t)",
        "select * from t where n = (select max(n) from t)",
        "select w, n from (select * from t order by n desc limit 2) order by w",
    )


def joins(spark):
    readings(spark)
    _queries(
        spark,
        "select a.w, b.n from t a join t b on a.w=b.w and a.n < b.n order by a.w, b.n",
        "select a.w, b.n from t a left join t b on a.n = b.n - 1 order by a.w, a.n",
        "select count(*) from t a cross join t b",
        "select a.n, b.n from t a full outer join (select * from t where n > 2) b on a.n = b.n order by a.n, b.n",
        "select * from t a left semi join (select 'a' as w) b on a.w = b.w order by n",
        "select w, n from t a join (select 'b' as w) using (w) order by n",
    )


def windows(spark):
    readings(spark)
    _queries(
        spark,
        "select w, n, row_number() over (partition by w order by n desc) as r from t",
        "select w, n, sum(n) over (partition by w) as s from t",
        "select w, n, rank() over (order by w) as r, dense_rank() over (order by w) as d from t",
        "select n, lag(n) over (order by n) as before, lead(n, 1) over (order by n) as after from t",
        "select n, sum(n) over (order by n rows between 1 preceding and current row) as s from t",
        "select w, rank() over (order by w) from t",
    )


def exploded(spark):
    readings(spark)
    _queries(
        spark,
        "select explode(split('a b c', ' '))",
        "select explode(split('a b c', ' ')) as word",
        "select explode(map('k', 1, 'l', 2))",
        "select w, x from t lateral view explode(array(1,2)) e as x limit 3",
        "select posexplode(array('p', 'q'))",
        "select word, count(*) from (select explode(split('a b a', ' ')) as word) group by word order by word",
    )


def no_table(spark):
    _queries(spark, "select 1", "select 'a' = 'a', 2 > 1 as x", "select array(1,2), map('a',1), struct(1,'x')")


def values_in_the_text(spark):
    readings(spark)
    spark.sql("select * from t where n = {n}", n=3).show()
    spark.sql("select * from t where w = :w and n > :n", args={"w": "b", "n": 3}).show()


def commands(spark):
    readings(spark)
    spark.sql("show tables").show()
    spark.sql("create or replace temp view v as select w from t where n > 1")
    spark.sql("select * from v").show()
    spark.sql("drop view v")
    attempt(lambda: spark.sql("select * from v"))
    spark.sql("describe t").show()
    spark.sql("cache table t")


def syntax_errors(spark):
    readings(spark)
    for text in [
        "selec 1", "select w from t where n =", "select w w w from t", "select (w from t", "", "select 'a", "select w,, n from t",
        "select w\nfrom t\nwher n = 1 and",
    ]:
        attempt(lambda: spark.sql(text))


def names_that_mean_nothing(spark):
    readings(spark)
    words(spark)
    for text in [
        "select nope from t", "select nt from t", "select t.nope from t", "select x.w from t",
        "select * from nowhere", "select foo(w) from t", "select w from t where nope = 1",
        "select w, count(*) from t group by nope", "select w from t order by nope",
        "select w from t a join t b on a.w = b.w", "select upper(w, 1) from t",
        "select w.x from t", "select * from a.b.c",
    ]:
        attempt(lambda: spark.sql(text))


def columns_that_are_not_grouped(spark):
    readings(spark)
    for text in [
        "select w, count(*) from t", "select w, n, count(*) from t group by w",
        "select w from t where count(*) > 1", "select sum(count(n)) from t", "select sum(w) from t",
    ]:
        attempt(lambda: spark.sql(text).collect())


def groups_of_every_type(spark):
    # Nothing is sorted: the order is that of Spark's hash, type by type.
    from datetime import date, datetime
    from decimal import Decimal

    numbers = range(40)
    columns = {
        "int": [(n * 7919 % 101,) for n in numbers],
        "bigint": [((n * 7919 % 101) << 33,) for n in numbers],
        "double": [(n * 0.37 - 3,) for n in numbers],
        "float": [(n * 0.5 - 3,) for n in numbers],
        "boolean": [(n % 3 == 0,) for n in numbers],
        "string": [("w" * (n % 6) + "\u00e9%d" % n,) for n in numbers],
        "date": [(date(2020, 1 + n % 12, 1 + n % 28),) for n in numbers],
        "timestamp": [(datetime(2020, 1, 1, n % 24, n % 60, 0, n * 1000),) for n in numbers],
        "decimal(10,2)": [(Decimal(n * 31 - 500) / 100,) for n in numbers],
        "binary": [(bytearray([n, 255 - n, 7][: 1 + n % 3]),) for n in numbers],
        "smallint": [(n * 37 - 300,) for n in numbers],
        "tinyint": [(n - 20,) for n in numbers],
    }
    for kind, rows in columns.items():
        df = spark.createDataFrame(rows, "k %s" % kind)
        print(kind, [str(row[0]) for row in df.groupBy("k").count().collect()])
    both = [(n % 5, "x%d" % (n % 3)) for n in numbers]
    print(spark.createDataFrame(both, "a int, b string").groupBy("a", "b").count().collect())
    one = spark.createDataFrame(columns["int"], "k int").coalesce(1)
    print([row[0] for row in one.groupBy("k").count().collect()])
    print([row[0] for row in one.limit(20).groupBy("k").count().collect()])
