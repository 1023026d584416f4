from typing import Any

from .dstream import DStream, TransformedDStream
from .state import StateSpec

class States:
    def __init__(
        self, count: int, timeout: int | None, initial: list[tuple[Any, Any]] | None
    ) -> None: ...

class MapWithStateDStream(TransformedDStream[Any]):
    def __init__(self, parent: DStream[Any], spec: StateSpec) -> None: ...
    def stateSnapshots(self) -> DStream[tuple[Any, Any]]: ...
