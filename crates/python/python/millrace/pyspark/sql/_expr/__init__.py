"""Expressions: a tree that knows its name in Spark, its type, and its text for DuckDB."""
