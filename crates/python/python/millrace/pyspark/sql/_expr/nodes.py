"""The nodes of an expression."""

from .arithmetic import Arithmetic, Negative
from .casts import Cast
from .conditions import Case, Comparison, In, IsNull, Logic, Not
from .fields import Field, Index, field_of
from .literals import Lit, literal_sql, literal_type
from .names import Alias, Bound, Ref, SortKey, Star
from .node import Node
from .typed import Typed

__all__ = [
    "Alias",
    "Arithmetic",
    "Bound",
    "Case",
    "Cast",
    "Comparison",
    "Field",
    "In",
    "Index",
    "IsNull",
    "Lit",
    "Logic",
    "Negative",
    "Node",
    "Not",
    "Ref",
    "SortKey",
    "Star",
    "Typed",
    "field_of",
    "literal_sql",
    "literal_type",
]
