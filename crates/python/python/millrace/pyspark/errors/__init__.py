"""Errors by PySpark's names."""

from .exceptions import (
    AnalysisException,
    IllegalArgumentException,
    ParseException,
    PySparkAssertionError,
    PySparkAttributeError,
    PySparkException,
    PySparkNotImplementedError,
    PySparkRuntimeError,
    PySparkTypeError,
    PySparkValueError,
    QueryExecutionException,
    StreamingQueryException,
)

__all__ = [
    "AnalysisException",
    "IllegalArgumentException",
    "ParseException",
    "PySparkAssertionError",
    "PySparkAttributeError",
    "PySparkException",
    "PySparkNotImplementedError",
    "PySparkRuntimeError",
    "PySparkTypeError",
    "PySparkValueError",
    "QueryExecutionException",
    "StreamingQueryException",
]
