"""The views of a session, and the tables that were saved."""

import threading
from collections import namedtuple

from . import _tables

__all__ = ["Catalog", "Column", "Database", "Table"]

Table = namedtuple("Table", "name catalog namespace description tableType isTemporary")
Database = namedtuple("Database", "name catalog description locationUri")
Column = namedtuple("Column", "name description dataType nullable isPartition isBucket")


class Views:
    """Relations by names; many threads may put and find them."""

    def __init__(self):
        self._lock = threading.Lock()
        self._views = {}

    def put(self, name, relation, replace=True):
        """Gives a relation a name; False if another has it and must not be replaced."""
        with self._lock:
            if not replace and name.lower() in self._views:
                return False
            self._views[name.lower()] = (name, relation)
            return True

    def find(self, name):
        """The relation of a name, or None."""
        found = self._views.get(name.lower())
        return found and found[1]

    def drop(self, name):
        """Forgets a name; whether there was one."""
        with self._lock:
            return self._views.pop(name.lower(), None) is not None

    def names(self):
        """The names, sorted."""
        with self._lock:
            return sorted(name for name, _ in self._views.values())


class Catalog:
    """The databases, tables, views and functions of a session: ``spark.catalog``."""

    def __init__(self, session):
        self._session = session

    def currentDatabase(self):
        """``default``."""
        return "default"

    def listDatabases(self, pattern=None):
        """The one there is."""
        return [Database("default", "spark_catalog", "default database", "")]

    def listTables(self, dbName=None, pattern=None):
        """The tables and the views."""
        tables = [
            Table(name, "spark_catalog", ["default"], None, "MANAGED", False)
            for name in _tables.names(self._session)
        ]
        return tables + [
            Table(name, None, [], None, "TEMPORARY", True)
            for name in self._session._views.names()
        ]

    def listColumns(self, tableName, dbName=None):
        """The columns of a view."""
        return [
            Column(field.name, None, field.dataType.simpleString(), field.nullable, False, False)
            for field in self._session.table(tableName).schema.fields
        ]

    def tableExists(self, tableName, dbName=None):
        """True if there is a view or a table of that name."""
        return self._session._find(tableName) is not None

    def dropTempView(self, viewName):
        """Forgets a view; whether there was one."""
        return self._session._views.drop(viewName)

    def dropGlobalTempView(self, viewName):
        """Forgets a view of all sessions; whether there was one."""
        return self._session._global_views.drop(viewName)

    def cacheTable(self, tableName):
        """Does nothing: what views are made of is in memory."""

    def uncacheTable(self, tableName):
        """Does nothing: what views are made of is in memory."""

    def clearCache(self):
        """Does nothing: what views are made of is in memory."""

    def refreshTable(self, tableName):
        """Does nothing: files were read when they were named."""

    def isCached(self, tableName):
        """False."""
        return False
