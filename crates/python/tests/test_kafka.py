"""Programs that read Kafka, over brokers of librdkafka's mock cluster in another process."""

import json
import os
import subprocess

import pytest
from pyspark.streaming import StreamingContext
from pyspark.streaming._plan import Plan
from pyspark.streaming.kafka import (
    KafkaMessageAndMetadata, KafkaUtils, OffsetRange, TopicAndPartition,
)

PROGRAMS = os.path.join(os.path.dirname(__file__), "programs")

#: Everything that is there, in one batch, which ends the run.
ONE_BATCH = {
    "spark.master": "local[2]",
    "millrace.batchInterval": "50ms",
    "millrace.maxBatches": "1",
    "millrace.kafka.startingOffsets": "earliest",
}

HEAD = """
import json, sys
from pyspark import SparkContext
from pyspark.streaming import StreamingContext
from pyspark.streaming.kafka import *

brokers = sys.argv[1]
params = {"metadata.broker.list": brokers, "auto.offset.reset": "smallest"}
sc = SparkContext("local[2]", "kafka")
ssc = StreamingContext(sc, 0.05)
"""

RUN = """
ssc.start()
ssc.awaitTermination()
"""


class Brokers:
    """Brokers in a process of their own."""

    def __init__(self, command):
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.address = self._process.stdout.readline().strip()

    def ask(self, *words):
        self._process.stdin.write("\t".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().strip()
        assert answer, "the brokers have ended"
        return answer

    def topic(self, name, partitions=1):
        self.ask("topic", name, partitions)

    def put(self, topic, *values, partition=0, key=None, header=()):
        """Writes records, which are there when the call returns."""
        for value in values:
            words = [topic, partition, _hex(key), _hex(value)]
            self.ask("put", *words, *([header[0], _hex(header[1])] if header else []))
        self.ask("flush")

    def close(self):
        self._process.stdin.close()
        self._process.wait(240)


def _hex(value):
    if value is None:
        return "-"
    return (value if isinstance(value, bytes) else value.encode("utf-8")).hex() or ""


def mock_brokers():
    """The program that serves them, which Cargo builds beside the extension module."""
    built = os.path.dirname(os.environ.get("MILLRACE_ENGINE", ""))
    for place in (built, os.path.dirname(built)):
        path = os.path.join(place, "examples", "mock_brokers")
        if os.path.exists(path):
            return path
    return None


@pytest.fixture
def brokers():
    path = mock_brokers()
    if path is None:
        assert "CI" not in os.environ, "cargo test -p millrace-python builds mock_brokers"
        pytest.skip("cargo test -p millrace-python builds mock_brokers")
    made = Brokers([path])
    yield made
    made.close()


def lines(ended):
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def counts(ended):
    return [line for line in lines(ended) if line.startswith("(")]


def test_the_program_of_spark_2_runs_unchanged(program, brokers):
    brokers.topic("words", 2)
    brokers.put("words", "the quick the", "hello")
    brokers.put("words", "the end", partition=1)
    path = os.path.join(PROGRAMS, "direct_kafka_wordcount.py")
    ended = program(path, brokers.address, "words", conf=ONE_BATCH)
    assert sorted(counts(ended)) == ["('end', 1)", "('hello', 1)", "('quick', 1)", "('the', 3)"]


def test_no_record_that_is_text_is_decoded_in_python(program, brokers):
    brokers.topic("t")
    brokers.put("t", "the quick the", key="k")
    source = HEAD + """
import pyspark.streaming._kafka.described as described

decoded = []
own = described.utf8_decoder
described.utf8_decoder = lambda s: decoded.append(s) or own(s)
pairs = KafkaUtils.createDirectStream(ssc, ["t"], params)
counts = pairs.map(lambda x: x[1]).flatMap(lambda line: line.split(" ")) \\
    .map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b)
counts.explain()
counts.foreachRDD(lambda rdd: print(rdd.collect(), decoded))
pairs.filter(lambda kv: kv[0] == "k").map(lambda kv: kv[1].upper()).foreachRDD(
    lambda rdd: print(rdd.collect(), decoded))
""" + RUN
    *tiers, first, second = lines(program(source, brokers.address, conf={"millrace.maxBatches": "1"}))
    assert [line.endswith("  compiled") for line in tiers] == [True] * 4, tiers
    assert (first, second) == ("[('quick', 1), ('the', 2)] []", "['THE QUICK THE'] []")


def test_the_count_of_words_runs_on_the_engines_own_texts(sc):
    ssc = StreamingContext(sc, 1)
    pairs = KafkaUtils.createDirectStream(ssc, ["t"], {"metadata.broker.list": "localhost:1"})

    def counted(lines):
        words = lines.flatMap(lambda line: line.split(" ")).map(lambda word: (word, 1))
        return Plan(ssc._graph).described(words.reduceByKey(lambda a, b: a + b))

    assert counted(pairs.map(lambda kv: kv[1])).is_native
    assert counted(pairs.map(lambda kv: kv[-2])).is_native
    assert not counted(pairs.map(lambda kv: kv[1].lower())).is_native


def test_the_form_with_zookeeper_asks_for_the_brokers(program, brokers):
    brokers.topic("words")
    brokers.put("words", "a b a")
    path = os.path.join(PROGRAMS, "kafka_wordcount.py")
    refused = program(path, "zk:2181", "words", conf=ONE_BATCH)
    assert refused.returncode == 1
    last = refused.stderr.splitlines()[-1]
    assert "ZooKeeper at zk:2181" in last and "--conf millrace.kafka.bootstrap.servers=" in last
    named = {**ONE_BATCH, "millrace.kafka.bootstrap.servers": brokers.address}
    assert sorted(counts(program(path, "zk:2181", "words", conf=named))) == ["('a', 2)", "('b', 1)"]
    assert brokers.ask("committed", "spark-streaming-consumer", "words", 0) == "1"


def test_records_are_pairs_and_partitions_those_of_the_topic(program, brokers):
    brokers.topic("t", 3)
    brokers.put("t", "v", "", key="k")
    brokers.put("t", None, partition=2)
    source = HEAD + """
def show(rdd):
    print(rdd.glom().collect(), rdd.getNumPartitions(), rdd.count(), rdd.take(1))
    print([str(each) for each in rdd.offsetRanges()])

def noted(time, rdd):
    ranges = rdd.offsetRanges()
    def of(index, records):
        yield ranges[index].topic, ranges[index].partition, len(list(records))
    return rdd.mapPartitionsWithIndex(of)

stream = KafkaUtils.createDirectStream(ssc, ["t"], params)
stream.foreachRDD(show)
stream.transform(noted).foreachRDD(lambda rdd: print(rdd.collect()))
""" + RUN
    ended = program(source, brokers.address, conf={"millrace.maxBatches": "1"})
    assert lines(ended) == [
        "[[('k', 'v'), ('k', '')], [], [(None, None)]] 3 3 [('k', 'v')]",
        "['OffsetRange(topic: t, partition: 0, range: [0 -> 2]', "
        "'OffsetRange(topic: t, partition: 1, range: [0 -> 0]', "
        "'OffsetRange(topic: t, partition: 2, range: [0 -> 1]']",
        "[('t', 0, 2), ('t', 1, 0), ('t', 2, 1)]",
    ]


def test_decoders_handlers_headers_patterns_and_keys(program, brokers):
    brokers.topic("orders-1", 1)
    brokers.topic("orders-2", 1)
    brokers.put("orders-1", '{"n": 1}', key=b"\xff", header=("from", "here"))
    brokers.put("orders-2", '{"n": 2}', key=b"\xff")
    source = HEAD + """
topics = ["orders-1", "orders-2"]

def show(name, stream):
    stream.foreachRDD(lambda rdd: print(name, sorted(rdd.collect(), key=str)))

own = KafkaUtils.createDirectStream(ssc, topics, params, keyDecoder=lambda key: key,
                                    valueDecoder=json.loads)
own.explain()
show("decoded", own)
show("handled", KafkaUtils.createDirectStream(
    ssc, topics, params, keyDecoder=len,
    messageHandler=lambda m: (m.topic, m.partition, m.offset, m.key, m.message, m.timestamp)))
show("headers", KafkaUtils.createDirectStream(
    ssc, pattern="orders-.", kafkaParams=params, keyDecoder=len, headers=True))
KafkaUtils.createDirectStream(ssc, topics, params, keyDecoder=len, byKey=4).foreachRDD(
    lambda rdd: print("by key", [len(each) for each in rdd.glom().collect()], len(rdd.offsetRanges())))
begin = {TopicAndPartition("orders-2", 0): 1}
show("at", KafkaUtils.createDirectStream(ssc, ["orders-2"], params, fromOffsets=begin))
""" + RUN
    ended = program(source, brokers.address, conf={"millrace.maxBatches": "1"})
    first, *rest = lines(ended)
    assert first.startswith("program.py:17  createDirectStream: map ") and first.endswith("  compiled"), first
    assert rest == [
        "decoded [(b'\\xff', {'n': 1}), (b'\\xff', {'n': 2})]",
        "handled [('orders-1', 0, 0, 1, '{\"n\": 1}', 1234), ('orders-2', 0, 0, 1, '{\"n\": 2}', 1234)]",
        "headers [(1, '{\"n\": 1}', [('from', b'here')]), (1, '{\"n\": 2}', [])]",
        "by key [0, 2, 0, 0] 2",
        "at []",
    ]


def test_ranges_are_read_without_a_stream(program, brokers):
    brokers.topic("t", 2)
    brokers.put("t", "a", "b", "c")
    brokers.put("t", "d", partition=1)
    source = HEAD + """
ranges = [OffsetRange("t", 1, 0, 1), OffsetRange("t", 0, 1, 3)]
rdd = KafkaUtils.createRDD(sc, params, ranges)
print(rdd.glom().collect(), rdd.offsetRanges() == ranges)
print(KafkaUtils.createRDD(sc, params, ranges, valueDecoder=lambda v: v, messageHandler=lambda m: m.message).collect())
try:
    KafkaUtils.createRDD(sc, params, [OffsetRange("t", 0, 2, 9)])
except Exception as error:
    print(type(error).__name__, error)
"""
    first, second, third = lines(program(source, brokers.address))
    assert first == "[[(None, 'd')], [(None, 'b'), (None, 'c')]] True"
    assert second == "[b'd', b'b', b'c']"
    assert third.startswith("Py4JJavaError org.apache.spark.SparkException: Offsets not available")
    assert third.endswith("topic t, partition 0: offsets 2 to 9 are not there: there are 0 to 3")


GOES_ON = HEAD + """
def create():
    context = StreamingContext(sc, 0.05)
    context.checkpoint("kept")
    pairs = KafkaUtils.createDirectStream(context, ["t"], params)
    state = pairs.map(lambda kv: (kv[1], 1)).updateStateByKey(lambda new, old: sum(new) + (old or 0))
    state.foreachRDD(shown)
    return context

def shown(rdd):
    print(sorted(rdd.collect()), flush=True)
    if "die" in sys.argv:
        import os
        os.kill(os.getpid(), 9)

ssc = StreamingContext.getOrCreate("kept", create)
""" + RUN


def test_a_program_goes_on_where_it_was_and_counts_once(program, brokers):
    brokers.topic("t")
    brokers.put("t", "a", "b")
    one = {"millrace.maxBatches": "1", "spark.streaming.kafka.maxRatePerPartition": "40"}
    assert lines(program(GOES_ON, brokers.address, conf=one)) == ["[('a', 1), ('b', 1)]"]
    brokers.put("t", "a", "c", "d")
    died = program(GOES_ON, brokers.address, "die", conf=one)
    assert died.returncode == -9
    brokers.put("t", "e")
    # The batch that was cut short has its two records again, and no more.
    again = lines(program(GOES_ON, brokers.address, conf=one))
    assert again[-1] == "[('a', 2), ('b', 1), ('c', 1)]"
    last = lines(program(GOES_ON, brokers.address, conf=one))
    assert last[-1] == "[('a', 2), ('b', 1), ('c', 1), ('d', 1), ('e', 1)]"


def test_what_is_no_text_or_is_not_there_fails_as_in_python(program, brokers, tmp_path):
    brokers.topic("t")
    brokers.topic("none")
    brokers.put("t", "good", b"\xff")
    brokers.put("none", None)
    show = "KafkaUtils.createDirectStream(ssc, ['t'], params).map(lambda kv: kv[1]).pprint()"
    failed = program(HEAD + show + RUN, brokers.address)
    assert failed.returncode == 1
    assert "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0" in failed.stderr
    skipped = program(
        HEAD + show + RUN,
        brokers.address,
        conf={
            "millrace.maxBatches": "1",
            "millrace.onRecordError": "skip",
            "millrace.deadLetterDir": "letters",
        },
    )
    assert "good" in lines(skipped)
    (letter,) = (tmp_path / "letters").glob("batch-*.jsonl")
    assert json.loads(letter.read_text())["record"] == [None, [255]]
    count = """
KafkaUtils.createDirectStream(ssc, ["none"], params).map(lambda x: x[1]) \\
    .flatMap(lambda line: line.split(" ")).map(lambda w: (w, 1)).reduceByKey(lambda a, b: a + b).pprint()
"""
    failed = program(HEAD + count + RUN, brokers.address)
    assert "AttributeError: 'NoneType' object has no attribute 'split'" in failed.stderr


WRONG = {
    "KafkaUtils.createDirectStream(ssc, 't', params)": "TypeError topics should be list",
    "KafkaUtils.createDirectStream(ssc, ['t'], 'b')": "TypeError kafkaParams should be dict",
    "KafkaUtils.createDirectStream(ssc, ['t'], {})": "Must specify metadata.broker.list or",
    "KafkaUtils.createStream(ssc, 'z', 'g', ['t'])": "TypeError topics should be dict",
    "KafkaUtils.createRDD(sc, params, ())": "TypeError offsetRanges should be list",
    "KafkaUtils.createDirectStream(ssc, ['t'], params, {TopicAndPartition('u', 0): 1})":
        "ValueError The specified topics: t do not equal to the topic from offsets: u",
    "KafkaUtils.createDirectStream(ssc, ['t'], dict(params, **{'auto.offset.reset': 'x'}))":
        "ValueError starting offsets should be latest, earliest",
    "KafkaUtils.createDirectStream(ssc, ['t'], dict(params, colour='red'))":
        'No such configuration property: "colour"',
    "KafkaUtils.createDirectStream(ssc, ['t'], params, pattern='t')": "ValueError either topics",
}


def test_what_is_asked_wrongly_is_said(program):
    tries = "".join(
        "try:\n    %s\nexcept Exception as error:\n    print(type(error).__name__, error)\n" % call
        for call in WRONG
    )
    said = lines(program(HEAD + tries, "localhost:1"))
    assert [want in line for line, want in zip(said, WRONG.values())] == [True] * len(WRONG), said


def test_parameters_of_old_clients_are_known(program):
    source = HEAD + """
KafkaUtils.createDirectStream(ssc, ["t"], dict(params, **{
    "zookeeper.connect": "zk:2181", "request.timeout.ms": 3000, "auto.commit.enable": True,
    "key.deserializer": "x"}))
"""
    ended = program(source, "localhost:1")
    assert (ended.returncode, ended.stderr) == (
        0, "millrace: kafka: without effect here: zookeeper.connect\n"
    )


def test_names_are_values():
    part = TopicAndPartition("t", 1)
    assert {part: 1}[TopicAndPartition("t", 1)] == 1
    assert part != TopicAndPartition("t", 2)
    assert OffsetRange("t", 0, 1, 2) == OffsetRange("t", 0, 1, 2) != OffsetRange("t", 0, 1, 3)
    message = KafkaMessageAndMetadata("t", 0, 7, b"k", None)
    assert (message.key, message.message) == ("k", None)
    assert str(message) == (
        "KafkaMessageAndMetadata(topic: t, partition: 0, offset: 7, key and message...)"
    )


#: Everything that is there, in one batch; the program says where it begins.
BY_PROGRAM = {key: value for key, value in ONE_BATCH.items() if not key.startswith("millrace.kafka")}

BY_GROUP = HEAD + """
stream = KafkaUtils.createStream(ssc, "zk:2181", "readers", {"t": 1}, {"auto.offset.reset": "smallest"})
stream.map(lambda record: record[1]).foreachRDD(lambda rdd: print(sorted(rdd.collect())))
""" + RUN


def test_a_stream_with_a_group_begins_where_the_group_has_committed(program, brokers):
    brokers.topic("t", 2)
    brokers.put("t", "a", "b")
    conf = dict(BY_PROGRAM, **{"millrace.kafka.bootstrap.servers": brokers.address})
    first = lines(program(BY_GROUP, brokers.address, conf=conf))
    brokers.put("t", "c")
    # Of this one the group has committed that it was empty.
    brokers.put("t", "d", partition=1)
    second = lines(program(BY_GROUP, brokers.address, conf=conf))
    other = dict(conf, **{"millrace.kafka.startingOffsets": "earliest"})
    all_of_it = lines(program(BY_GROUP, brokers.address, conf=other))
    assert (first, second, all_of_it) == (["['a', 'b']"], ["['c', 'd']"], ["['a', 'b', 'c', 'd']"])
