"""DataFrames and SQL over DuckDB, by PySpark's names.

DuckDB comes with the extra: ``pip install 'millrace[sql]'``. A session that only hands out its
context needs none.
"""

from .catalog import Catalog
from .column import Column
from .context import HiveContext, SQLContext
from .dataframe import DataFrame, DataFrameNaFunctions
from .group import GroupedData
from .readwriter import DataFrameReader, DataFrameWriter
from .row import Row
from .session import SparkSession
from .udf import UDFRegistration
from .window import Window, WindowSpec

__all__ = [
    "Catalog",
    "Column",
    "DataFrame",
    "DataFrameNaFunctions",
    "DataFrameReader",
    "DataFrameWriter",
    "GroupedData",
    "HiveContext",
    "Row",
    "SQLContext",
    "SparkSession",
    "UDFRegistration",
    "Window",
    "WindowSpec",
]
