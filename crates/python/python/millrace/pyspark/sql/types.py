"""Types of columns, by PySpark's names."""

from ._types.atoms import (
    AtomicType,
    BinaryType,
    BooleanType,
    ByteType,
    DataType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    FractionalType,
    IntegerType,
    IntegralType,
    LongType,
    NullType,
    NumericType,
    ShortType,
    StringType,
    TimestampType,
)
from ._types.nested import ArrayType, MapType, StructField, StructType, quoted  # noqa: F401
from .row import Row

__all__ = [
    "ArrayType",
    "BinaryType",
    "BooleanType",
    "ByteType",
    "DataType",
    "DateType",
    "DecimalType",
    "DoubleType",
    "FloatType",
    "IntegerType",
    "LongType",
    "MapType",
    "NullType",
    "Row",
    "ShortType",
    "StringType",
    "StructField",
    "StructType",
    "TimestampType",
]

#: The types by the names that DDL texts have for them.
BY_NAME = {
    "tinyint": ByteType,
    "byte": ByteType,
    "smallint": ShortType,
    "short": ShortType,
    "int": IntegerType,
    "integer": IntegerType,
    "bigint": LongType,
    "long": LongType,
    "float": FloatType,
    "real": FloatType,
    "double": DoubleType,
    "string": StringType,
    "boolean": BooleanType,
    "binary": BinaryType,
    "date": DateType,
    "timestamp": TimestampType,
    "timestamp_ltz": TimestampType,
    "void": NullType,
}

for _type in (AtomicType, NumericType, IntegralType, FractionalType, *map(globals().get, __all__)):
    # By the name that programs import it by, which a pickle says, too.
    if _type is not Row:
        _type.__module__ = __name__
