"""From what a program asks for to a stream or a reader of the engine."""

from ..._native import _engine
from .datasets import KafkaDStream, ranges_of
from .decoders import utf8_decoder


def _of_engine(name):
    found = getattr(_engine, name, None)
    if found is None:
        raise NotImplementedError(
            "this build of millrace has no Kafka: build it with the feature `kafka` of crates/python"
        )
    return found


def described_stream(ssc, asked, decoding, by_key=None):
    """The stream of what is asked for."""
    ssc._refuse_if_started("a stream of Kafka")
    describe = _of_engine("kafka_direct_stream")
    described, offsets = describe(ssc._engine, asked, decoding.wanted, utf8_decoder)
    stream = ssc._native(described, KafkaDStream)
    stream._offsets = offsets
    rest = decoding.rest
    if rest is not None:
        stream = stream._of_topics(lambda rdd: rdd.map(rest), ("map", rest, {}))
    if by_key is not None:
        stream = stream._of_topics(lambda rdd: rdd.partitionBy(by_key))
    return stream


def reader_of(sc, brokers, client, decoding, ranges):
    """A reader of ranges of offsets, all of which the brokers have."""
    from ...errors.exceptions import Py4JJavaError

    settings = sc._conf.getAll()
    reader = _of_engine("KafkaRanges")(settings, brokers, client, decoding.wanted, utf8_decoder)
    try:
        reader.check(ranges_of(ranges))
    except RuntimeError as error:
        raise Py4JJavaError(
            "org.apache.spark.SparkException: Offsets not available on leader: %s" % error
        ) from None
    return reader
