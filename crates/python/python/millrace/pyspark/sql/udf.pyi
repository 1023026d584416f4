from collections.abc import Callable
from typing import Any, Union

from .column import Column
from .session import SparkSession
from .types import DataType

ColumnOrName = Union[Column, str]

class UserDefinedFunction:
    func: Callable[..., Any]
    returnType: DataType
    def __call__(self, *cols: ColumnOrName) -> Column: ...
    def __init__(
        self,
        function: Callable[..., Any],
        returnType: DataType | str | None = ...,
        name: str | None = ...,
        make: Callable[..., Any] = ...,
    ) -> None: ...

class UDFRegistration:
    def __init__(self, session: SparkSession) -> None: ...
    def register(
        self, name: str, f: Callable[..., Any], returnType: DataType | str | None = ...
    ) -> UserDefinedFunction: ...
