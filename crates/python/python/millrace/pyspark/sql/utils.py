"""The errors of queries, by the module from which programs of Spark 1 to 3 import them."""

from ..errors import (
    AnalysisException,
    IllegalArgumentException,
    ParseException,
    PySparkException as CapturedException,
    PythonException,
    QueryExecutionException,
    SparkUpgradeException,
    StreamingQueryException,
    TempTableAlreadyExistsException,
    UnknownException,
)

__all__ = [
    "AnalysisException",
    "CapturedException",
    "IllegalArgumentException",
    "ParseException",
    "PythonException",
    "QueryExecutionException",
    "SparkUpgradeException",
    "StreamingQueryException",
    "TempTableAlreadyExistsException",
    "UnknownException",
]
