"""Types without parts, each with its name in DuckDB."""

import json


class DataType:
    """A type."""

    #: The type in DuckDB.
    duck = None
    _simple = None

    def __repr__(self):
        return type(self).__name__ + "()"

    def __hash__(self):
        return hash(str(self))

    def __eq__(self, other):
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __ne__(self, other):
        return not self == other

    @classmethod
    def typeName(cls):
        """The name that stands in a JSON schema."""
        return cls.__name__[:-4].lower()

    def simpleString(self):
        """The name that stands in a DDL text."""
        return self._simple or self.typeName()

    def jsonValue(self):
        """The type as JSON data."""
        return self.typeName()

    def json(self):
        """The type as a JSON text."""
        return json.dumps(self.jsonValue(), separators=(",", ":"), sort_keys=True)


class AtomicType(DataType):
    """A type without parts."""


class NumericType(AtomicType):
    """A type of numbers."""


class IntegralType(NumericType):
    """A type of whole numbers."""


class FractionalType(NumericType):
    """A type of numbers with a fraction."""


class NullType(DataType):
    """The type of a column that has nothing but nulls."""

    duck = "INTEGER"

    @classmethod
    def typeName(cls):
        """``void``."""
        return "void"


class StringType(AtomicType):
    """Texts."""

    duck = "VARCHAR"


class BinaryType(AtomicType):
    """Bytes."""

    duck = "BLOB"


class BooleanType(AtomicType):
    """True and false."""

    duck = "BOOLEAN"


class DateType(AtomicType):
    """Days."""

    duck = "DATE"


class TimestampType(AtomicType):
    """Points in time, in the zone of the machine."""

    duck = "TIMESTAMP"


class ByteType(IntegralType):
    """Whole numbers of 8 bits."""

    duck = "TINYINT"
    _simple = "tinyint"


class ShortType(IntegralType):
    """Whole numbers of 16 bits."""

    duck = "SMALLINT"
    _simple = "smallint"


class IntegerType(IntegralType):
    """Whole numbers of 32 bits."""

    duck = "INTEGER"
    _simple = "int"


class LongType(IntegralType):
    """Whole numbers of 64 bits."""

    duck = "BIGINT"
    _simple = "bigint"


class FloatType(FractionalType):
    """Floating point numbers of 32 bits."""

    duck = "FLOAT"


class DoubleType(FractionalType):
    """Floating point numbers of 64 bits."""

    duck = "DOUBLE"


class DecimalType(FractionalType):
    """Numbers of so many digits, so many of them behind the point."""

    def __init__(self, precision=10, scale=0):
        self.precision = precision
        self.scale = scale
        self.hasPrecisionInfo = True

    @property
    def duck(self):
        """The type in DuckDB."""
        return "DECIMAL(%d,%d)" % (self.precision, self.scale)

    def simpleString(self):
        """The name that stands in a DDL text."""
        return "decimal(%d,%d)" % (self.precision, self.scale)

    jsonValue = simpleString

    def __repr__(self):
        return "DecimalType(%d,%d)" % (self.precision, self.scale)
