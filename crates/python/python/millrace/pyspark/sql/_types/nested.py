"""Types that are made of others."""

from .atoms import DataType


def _assert_type(value, name):
    assert isinstance(value, DataType), "%s %s should be an instance of %s" % (
        name,
        value,
        DataType,
    )


class ArrayType(DataType):
    """Lists of one type."""

    def __init__(self, elementType, containsNull=True):
        _assert_type(elementType, "elementType")
        self.elementType = elementType
        self.containsNull = containsNull

    @property
    def duck(self):
        """The type in DuckDB."""
        return self.elementType.duck + "[]"

    def simpleString(self):
        """The name that stands in a DDL text."""
        return "array<%s>" % self.elementType.simpleString()

    def __repr__(self):
        return "ArrayType(%s, %s)" % (self.elementType, self.containsNull)

    def jsonValue(self):
        """The type as JSON data."""
        return {
            "type": "array",
            "elementType": self.elementType.jsonValue(),
            "containsNull": self.containsNull,
        }


class MapType(DataType):
    """Dicts whose keys are of one type, and their values too."""

    def __init__(self, keyType, valueType, valueContainsNull=True):
        _assert_type(keyType, "keyType")
        _assert_type(valueType, "valueType")
        self.keyType = keyType
        self.valueType = valueType
        self.valueContainsNull = valueContainsNull

    @property
    def duck(self):
        """The type in DuckDB."""
        return "MAP(%s, %s)" % (self.keyType.duck, self.valueType.duck)

    def simpleString(self):
        """The name that stands in a DDL text."""
        return "map<%s,%s>" % (self.keyType.simpleString(), self.valueType.simpleString())

    def __repr__(self):
        return "MapType(%s, %s, %s)" % (self.keyType, self.valueType, self.valueContainsNull)

    def jsonValue(self):
        """The type as JSON data."""
        return {
            "type": "map",
            "keyType": self.keyType.jsonValue(),
            "valueType": self.valueType.jsonValue(),
            "valueContainsNull": self.valueContainsNull,
        }


class StructField(DataType):
    """A field: its name, its type, and whether it may be null."""

    def __init__(self, name, dataType, nullable=True, metadata=None):
        _assert_type(dataType, "dataType")
        assert isinstance(name, str), "field name %s should be a string" % (name,)
        self.name = name
        self.dataType = dataType
        self.nullable = nullable
        self.metadata = metadata or {}

    def simpleString(self):
        """The field as it stands in a DDL text."""
        return "%s:%s" % (self.name, self.dataType.simpleString())

    def __repr__(self):
        return "StructField('%s', %s, %s)" % (self.name, self.dataType, self.nullable)

    def jsonValue(self):
        """The field as JSON data."""
        return {
            "name": self.name,
            "type": self.dataType.jsonValue(),
            "nullable": self.nullable,
            "metadata": self.metadata,
        }


class StructType(DataType):
    """Fields: the type of a row, and of what is in a column of rows."""

    def __init__(self, fields=None):
        self.fields = list(fields or [])
        self.names = [field.name for field in self.fields]
        assert all(
            isinstance(field, StructField) for field in self.fields
        ), "fields should be a list of StructField"

    def add(self, field, data_type=None, nullable=True, metadata=None):
        """Adds a field, and gives the type itself."""
        if not isinstance(field, StructField):
            if data_type is None:
                from ...errors.exceptions import PySparkValueError

                raise PySparkValueError(
                    "When creating StructField by name, must specify DataType.",
                )
            if isinstance(data_type, str):
                from .._ddl import parsed_type

                data_type = parsed_type(data_type)
            field = StructField(field, data_type, nullable, metadata)
        self.fields.append(field)
        self.names.append(field.name)
        return self

    @property
    def duck(self):
        """The type in DuckDB."""
        return "STRUCT(%s)" % ", ".join(
            "%s %s" % (quoted(field.name), field.dataType.duck) for field in self.fields
        )

    def fieldNames(self):
        """The names of the fields."""
        return list(self.names)

    def simpleString(self):
        """The name that stands in a DDL text."""
        return "struct<%s>" % ",".join(field.simpleString() for field in self.fields)

    def jsonValue(self):
        """The type as JSON data."""
        return {"type": "struct", "fields": [field.jsonValue() for field in self.fields]}

    def __iter__(self):
        return iter(self.fields)

    def __len__(self):
        return len(self.fields)

    def __getitem__(self, key):
        if isinstance(key, str):
            for field in self.fields:
                if field.name == key:
                    return field
            raise KeyError("No StructField named %s" % key)
        if isinstance(key, slice):
            return StructType(self.fields[key])
        return self.fields[key]

    def __repr__(self):
        return "StructType([%s])" % ", ".join(str(field) for field in self.fields)

    def treeString(self, maxDepth=None):
        """The tree that ``printSchema`` prints."""
        from .._tree import tree_string

        return tree_string(self)


def quoted(name):
    """A name as it stands in a query for DuckDB."""
    return '"%s"' % name.replace('"', '""')
