from typing import Any, Generic, TypeVar

from .context import SparkContext

T = TypeVar("T")

class Broadcast(Generic[T]):
    def __init__(
        self,
        sc: SparkContext | None = ...,
        value: T = ...,
        pickle_registry: Any = ...,
        path: Any = ...,
    ) -> None: ...
    @property
    def value(self) -> T: ...
    def unpersist(self, blocking: bool = ...) -> None: ...
    def destroy(self, blocking: bool = ...) -> None: ...
