"""``SQLContext`` and ``HiveContext``: a session by its older names."""

from ..context import SparkContext
from .session import SparkSession

__all__ = ["HiveContext", "SQLContext"]


class SQLContext:
    """A session by its older name."""

    _instantiatedContext = None

    def __init__(self, sparkContext, sparkSession=None, jsqlContext=None):
        if isinstance(sparkContext, SparkSession):
            sparkSession, sparkContext = sparkContext, sparkContext.sparkContext
        self._sc = sparkContext
        if sparkSession is None:
            active = SparkSession._session
            sparkSession = (
                active if active is not None and active._sc is sparkContext else SparkSession(sparkContext)
            )
        self.sparkSession = sparkSession
        SQLContext._instantiatedContext = self

    @classmethod
    def getOrCreate(cls, sc=None):
        """The one that there is on a context, or a new one."""
        found = SQLContext._instantiatedContext
        if found is None or type(found) is not cls or sc is not None and found._sc is not sc:
            found = cls(sc if sc is not None else SparkContext.getOrCreate())
        return found

    def newSession(self):
        """Another one, with views of its own."""
        return type(self)(self._sc, self.sparkSession.newSession())

    @property
    def sparkContext(self):
        """The context."""
        return self._sc

    @property
    def read(self):
        """Reads files, and RDDs of texts."""
        return self.sparkSession.read

    @property
    def udf(self):
        """Registers functions for SQL."""
        return self.sparkSession.udf

    def setConf(self, key, value):
        """Sets a key."""
        self.sparkSession.conf.set(key, value)

    def getConf(self, key, defaultValue=None):
        """The value of a key."""
        return self.sparkSession.conf.get(key, defaultValue)

    def createDataFrame(self, data, schema=None, samplingRatio=None, verifySchema=True):
        """As `SparkSession.createDataFrame`."""
        return self.sparkSession.createDataFrame(data, schema, samplingRatio, verifySchema)

    def range(self, start, end=None, step=1, numPartitions=None):
        """As `SparkSession.range`."""
        return self.sparkSession.range(start, end, step, numPartitions)

    def sql(self, sqlQuery):
        """The DataFrame of a query."""
        return self.sparkSession.sql(sqlQuery)

    def table(self, tableName):
        """The DataFrame of a view."""
        return self.sparkSession.table(tableName)

    def tables(self, dbName=None):
        """A DataFrame of the views' names."""
        return self.sql("show tables")

    def tableNames(self, dbName=None):
        """The names of the tables and the views."""
        return [table.name for table in self.sparkSession.catalog.listTables(dbName)]

    def registerDataFrameAsTable(self, df, tableName):
        """Gives a DataFrame a name in SQL."""
        df.createOrReplaceTempView(tableName)

    def dropTempTable(self, tableName):
        """Forgets a view."""
        self.sparkSession.catalog.dropTempView(tableName)

    def registerFunction(self, name, f, returnType=None):
        """Gives a function a name in SQL."""
        return self.udf.register(name, f, returnType)

    def cacheTable(self, tableName):
        """Does nothing: what views are made of is in memory."""

    def uncacheTable(self, tableName):
        """Does nothing: what views are made of is in memory."""

    def clearCache(self):
        """Does nothing: what views are made of is in memory."""


class HiveContext(SQLContext):
    """A session by its oldest name; there is no Hive behind it."""
