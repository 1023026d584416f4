"""Parts of topics, brokers and records, as programs name them."""

from .decoders import utf8_decoder


class OffsetRange:
    """The records of a topic partition from an offset on, up to and without another."""

    def __init__(self, topic, partition, fromOffset, untilOffset):
        self.topic = topic
        self.partition = partition
        self.fromOffset = fromOffset
        self.untilOffset = untilOffset

    def __eq__(self, other):
        return isinstance(other, self.__class__) and vars(self) == vars(other)

    def __ne__(self, other):
        return not self == other

    # As in Spark, whose range has attributes that can be assigned.
    __hash__ = None

    def __str__(self):
        return "OffsetRange(topic: %s, partition: %d, range: [%d -> %d]" % (
            self.topic,
            self.partition,
            self.fromOffset,
            self.untilOffset,
        )

    __repr__ = __str__


class TopicAndPartition:
    """A partition of a topic."""

    def __init__(self, topic, partition):
        self._topic = topic
        self._partition = partition

    def __eq__(self, other):
        return isinstance(other, self.__class__) and vars(self) == vars(other)

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return hash((self._topic, self._partition))

    def __repr__(self):
        return "TopicAndPartition(%r, %r)" % (self._topic, self._partition)


class Broker:
    """The host and the port of a broker."""

    def __init__(self, host, port):
        self._host = host
        self._port = port


class KafkaMessageAndMetadata:
    """A record with where it stands, for a `messageHandler`.

    `key` and `message` are decoded when they are read. `timestamp` is in milliseconds since 1970,
    or None; `headers` is a list of pairs of a name and bytes. Spark's has neither.
    """

    def __init__(self, topic, partition, offset, key, message):
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.timestamp = None
        self.headers = []
        self._rawKey = key
        self._rawMessage = message
        self._keyDecoder = utf8_decoder
        self._valueDecoder = utf8_decoder

    def __str__(self):
        return "KafkaMessageAndMetadata(topic: %s, partition: %d, offset: %d, key and message...)" % (
            self.topic,
            self.partition,
            self.offset,
        )

    __repr__ = __str__

    def __reduce__(self):
        of = (self.topic, self.partition, self.offset, self._rawKey, self._rawMessage)
        more = {"timestamp": self.timestamp, "headers": self.headers}
        return KafkaMessageAndMetadata, of, more

    def _set_key_decoder(self, decoder):
        self._keyDecoder = decoder

    def _set_value_decoder(self, decoder):
        self._valueDecoder = decoder

    @property
    def key(self):
        """The key, decoded."""
        return self._keyDecoder(self._rawKey)

    @property
    def message(self):
        """The value, decoded."""
        return self._valueDecoder(self._rawMessage)
