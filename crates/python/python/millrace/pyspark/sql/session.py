"""A session that hands out its context, its settings, and stops. Queries are not there."""

from .._missing import missing
from ..conf import SparkConf
from ..context import SparkContext

_INSTEAD = "the operators of RDD"


class RuntimeConfig:
    """The settings of a session."""

    def __init__(self, conf):
        self._conf = conf

    def get(self, key, default=None):
        """The value of a key, or `default`; an error if there is neither."""
        value = self._conf.get(key, default)
        if value is None:
            from ..errors.exceptions import Py4JJavaError

            raise Py4JJavaError("java.util.NoSuchElementException: %s" % key)
        return value

    def set(self, key, value):
        """Sets a key."""
        self._conf.set(key, value)

    def unset(self, key):
        """Forgets a key."""
        self._conf._conf.pop(key, None)

    def isModifiable(self, key):
        """Whether setting it changes anything from now on."""
        return False


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
    """A session on a context."""

    _session = None
    Builder = Builder
    builder = _BuilderOfClass()

    def __init__(self, sparkContext, jsparkSession=None, options=None):
        self._sc = sparkContext
        self._conf = RuntimeConfig(sparkContext._conf)
        SparkSession._session = self

    @classmethod
    def getActiveSession(cls):
        """The session that there is, or None."""
        return cls._session

    @classmethod
    def active(cls):
        """The session that there is; an error without one."""
        if cls._session is None:
            raise RuntimeError("No active or default Spark session found")
        return cls._session

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

    def newSession(self):
        """Another session on the same context."""
        return SparkSession(self._sc)

    def stop(self):
        """Stops the context."""
        self._sc.stop()
        SparkSession._session = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.stop()

    def createDataFrame(self, *args, **kwargs):
        """Not there."""
        raise missing("SparkSession.createDataFrame", _INSTEAD)

    def sql(self, *args, **kwargs):
        """Not there."""
        raise missing("SparkSession.sql", _INSTEAD)

    def table(self, *args, **kwargs):
        """Not there."""
        raise missing("SparkSession.table", _INSTEAD)

    @property
    def read(self):
        """Not there."""
        raise missing("SparkSession.read", "SparkContext.textFile")

    @property
    def readStream(self):
        """Not there."""
        raise missing("SparkSession.readStream (Structured Streaming)", "pyspark.streaming")


class SQLContext(SparkSession):
    """A session by its older name."""

    def __init__(self, sparkContext, sparkSession=None, jsqlContext=None):
        super().__init__(sparkContext)

    @classmethod
    def getOrCreate(cls, sc):
        """A new one on a context."""
        return cls(sc)

    @property
    def sparkSession(self):
        """The session."""
        return self
