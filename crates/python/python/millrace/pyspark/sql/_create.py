"""Relations of the program's own records: lists, RDDs, pandas."""

from ._convert import columns_of, verified
from ._ddl import parsed_type
from ._duck import engine, new_name
from ._expr.scope import Attribute
from ._infer import schema_of_list, schema_of_partitions
from ._plan.relation import Local
from .types import DataType, StructField, StructType


def local(partitions, schema):
    """The relation of records that are in partitions."""
    records = partitions[0] if len(partitions) == 1 else [r for part in partitions for r in part]
    attributes = [
        Attribute(new_name("c"), field.name, field.dataType, field.nullable)
        for field in schema.fields
    ]
    table = engine().load(
        columns_of(records, schema),
        [field.dataType for field in schema.fields],
        [attribute.id for attribute in attributes],
        [len(part) for part in partitions],
    )
    return Local(attributes, table, max(len(partitions), 1))


def created(context, data, schema=None, verify=True):
    """The relation of what ``createDataFrame`` is given."""
    engine()
    if isinstance(schema, str):
        schema = parsed_type(schema)
    if _is_pandas(data):
        return _of_pandas(context, data, schema, verify)
    is_rdd = hasattr(data, "mapPartitions") and hasattr(data, "getNumPartitions")
    if not is_rdd:
        data = list(data)
    if isinstance(schema, DataType):
        return _with_schema(context, data, is_rdd, schema, verify)
    names = None if schema is None else [_text(name) for name in schema]
    if is_rdd:
        first = data.first()
        made = schema_of_partitions(first, lambda: data.take(100), names)
        return local(_partitions(data), made)
    made = schema_of_list(data, names)
    return local(_sliced(context, data), made)


def _text(name):
    return name if isinstance(name, str) else str(name)


def _partitions(rdd):
    return rdd.glom().collect()


def _sliced(context, records):
    count, length = context.defaultParallelism, len(records)
    return [records[length * i // count : length * (i + 1) // count] for i in range(count)]


def _with_schema(context, data, is_rdd, schema, verify):
    parts = None
    if not isinstance(schema, StructType):
        kind, schema = schema, StructType([StructField("value", schema)])
        parts = _partitions(data) if is_rdd else _sliced(context, data)
        if verify:
            _verified(parts, kind, is_rdd)
        parts = [[(record,) for record in part] for part in parts]
        return local(parts, schema)
    parts = _partitions(data) if is_rdd else _sliced(context, data)
    if verify:
        _verified(parts, schema, is_rdd)
    return local(parts, schema)


_SURE = {"string": None, "bigint": int, "double": float, "boolean": bool, "float": float}


def _verified(parts, kind, is_rdd):
    """Checks every record; of an RDD it is the job that fails."""
    from ..errors.exceptions import task_failed

    try:
        for part in parts:
            if not _is_plainly_right(part, kind):
                for record in part:
                    verified(record, kind)
    except (TypeError, ValueError) as error:
        if is_rdd:
            raise task_failed(error) from error
        raise


def _is_plainly_right(part, kind):
    """True if the records are tuples of just these types: seen column by column, and cheap."""
    if not isinstance(kind, StructType) or not part:
        return False
    if set(map(type, part)) != {tuple} or set(map(len, part)) != {len(kind.fields)}:
        return False
    for values, field in zip(zip(*part), kind.fields):
        name = field.dataType.simpleString()
        if name not in _SURE or not field.nullable:
            return False
        if _SURE[name] is not None and not set(map(type, values)) <= {_SURE[name], type(None)}:
            return False
        if name == "bigint" and not all(-(2**63) <= v < 2**63 for v in values if v is not None):
            return False
    return True


def _is_pandas(data):
    return type(data).__module__.split(".")[0] == "pandas" and type(data).__name__ == "DataFrame"


def _of_pandas(context, frame, schema, verify):
    """The records of a pandas DataFrame; what pandas has for nothing is null."""
    columns = []
    for name in frame.columns:
        series = frame[name]
        if series.dtype.kind == "M":
            values = [None if value != value else value.to_pydatetime() for value in series]
        else:
            is_text = series.dtype.kind not in "iufb"
            values = [
                None if is_text and value is not None and value != value else value
                for value in series.tolist()
            ]
        columns.append(values)
    records = list(zip(*columns)) if columns else []
    if schema is None:
        schema = [str(name) for name in frame.columns]
    return created(context, records, schema, verify)

