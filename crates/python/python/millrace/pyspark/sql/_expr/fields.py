"""Parts of a value: fields, elements, values of keys."""

from .. import types as T
from .._errors import analysis
from .literals import Lit, literal_sql
from .node import Node
from .typed import cast, together


class Field(Node):
    """A field of a struct, by name."""

    def __init__(self, child, field):
        self.child, self.field = child, field

    def children(self):
        return (self.child,)

    def name(self):
        return "%s.%s" % (self.child.name(), self.field)

    def resolve(self, scope):
        return field_of(self.child.resolve(scope), self.field)


def field_of(owner, name):
    """A field of a struct, of every struct of an array, or the value of a map."""
    kind = owner.type
    if isinstance(kind, T.MapType):
        return owner.with_sql("%s[%s]" % (owner.sql, literal_sql(name, None)), kind.valueType, True)
    inner = kind.elementType if isinstance(kind, T.ArrayType) else kind
    if not isinstance(inner, T.StructType):
        raise analysis(
            "INVALID_EXTRACT_BASE_FIELD_TYPE",
            "Can't extract a value from \"%s\". Need a complex type [STRUCT, ARRAY, MAP] but got "
            '"%s".' % (owner.bare[-1] if owner.bare else owner.sql, kind.simpleString().upper()),
        )
    for field in inner.fields:
        if field.name.lower() == name.lower():
            break
    else:
        raise analysis(
            "FIELD_NOT_FOUND",
            "No such struct field `%s` in %s."
            % (name, ", ".join("`%s`" % other for other in inner.names)),
        )
    if inner is kind:
        sql = "struct_extract(%s, %s)" % (owner.sql, literal_sql(field.name, None))
        return owner.with_sql(sql, field.dataType, owner.nullable or field.nullable)
    sql = "list_transform(%s, lambda x: struct_extract(x, %s))" % (
        owner.sql,
        literal_sql(field.name, None),
    )
    return owner.with_sql(sql, T.ArrayType(field.dataType), owner.nullable)


class Index(Node):
    """``x[i]``: an element, the value of a key, a field."""

    def __init__(self, child, key):
        self.child, self.key = child, key

    def children(self):
        return (self.child, self.key)

    def name(self):
        return "%s[%s]" % (self.child.name(), self.key.name())

    def resolve(self, scope):
        owner, key = self.child.resolve(scope), self.key.resolve(scope)
        if isinstance(owner.type, T.ArrayType):
            sql = "(CASE WHEN {1} >= 0 THEN {0}[{1} + 1] END)".format(owner.sql, key.sql)
            return together(sql, owner.type.elementType, (owner, key), True)
        if isinstance(owner.type, T.MapType):
            key = cast(key, owner.type.keyType)
            sql = "%s[%s]" % (owner.sql, key.sql)
            return together(sql, owner.type.valueType, (owner, key), True)
        if isinstance(self.key, Lit):
            return field_of(owner, str(self.key.value))
        return field_of(owner, self.key.name())
