"""Parameters of Kafka's clients, in the spellings of all ages, as the engine's client has them."""

from ..._say import warn

#: The brokers, by both names.
_BROKERS = ("metadata.broker.list", "bootstrap.servers")

#: The setting that stands for ZooKeeper, which programs of Spark 2 name the brokers by.
BROKERS_SETTING = "millrace.kafka.bootstrap.servers"

#: Names of Java's clients for what the engine's client has another name for.
_RENAMED = {
    "fetch.max.wait.ms": "fetch.wait.max.ms",
    "request.timeout.ms": "socket.timeout.ms",
    "receive.buffer.bytes": "socket.receive.buffer.bytes",
    "send.buffer.bytes": "socket.send.buffer.bytes",
    "auto.commit.enable": "enable.auto.commit",
}

#: Parameters of the old consumer that speak to ZooKeeper or to threads that are not there.
_WITHOUT_EFFECT = frozenset(
    (
        "consumer.id",
        "consumer.timeout.ms",
        "dual.commit.enabled",
        "exclude.internal.topics",
        "max.poll.records",
        "num.consumer.fetchers",
        "offsets.channel.backoff.ms",
        "offsets.channel.socket.timeout.ms",
        "offsets.commit.max.retries",
        "offsets.storage",
        "partition.assignment.strategy",
        "queued.max.message.chunks",
        "rebalance.backoff.ms",
        "rebalance.max.retries",
        "refresh.leader.backoff.ms",
        "serializer.class",
    )
)


def parameters(params):
    """The brokers, and what the client is told, of the `kafkaParams` of a program."""
    if not isinstance(params, dict):
        raise TypeError("kafkaParams should be dict")
    given = {str(key): _text(value) for key, value in params.items()}
    brokers = _brokers(given)
    if not brokers:
        from ...errors.exceptions import Py4JJavaError

        raise Py4JJavaError(
            "org.apache.spark.SparkException: Must specify metadata.broker.list or "
            "bootstrap.servers"
        )
    return brokers, _of_client(given)


def of_group(sc, zookeeper, group, params):
    """The same for the form with ZooKeeper: the brokers are named by a setting."""
    if params is not None and not isinstance(params, dict):
        raise TypeError("kafkaParams should be dict")
    given = {str(key): _text(value) for key, value in (params or {}).items()}
    brokers = sc._conf.get(BROKERS_SETTING) or _brokers(given)
    if not brokers:
        from ...errors import IllegalArgumentException

        raise IllegalArgumentException(
            "KafkaUtils.createStream finds the brokers by ZooKeeper at %s, which Kafka has no "
            "more: name them by --conf %s=host:9092, or use createDirectStream"
            % (zookeeper, BROKERS_SETTING)
        )
    given["group.id"] = group
    return brokers, _of_client(given)


def _brokers(given):
    found = [given.pop(name) for name in _BROKERS if name in given]
    return found[0] if found else None


def _text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _of_client(given):
    """The parameters that the engine's client takes; says which have no effect."""
    told, dropped = {}, []
    for key, value in given.items():
        if key in _WITHOUT_EFFECT or key.startswith("zookeeper."):
            dropped.append(key)
        else:
            told[_RENAMED.get(key, key)] = value
    if dropped:
        warn("millrace: kafka: without effect here: %s" % ", ".join(sorted(dropped)))
    return told
