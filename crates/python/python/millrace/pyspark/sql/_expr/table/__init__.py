"""The functions of queries, by kind: how each is asked of DuckDB, and of what type it is."""

from . import aggregates, collections, conditions, numbers, texts, times

FUNCTIONS = {}
for _table in (conditions, texts, numbers, times, collections):
    FUNCTIONS.update(_table.TABLE)

AGGREGATES = aggregates.TABLE

#: Functions that make several rows of one.
GENERATORS = ("explode", "explode_outer", "posexplode", "posexplode_outer")
