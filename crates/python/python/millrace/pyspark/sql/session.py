"""``SparkSession``: what makes DataFrames."""

import threading

from .._missing import missing
from ..conf import SparkConf
from ..context import SparkContext
from .catalog import Catalog, Views
from .conf import RuntimeConfig

__all__ = ["RuntimeConfig", "SparkSession"]


class Builder:
    """Makes a session, as ``SparkSession.builder``."""

    def __init__(self):
        self._options = {}

    def config(self, key=None, value=None, conf=None, map=None):
        """Sets a key, all of a conf, or all of a dict."""
        if conf is not None:
            self._options.update(conf.getAll())
        elif map is not None:
            self._options.update(map)
        else:
            self._options[key] = value
        return self

    def master(self, master):
        """Sets where to run."""
        return self.config("spark.master", master)

    def appName(self, name):
        """Sets the name of the program."""
        return self.config("spark.app.name", name)

    def enableHiveSupport(self):
        """Has no effect."""
        return self

    def getOrCreate(self):
        """The session that there is, with these settings added, or a new one."""
        with SparkSession._lock:
            session = SparkSession._session
            if session is None or SparkContext._active_spark_context is not session._sc:
                conf = SparkConf()
                for key, value in self._options.items():
                    conf.set(key, value)
                session = SparkSession(SparkContext.getOrCreate(conf))
            for key, value in self._options.items():
                session._sc._conf.set(key, value)
            return session


class _BuilderOfClass:
    """A new builder every time it is looked at."""

    def __get__(self, instance, owner):
        return Builder()


class SparkSession:
    """A session on a context.

    >>> spark = SparkSession.builder.getOrCreate()
    >>> spark.createDataFrame([("a", 1)], ["word", "n"]).collect()
    [Row(word='a', n=1)]
    """

    _session = None
    _lock = threading.RLock()
    Builder = Builder
    builder = _BuilderOfClass()

    def __init__(self, sparkContext, jsparkSession=None, options=None):
        self._set_up(sparkContext, _shared(sparkContext))
        SparkSession._session = self
        for key, value in (options or {}).items():
            sparkContext._conf.set(key, value)

    def _set_up(self, context, views):
        self._sc = context
        self._conf = RuntimeConfig(context._conf)
        self._views, self._global_views = views
        self._functions = {}

    @classmethod
    def getActiveSession(cls):
        """The session that there is, or None."""
        return SparkSession._session

    @classmethod
    def active(cls):
        """The session that there is; an error without one."""
        if SparkSession._session is None:
            raise RuntimeError("No active or default Spark session found")
        return SparkSession._session

    @property
    def sparkContext(self):
        """The context."""
        return self._sc

    @property
    def conf(self):
        """The settings."""
        return self._conf

    @property
    def version(self):
        """The version of Spark whose rules are followed."""
        return self._sc.version

    @property
    def catalog(self):
        """The views."""
        return Catalog(self)

    @property
    def udf(self):
        """Registers functions for SQL."""
        from .udf import UDFRegistration

        return UDFRegistration(self)

    def newSession(self):
        """Another session on the same context, with views of its own."""
        made = SparkSession.__new__(SparkSession)
        made._set_up(self._sc, (Views(), self._global_views))
        return made

    def stop(self):
        """Stops the context."""
        self._sc.stop()
        SparkSession._session = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.stop()

    def _frame(self, relation):
        from .dataframe import DataFrame

        return DataFrame(relation, self)

    def createDataFrame(self, data, schema=None, samplingRatio=None, verifySchema=True):
        """A DataFrame of an RDD, a list or a pandas DataFrame.

        `schema` is a StructType, a text like ``"word string, n int"``, a list of names, or
        nothing: then names and types are those of the records.
        """
        from ._create import created

        return self._frame(created(self._sc, data, schema, verifySchema))

    def range(self, start, end=None, step=1, numPartitions=None):
        """A DataFrame of numbers, in a column ``id``."""
        from ._create import local
        from .types import LongType, StructField, StructType

        if end is None:
            start, end = 0, start
        numbers = [(number,) for number in range(start, end, step)]
        count, length = numPartitions or self._sc.defaultParallelism, len(numbers)
        parts = [numbers[length * i // count : length * (i + 1) // count] for i in range_(count)]
        return self._frame(local(parts, StructType([StructField("id", LongType(), False)])))

    def _find(self, name):
        """The relation of the name of a view or a table, or None."""
        from ._tables import find

        parts = name.replace("`", "").split(".")
        if parts[0].lower() == "global_temp" and len(parts) == 2:
            return self._global_views.find(parts[1])
        view = self._views.find(parts[-1] if parts[0].lower() == "default" else ".".join(parts))
        return find(self, name) if view is None else view

    def sql(self, sqlQuery, args=None, **kwargs):
        """The DataFrame of a query."""
        from ._commands import run

        return self._frame(run(self, sqlQuery, args, kwargs))

    def table(self, tableName):
        """The DataFrame of a view."""
        from ._errors import no_view
        from ._plan.build import named

        found = self._find(tableName)
        if found is None:
            raise no_view(".".join("`%s`" % part for part in tableName.split(".")))
        return self._frame(named(found, tableName.split(".")[-1]))

    @property
    def read(self):
        """Reads files, and RDDs of texts."""
        from .readwriter import DataFrameReader

        return DataFrameReader(self)

    @property
    def readStream(self):
        """Not there."""
        raise missing("SparkSession.readStream (Structured Streaming)", "pyspark.streaming")


range_ = range


def _shared(context):
    """The views of a context, which all of its sessions made by name share."""
    found = getattr(context, "_sql_views", None)
    if found is None:
        with SparkSession._lock:
            found = getattr(context, "_sql_views", None)
            if found is None:
                found = context._sql_views = (Views(), Views())
    return found
