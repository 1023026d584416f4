from typing import Any

class OffsetRange:
    topic: str
    partition: int
    fromOffset: int
    untilOffset: int
    def __init__(self, topic: str, partition: int, fromOffset: int, untilOffset: int) -> None: ...

class TopicAndPartition:
    def __init__(self, topic: str, partition: int) -> None: ...

class Broker:
    def __init__(self, host: str, port: int) -> None: ...

class KafkaMessageAndMetadata:
    topic: str
    partition: int
    offset: int
    timestamp: int | None
    headers: list[tuple[str, bytes | None]]
    def __init__(
        self, topic: str, partition: int, offset: int, key: bytes | None, message: bytes | None
    ) -> None: ...
    @property
    def key(self) -> Any: ...
    @property
    def message(self) -> Any: ...
