from collections.abc import Callable
from typing import Any

from ..context import SparkContext
from ..storagelevel import StorageLevel
from .context import StreamingContext
from ._kafka.datasets import KafkaDStream as KafkaDStream
from ._kafka.datasets import KafkaRDD as KafkaRDD
from ._kafka.decoders import utf8_decoder as utf8_decoder
from ._kafka.names import Broker as Broker
from ._kafka.names import KafkaMessageAndMetadata as KafkaMessageAndMetadata
from ._kafka.names import OffsetRange as OffsetRange
from ._kafka.names import TopicAndPartition as TopicAndPartition

class KafkaUtils:
    @staticmethod
    def createStream(
        ssc: StreamingContext,
        zkQuorum: str,
        groupId: str,
        topics: dict[str, int],
        kafkaParams: dict[str, Any] | None = ...,
        storageLevel: StorageLevel = ...,
        keyDecoder: Callable[[bytes | None], Any] = ...,
        valueDecoder: Callable[[bytes | None], Any] = ...,
    ) -> KafkaDStream[Any]: ...
    @staticmethod
    def createDirectStream(
        ssc: StreamingContext,
        topics: list[str] | None = ...,
        kafkaParams: dict[str, Any] | None = ...,
        fromOffsets: dict[TopicAndPartition, int] | None = ...,
        keyDecoder: Callable[[bytes | None], Any] = ...,
        valueDecoder: Callable[[bytes | None], Any] = ...,
        messageHandler: Callable[[KafkaMessageAndMetadata], Any] | None = ...,
        *,
        pattern: str | None = ...,
        headers: bool = ...,
        byKey: int | None = ...,
    ) -> KafkaDStream[Any]: ...
    @staticmethod
    def createRDD(
        sc: SparkContext,
        kafkaParams: dict[str, Any],
        offsetRanges: list[OffsetRange],
        leaders: dict[TopicAndPartition, Broker] | None = ...,
        keyDecoder: Callable[[bytes | None], Any] = ...,
        valueDecoder: Callable[[bytes | None], Any] = ...,
        messageHandler: Callable[[KafkaMessageAndMetadata], Any] | None = ...,
    ) -> KafkaRDD[Any]: ...
