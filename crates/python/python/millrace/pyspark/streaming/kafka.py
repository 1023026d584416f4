"""Streams of Kafka by the names of Spark 2.4, which later versions of PySpark have no more.

A topic partition is a partition of every batch, and a record is a tuple of its key and value,
decoded, or None. There are no receivers: the form with ZooKeeper is a direct stream, too.
"""

from ..storagelevel import StorageLevel
from ._kafka.datasets import KafkaDStream, KafkaRDD, ranges_of
from ._kafka.decoders import Decoding, utf8_decoder
from ._kafka.described import described_stream, reader_of
from ._kafka.names import Broker, KafkaMessageAndMetadata, OffsetRange, TopicAndPartition
from ._kafka.params import of_group, parameters

__all__ = [
    "Broker",
    "KafkaMessageAndMetadata",
    "KafkaUtils",
    "OffsetRange",
    "TopicAndPartition",
    "utf8_decoder",
]


class KafkaUtils:
    """Makes streams and RDDs of topics."""

    @staticmethod
    def createStream(
        ssc,
        zkQuorum,
        groupId,
        topics,
        kafkaParams=None,
        storageLevel=StorageLevel.MEMORY_AND_DISK_2,
        keyDecoder=utf8_decoder,
        valueDecoder=utf8_decoder,
    ):
        """A stream of topics, committed to a group; Spark asks ZooKeeper for the brokers.

        Kafka has no ZooKeeper any more: the brokers are those of the setting
        ``millrace.kafka.bootstrap.servers``. `topics` is a dict; how many threads it says for a
        topic has no effect. `zkQuorum` and `storageLevel` have none either. A run that has no
        checkpoint to go on from begins where the group has committed.
        """
        if not isinstance(topics, dict):
            raise TypeError("topics should be dict")
        brokers, client = of_group(ssc._sc, zkQuorum, groupId, kafkaParams)
        asked = _asked(brokers, list(topics), client=client, of_group=True)
        return described_stream(ssc, asked, Decoding(keyDecoder, valueDecoder))

    @staticmethod
    def createDirectStream(
        ssc,
        topics=None,
        kafkaParams=None,
        fromOffsets=None,
        keyDecoder=utf8_decoder,
        valueDecoder=utf8_decoder,
        messageHandler=None,
        *,
        pattern=None,
        headers=False,
        byKey=None
    ):
        """A stream of topics: every batch has a range of offsets of every topic partition.

        `topics` is a list of names, `kafkaParams` a dict with ``metadata.broker.list`` or
        ``bootstrap.servers``, ``auto.offset.reset`` (largest if it is not there), ``group.id`` and
        other parameters. `fromOffsets`, a dict of TopicAndPartition and offset, names the only
        partitions that are read, and where they begin. `messageHandler` makes of every
        KafkaMessageAndMetadata what the stream has.

        Beyond Spark, by keyword: `pattern` instead of `topics` is a regular expression for whole
        names, also of topics that are made later. With `headers` records are tuples of key, value
        and a list of pairs of a header's name and its bytes. `byKey` puts records with one key
        into one of so many partitions.
        """
        _check_topics(topics, pattern)
        brokers, client = parameters(kafkaParams)
        asked = _asked(brokers, topics, pattern, _offsets(topics, fromOffsets), client)
        decoding = Decoding(keyDecoder, valueDecoder, messageHandler, headers)
        return described_stream(ssc, asked, decoding, byKey)

    @staticmethod
    def createRDD(
        sc,
        kafkaParams,
        offsetRanges,
        leaders=None,
        keyDecoder=utf8_decoder,
        valueDecoder=utf8_decoder,
        messageHandler=None,
    ):
        """The records of some OffsetRanges, each a partition. They are read when they are needed.

        `leaders` is not needed: the brokers are asked who leads a partition.
        """
        if not isinstance(offsetRanges, list):
            raise TypeError("offsetRanges should be list")
        brokers, client = parameters(kafkaParams)
        decoding = Decoding(keyDecoder, valueDecoder, messageHandler)
        reader = reader_of(sc, brokers, client, decoding, offsetRanges)

        ranges = list(offsetRanges)
        tuples = ranges_of(ranges)
        read = KafkaRDD(sc, len(ranges), lambda index: iter(reader.read(tuples[index])), ranges)
        if decoding.rest is None:
            return read
        decoded = read.map(decoding.rest)
        return KafkaRDD(sc, len(ranges), decoded._iterator, ranges)


def _check_topics(topics, pattern):
    if pattern is not None:
        if topics is not None:
            raise ValueError("either topics or a pattern can be given, and not both")
        if not isinstance(pattern, str):
            raise TypeError("pattern should be str")
    elif not isinstance(topics, list):
        raise TypeError("topics should be list")


def _offsets(topics, offsets):
    """The offsets at which partitions begin, as the engine takes them."""
    if not offsets:
        return []
    named = {part._topic for part in offsets}
    if topics is None or set(topics) != named:
        raise ValueError(
            "The specified topics: %s do not equal to the topic from offsets: %s"
            % (" ".join(sorted(topics or [])), " ".join(sorted(named)))
        )
    return [(part._topic, part._partition, int(offset)) for part, offset in offsets.items()]


def _asked(brokers, topics, pattern=None, offsets=(), client=None, of_group=False):
    """The description of all that a stream reads, as the engine takes it."""
    return {
        "brokers": brokers,
        "topics": topics or [],
        "pattern": pattern,
        "offsets": list(offsets),
        "params": client or {},
        "of_group": of_group,
    }
