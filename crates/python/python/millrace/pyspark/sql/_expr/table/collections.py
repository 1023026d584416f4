"""Functions of arrays, maps and structs."""

from ... import types as T
from ..._errors import analysis
from ..nodes import Lit, literal_sql
from ..typed import Typed, cast
from .conditions import all_of_one_type
from .spec import BOOLEAN, INT, LONG, STRING, Spec


def _array(arguments, call):
    if not arguments:
        return Typed("CAST([] AS VARCHAR[])", T.ArrayType(STRING, False), False)
    parts, kind = all_of_one_type(arguments, call)
    sql = "[%s]" % ", ".join(part.sql for part in parts)
    return Typed(sql, T.ArrayType(kind, any(part.nullable for part in parts)), False)


def _struct(arguments, call):
    names = [_field_name(node, index) for index, node in enumerate(call.arguments)]
    return _struct_of(names, arguments)


def _field_name(node, index):
    from ..call import Call
    from ..nodes import Alias, Bound, Ref

    if isinstance(node, (Alias, Bound, Ref)):
        return node.name()
    return "col%d" % (index + 1) if isinstance(node, (Lit, Call)) or node is not None else ""


def _named_struct(arguments, call):
    names = [node.value for node in call.arguments[::2]]
    return _struct_of(names, arguments[1::2])


def _struct_of(names, parts):
    sql = "struct_pack(%s)" % ", ".join(
        "%s := %s" % (T.quoted(name), part.sql) for name, part in zip(names, parts)
    )
    kind = T.StructType(
        [T.StructField(name, part.type, part.nullable) for name, part in zip(names, parts)]
    )
    return Typed(sql, kind, False)


def _map(arguments, call):
    keys, kind = all_of_one_type(arguments[::2], call)
    values, item = all_of_one_type(arguments[1::2], call)
    sql = "MAP([%s], [%s])" % (
        ", ".join(part.sql for part in keys),
        ", ".join(part.sql for part in values),
    )
    return Typed(sql, T.MapType(kind, item, any(part.nullable for part in values)), False)


def _size(arguments, call):
    value = arguments[0]
    length = "cardinality(%s)" if isinstance(value.type, T.MapType) else "len(%s)"
    return Typed("CAST(coalesce(%s, -1) AS INTEGER)" % (length % value.sql), INT, False)


def _contains(arguments, call):
    item = cast(arguments[1], arguments[0].type.elementType)
    return Typed("list_contains(%s, %s)" % (arguments[0].sql, item.sql), BOOLEAN, True)


def _element_at(arguments, call):
    owner, key = arguments
    if isinstance(owner.type, T.MapType):
        return Typed("%s[%s]" % (owner.sql, cast(key, owner.type.keyType).sql), owner.type.valueType, True)
    return Typed("%s[%s]" % (owner.sql, key.sql), owner.type.elementType, True)


def _same(sql):
    def make(arguments, call):
        return arguments[0].with_sql(sql % arguments[0].sql)

    return make


def _sort_array(arguments, call):
    down = len(arguments) == 2 and call.arguments[1].value is False
    order = "'DESC', 'NULLS LAST'" if down else "'ASC', 'NULLS FIRST'"
    return arguments[0].with_sql("list_sort(%s, %s)" % (arguments[0].sql, order))


def _distinct(arguments, call):
    # DuckDB's own forgets the order.
    sql = "list_filter({0}, lambda x, i: list_position({0}, x) = i)".format(arguments[0].sql)
    return arguments[0].with_sql(sql)


def _best(function):
    def make(arguments, call):
        return Typed("%s(%s)" % (function, arguments[0].sql), arguments[0].type.elementType, True)

    return make


def _join(arguments, call):
    sql = "array_to_string(%s, %s)" % (arguments[0].sql, arguments[1].sql)
    return Typed(sql, STRING, arguments[0].nullable)


def _keys(arguments, call):
    return Typed("map_keys(%s)" % arguments[0].sql, T.ArrayType(arguments[0].type.keyType, False), arguments[0].nullable)


def _values(arguments, call):
    kind = T.ArrayType(arguments[0].type.valueType, arguments[0].type.valueContainsNull)
    return Typed("map_values(%s)" % arguments[0].sql, kind, arguments[0].nullable)


def _sequence(arguments, call):
    parts = [cast(part, LONG) for part in arguments]
    kind = arguments[0].type
    sql = "CAST(generate_series(%s) AS %s[])" % (", ".join(part.sql for part in parts), kind.duck)
    return Typed(sql, T.ArrayType(kind, False), False)


def _from_json(arguments, call):
    from ..._ddl import parsed_type

    kind = call.options.get("schema") or parsed_type(call.arguments[1].value)
    sql = "TRY_CAST(TRY_CAST(%s AS JSON) AS %s)" % (arguments[0].sql, kind.duck)
    return Typed(sql, kind, True)


def _to_json(arguments, call):
    sql = "spark_json(to_json(%s))" % arguments[0].sql
    return Typed(sql, STRING, arguments[0].nullable)


def _get_json_object(arguments, call):
    if not isinstance(call.arguments[1], Lit):
        raise analysis("NON_FOLDABLE_ARGUMENT", "The path of get_json_object has to be a literal.")
    path = literal_sql(call.arguments[1].value, STRING)
    sql = "(CASE WHEN json_valid({0}) THEN {0} ->> {1} END)".format(arguments[0].sql, path)
    return Typed(sql, STRING, True)


TABLE = {
    "array": Spec(_array, 0, -1),
    "struct": Spec(_struct, 1, -1),
    "named_struct": Spec(_named_struct, 2, -1),
    "map": Spec(_map, 2, -1),
    "create_map": Spec(_map, 2, -1),
    "size": Spec(_size, 1),
    "cardinality": Spec(_size, 1),
    "array_contains": Spec(_contains, 2),
    "element_at": Spec(_element_at, 2),
    "sort_array": Spec(_sort_array, 1, 2),
    "array_sort": Spec(_same("list_sort(%s, 'ASC', 'NULLS LAST')"), 1),
    "array_distinct": Spec(_distinct, 1),
    "array_max": Spec(_best("list_max"), 1),
    "array_min": Spec(_best("list_min"), 1),
    "array_join": Spec(_join, 2),
    "map_keys": Spec(_keys, 1),
    "map_values": Spec(_values, 1),
    "sequence": Spec(_sequence, 2, 3),
    "from_json": Spec(_from_json, 1, 2),
    "to_json": Spec(_to_json, 1),
    "get_json_object": Spec(_get_json_object, 2),
}
