"""The version of PySpark whose names and rules this package has."""

__version__ = "3.5.9"
