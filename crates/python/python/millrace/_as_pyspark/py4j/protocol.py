"""Errors by the names that py4j gives them."""

from pyspark.errors.exceptions import Py4JError, Py4JJavaError, Py4JNetworkError

__all__ = ["Py4JError", "Py4JJavaError", "Py4JNetworkError"]
