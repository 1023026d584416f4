"""``SparkSession`` and ``SQLContext``, as far as streaming programs need them to get a context."""

from .session import SparkSession, SQLContext

__all__ = ["SQLContext", "SparkSession"]
