"""Receivers of a program's own."""

HEAD = """
import sys, threading, time
from pyspark import SparkContext
from pyspark.streaming import Receiver, StreamingContext, StreamingListener

ssc = StreamingContext(SparkContext("local[2]", "receiver"), 0.05)
seen = []

def see(stream):
    stream.foreachRDD(lambda rdd: seen.extend(rdd.collect()))

def run():
    ssc.start()
    ssc.awaitTermination()
"""

AT_THE_END = {"millrace.stopAtEof": "true", "spark.streaming.receiverRestartDelay": "10ms"}


def ended(program, body, **conf):
    run = program(HEAD + body, conf={**AT_THE_END, **conf})
    assert run.returncode == 0, run.stderr
    return run


def test_a_generator_is_a_receiver(program):
    run = ended(program, """
class Countdown(Receiver):
    def __init__(self, start):
        super().__init__()
        self.start = start

    def receive(self):
        yield from range(self.start, 0, -1)

numbers = ssc.receiverStream(Countdown(5))
sums = numbers.map(lambda n: (n % 2, n)).reduceByKey(lambda a, b: a + b)
see(sums)
sums.explain()
run()
print(sorted(seen))
""")
    in_cpython = [line for line in run.stdout.splitlines() if "CPython" in line]
    assert run.stdout.count("compiled") == 2 and all("foreachRDD" in line for line in in_cpython)
    assert run.stdout.splitlines()[-1] == "[(0, 6), (1, 9)]"
    assert run.stderr == "millrace: receiver 0: stopped: it has no more records\n"


def test_threads_store_until_they_are_stopped(program):
    run = ended(program, """
class Ticker(Receiver):
    def onStart(self):
        self.woken = threading.Event()
        self.spawn(self.tick, "a")
        threading.Thread(target=self.tick, args=("b",)).start()

    def onStop(self):
        self.woken.set()
        print("stopped", self.isStopped())

    def tick(self, name):
        assert self.isStarted() and self.streamId == 0
        self.store({name: [1]})
        self.woken.wait(30)
        assert self.isStopped()

see(ssc.receiverStream(Ticker()))
ssc.start()
while len(seen) < 2:
    time.sleep(0.01)
ssc.stop(stopGraceFully=True)
print(sorted(seen, key=str))
""")
    assert run.stdout.splitlines() == ["stopped True", "[{'a': [1]}, {'b': [1]}]"]


def test_blocks_errors_and_restarts_are_told_to_listeners(program):
    run = ended(program, """
class Told(StreamingListener):
    def onReceiverError(self, event):
        info = event.receiverInfo()
        print("error", info.name(), info.lastErrorMessage(), repr(info.lastError()))

    def onBatchCompleted(self, event):
        for info in event.batchInfo().streamIdToInputInfo().values():
            if info.numRecords():
                print("records", info.numRecords())

class Flaky(Receiver):
    starts = 0

    def onStart(self):
        self.starts += 1
        if self.starts == 1:
            return self.restart("lost", OSError("reset"), 0)
        self.reportError("odd", "as it is")
        self.storeBlock(range(3), "0 to 2")
        self.stop("done")

ssc.addStreamingListener(Told())
see(ssc.receiverStream(Flaky()))
run()
ssc.stop()
print(seen)
""")
    shown = run.stdout.splitlines()
    assert "error Flaky-0 odd 'as it is'" in shown
    assert "records 3" in shown and shown[-1] == "[0, 1, 2]"
    assert "lost" in run.stderr


def test_an_exception_shows_the_line_and_starts_it_again(program):
    run = ended(program, """
class Broken(Receiver):
    starts = 0

    def receive(self):
        self.starts += 1
        yield self.starts
        if self.starts == 1:
            raise ValueError("mine")

see(ssc.receiverStream(Broken()))
run()
print(seen)
""")
    assert run.stdout == "[1, 2]\n"
    assert "in receive\n" in run.stderr and "ValueError: mine" in run.stderr
    assert "receive raised ValueError: mine; starting it again after 10ms" in run.stderr
    assert "/millrace/" not in run.stderr


def test_an_exception_that_comes_again_and_again_is_shown_ever_more_seldom(program):
    run = ended(program, """
class Broken(Receiver):
    starts = 0

    def receive(self):
        self.starts += 1
        yield self.starts
        if self.starts < 40:
            raise ValueError("mine")

    def onStop(self):
        raise KeyError("and mine")

see(ssc.receiverStream(Broken()))
run()
print(seen == list(range(1, 41)))
""")
    assert run.stdout == "True\n", run.stderr
    # More than one of each only if the machine took ten seconds for it.
    assert 2 <= run.stderr.count("Traceback (most recent call last)") < 20, run.stderr


def test_a_fast_receiver_waits_for_room(program):
    run = ended(program, """
class Fast(Receiver):
    stored = 0

    def receive(self):
        while self.stored < 40:
            self.stored += 1
            yield "x" * 1000000

receiver = Fast()
most = []
lines = ssc.receiverStream(receiver)

def show(rdd):
    most.append(rdd.count())
    seen.extend(rdd.map(len).collect())

lines.foreachRDD(show)
run()
print(len(seen), max(most) < 10)
""", **{"millrace.receiver.maxBytesInFlight": "4m"})
    assert run.stdout == "40 True\n"


def test_misuse_is_said(program):
    run = ended(program, """
for attempt in (
    lambda: ssc.receiverStream(7),
    lambda: Receiver().store(1),
):
    try:
        attempt()
    except Exception as error:
        print(type(error).__name__, error)

class Idle(Receiver):
    starts = 0

    def onStart(self):
        Idle.starts += 1
        if Idle.starts == 1:
            return super().onStart()
        self.stop("enough")

ssc.receiverStream(Idle()).pprint()
run()
""")
    first, second = run.stdout.splitlines()[:2]
    assert first == "TypeError receiverStream takes a Receiver, not 7"
    assert second.startswith("RuntimeError the receiver has not been started")
    assert "NotImplementedError: Idle has neither receive nor onStart" in run.stderr
