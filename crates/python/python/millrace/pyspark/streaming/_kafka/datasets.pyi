from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ...context import SparkContext
from ...rdd import RDD
from ..dstream import DStream
from .names import OffsetRange

T = TypeVar("T")

class KafkaRDD(RDD[T]):
    def __init__(
        self,
        ctx: SparkContext,
        count: int,
        compute: Callable[[int], Iterable[T]],
        ranges: list[OffsetRange],
        batch: RDD[T] | None = ...,
    ) -> None: ...
    def offsetRanges(self) -> list[OffsetRange]: ...
    def take(self, num: int) -> list[T]: ...
    def count(self) -> int: ...

class KafkaDStream(DStream[T]): ...

def ranges_of(ranges: Iterable[OffsetRange]) -> list[tuple[str, int, int, int]]: ...
