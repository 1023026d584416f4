"""The program's own functions on columns."""

from ._ddl import parsed_type
from ._plan.python_call import PythonFunction, PythonNode
from .column import Column, named_node
from .types import DataType, StringType

__all__ = ["UDFRegistration", "UserDefinedFunction"]


class UserDefinedFunction:
    """A function that takes columns."""

    def __init__(self, function, returnType=None, name=None, make=PythonFunction):
        kind = returnType if returnType is not None else StringType()
        self.func = function
        self.returnType = kind if isinstance(kind, DataType) else parsed_type(kind)
        self._name = name or getattr(function, "__name__", type(function).__name__)
        self._make = make
        self._function = make(function, self.returnType, self._name)

    def __call__(self, *cols):
        return Column(PythonNode(self._function, [named_node(column) for column in cols]))


class UDFRegistration:
    """Functions of a session by their names, for SQL."""

    def __init__(self, session):
        self._session = session

    def register(self, name, f, returnType=None):
        """Gives a function a name in SQL; also a function that takes columns."""
        made = (
            f
            if isinstance(f, UserDefinedFunction)
            else UserDefinedFunction(f, returnType, name)
        )
        self._session._functions[name.lower()] = made._make(made.func, made.returnType, name)
        return made
