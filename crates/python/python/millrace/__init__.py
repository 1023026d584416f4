"""Spark Streaming's DStreams on one machine, for programs written for PySpark.

``millrace-submit program.py`` runs a program as it is. From Python itself,
``import millrace.pyspark as pyspark`` gives the same modules by PySpark's names.
"""

from ._version import __version__

__all__ = ["__version__"]
