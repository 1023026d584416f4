from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

class ResultIterable(Iterable[T]):
    data: Iterable[T]
    maxindex: int
    def __init__(self, data: Iterable[T]) -> None: ...
    def __iter__(self) -> Iterator[T]: ...
    def __len__(self) -> int: ...
