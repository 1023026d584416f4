"""Callbacks: deeds that touch the whole process, and an exception in each of them."""

import pytest

HEAD = """
import os, signal, subprocess, sys, threading, time
from pyspark import AccumulatorParam, SparkContext
from pyspark.streaming import Receiver, StateSpec, StreamingContext, StreamingListener
sc = SparkContext("local[2]", "callbacks")
ssc = StreamingContext(sc, 0.05)
ssc.checkpoint("kept")
numbers = ssc.queueStream([[3, 1], [2]])
pairs = numbers.map(lambda x: (x, x))
"""

RUN = """
ssc.start()
ssc.awaitTermination()
"""

BATCHES = {"millrace.maxBatches": "3"}


def fail(*arguments):
    """A function of the program that raises."""
    return "def wrong(%s):\n    raise ValueError('mine')\n" % ", ".join(arguments)


TWO, ONE = fail("a", "b"), fail("a")

RAISING = {
    "foreachRDD": ONE + "numbers.foreachRDD(wrong)\n",
    "foreachRDD with the time": TWO + "numbers.foreachRDD(wrong)\n",
    "transform": ONE + "numbers.transform(wrong).pprint()\n",
    "transformWith": TWO + "numbers.transformWith(wrong, pairs).pprint()\n",
    "transform of several": ONE + "ssc.transform([numbers], wrong).pprint()\n",
    "map": ONE + "numbers.map(wrong).pprint()\n",
    "flatMap": ONE + "numbers.flatMap(wrong).pprint()\n",
    "a generator": "def wrong(a):\n    yield 1\n    raise ValueError('mine')\n"
    "numbers.flatMap(wrong).pprint()\n",
    "filter": ONE + "numbers.filter(wrong).pprint()\n",
    "mapValues": ONE + "pairs.mapValues(wrong).pprint()\n",
    "flatMapValues": ONE + "pairs.flatMapValues(wrong).pprint()\n",
    "mapPartitions": ONE + "numbers.mapPartitions(wrong).pprint()\n",
    "mapPartitionsWithIndex": TWO + "numbers.mapPartitionsWithIndex(wrong).pprint()\n",
    "reduce": TWO + "numbers.reduce(wrong).pprint()\n",
    "reduceByKey": TWO + "numbers.map(lambda x: (1, x)).reduceByKey(wrong).pprint()\n",
    "combineByKey, its first": ONE + "pairs.combineByKey(wrong, max, max).pprint()\n",
    "combineByKey, its second": TWO
    + "numbers.map(lambda x: (1, x)).repartition(1).combineByKey(int, wrong, max).pprint()\n",
    "partitionBy": ONE + "pairs.partitionBy(2, wrong).pprint()\n",
    "updateStateByKey": TWO + "pairs.updateStateByKey(wrong).pprint()\n",
    "mapWithState": fail("key", "value", "state") + "pairs.mapWithState(StateSpec(wrong)).pprint()\n",
    "a window": TWO + "numbers.reduceByWindow(wrong, None, 0.1, 0.05).pprint()\n",
    "an inverse": TWO
    + "pairs.map(lambda pair: (1, 1)).reduceByKeyAndWindow(max, wrong, 0.25, 0.05).pprint()\n",
    "a window's filter": ONE
    + "pairs.reduceByKeyAndWindow(max, min, 0.25, 0.05, None, wrong).pprint()\n",
    "foreach": ONE + "numbers.foreachRDD(lambda rdd: rdd.foreach(wrong))\n",
    "foreachPartition": ONE + "numbers.foreachRDD(lambda rdd: rdd.foreachPartition(wrong))\n",
    "sortBy": ONE + "numbers.foreachRDD(lambda rdd: print(rdd.sortBy(wrong).collect()))\n",
    "an accumulator": "class Wrong(AccumulatorParam):\n    def zero(self, value):\n        return 0\n"
    "    def addInPlace(self, a, b):\n        raise ValueError('mine')\n"
    "count = sc.accumulator(0, Wrong())\n"
    "numbers.foreachRDD(lambda rdd: rdd.foreach(lambda x: count.add(x)))\n",
    "a text": "class Wrong:\n    def __repr__(self):\n        raise ValueError('mine')\n"
    "numbers.map(lambda x: Wrong()).pprint()\n",
    "a comparison": "class Wrong:\n    def __lt__(self, other):\n        raise ValueError('mine')\n"
    "numbers.foreachRDD(lambda rdd: print(rdd.sortBy(lambda x: Wrong(), numPartitions=1)"
    ".collect()))\n",
    "a hash": "class Wrong:\n    def __hash__(self):\n        raise ValueError('mine')\n"
    "numbers.map(lambda x: (Wrong(), 1)).reduceByKey(max).pprint()\n",
}


@pytest.mark.parametrize("name", RAISING)
def test_an_exception_in_a_callback_ends_the_wait_with_its_own_line(name, program):
    # An inverse has something to do when the first batch leaves the window.
    batches = 6 if name == "an inverse" else 1
    ended = program(HEAD + RAISING[name] + RUN, conf={"millrace.maxBatches": str(batches)})
    assert ended.returncode == 1, ended.stderr
    # The lines of the program, where it was, and nothing twice.
    assert ended.stderr.count("ValueError: mine") == 1, ended.stderr
    assert "    raise ValueError('mine')" in ended.stderr
    assert "millrace: batch " in ended.stderr and "program.py" in ended.stderr
    assert "/millrace/" not in ended.stderr


EVENTS = (
    "onStreamingStarted", "onBatchSubmitted", "onBatchStarted", "onBatchCompleted",
    "onOutputOperationStarted", "onOutputOperationCompleted",
)


@pytest.mark.parametrize("event", EVENTS)
def test_an_exception_in_a_listener_is_shown_and_the_stream_goes_on(event, program):
    ended = program(HEAD + """
class Wrong(StreamingListener):
    def %s(self, event):
        raise ValueError('mine')
ssc.addStreamingListener(Wrong())
numbers.foreachRDD(lambda rdd: print(rdd.collect()))
""" % event + RUN, conf=BATCHES)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("[") == 3
    assert "    raise ValueError('mine')" in ended.stderr
    assert "/millrace/" not in ended.stderr


@pytest.mark.parametrize("method", ["receive", "onStart", "spawned"])
def test_an_exception_in_a_receiver_is_shown_and_restarts_it(method, program):
    body = {
        "receive": "def receive(self):\n        yield 1\n        self.again()\n",
        "onStart": "def onStart(self):\n        self.store(1)\n        self.again()\n",
        "spawned": "def onStart(self):\n        self.store(1)\n        self.spawn(self.again)\n",
    }[method]
    ended = program(HEAD + """
class Wrong(Receiver):
    %s
    def onStop(self):
        pass
    def again(self):
        raise ValueError('mine')
ssc.receiverStream(Wrong()).foreachRDD(lambda rdd: print(rdd.collect()))
""" % body + RUN, conf={**BATCHES, "spark.streaming.receiverRestartDelay": "10s"})
    assert ended.returncode == 0, ended.stderr
    assert "[1]" in ended.stdout
    assert "ValueError: mine" in ended.stderr
    assert "/millrace/" not in ended.stderr


def shown(program, source):
    """The output of a program that has ended well and said nothing."""
    ended = program(HEAD + source + RUN, conf=BATCHES)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    return ended.stdout


def test_a_callback_may_fork(program):
    assert shown(program, """
import multiprocessing, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # CPython 3.12 warns of forks and threads.
def double(x):
    return 2 * x
def show(rdd):
    records = rdd.collect()
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        # What was collected is the child's, and so are functions of other processes.
        os.write(writes, repr(sum(records)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    told = os.read(reads, 100).decode()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        doubled = pool.map(double, records)
    said = subprocess.run([sys.executable, "-c", "print('child')"], capture_output=True, text=True)
    print(told, doubled, said.stdout.strip())
numbers.foreachRDD(show)
""") == "4 [6, 2] child\n2 [4] child\n0 [] child\n"


def test_a_child_of_a_fork_is_ended_by_a_signal_that_comes_at_once(program):
    """As pools end children that have hardly begun. The first code in the child takes its time."""
    ended = program("""
import os, time
slow = []
os.register_at_fork(after_in_child=lambda: slow and time.sleep(0.2))
""" + HEAD + """
def show(rdd):
    slow.append(True)
    child = os.fork()
    if child == 0:
        time.sleep(10)
        os._exit(0)
    os.kill(child, signal.SIGTERM)
    print(os.waitpid(child, 0)[1] == signal.SIGTERM)
    slow.clear()
numbers.foreachRDD(show)
""" + RUN, conf=BATCHES)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "True\n" * 3


@pytest.mark.parametrize("end", ["sys.exit(0)", "ssc.stop(); sys.exit(0)", "sc.stop()"])
def test_a_child_of_a_fork_leaves_the_stream_alone(end, program):
    assert shown(program, """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
numbers.foreachRDD(lambda rdd: print(rdd.collect()))
ssc.start()
child = os.fork()
if child == 0:
    %s
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
ssc.awaitTermination()
sys.exit(0)
""" % end) == "[3, 1]\n[2]\n[]\n"


def test_a_record_function_may_start_a_process(program):
    assert shown(program, """
def asked(x):
    return subprocess.check_output([sys.executable, "-c", "print(%d + 1)" % x], text=True).strip()
numbers.map(asked).foreachRDD(lambda rdd: print(rdd.collect()))
""") == "['4', '2']\n['3']\n[]\n"


def test_signals_of_the_program_reach_its_own_handlers(program):
    assert shown(program, """
heard = threading.Event()
def hear(number, frame):
    print("heard", number == signal.SIGUSR1, threading.current_thread() is threading.main_thread())
    heard.set()
signal.signal(signal.SIGUSR1, hear)
def show(rdd):
    if not heard.is_set():
        os.kill(os.getpid(), signal.SIGUSR1)
        assert heard.wait(240)
numbers.foreachRDD(show)
""") == "heard True True\n"


def test_a_handler_of_the_program_for_sigint_stays(program):
    assert shown(program, """
def hear(number, frame):
    print("the program's own")
    ssc.stop(stopGraceFully=False)
signal.signal(signal.SIGINT, hear)
sent = []
def show(rdd):
    if not sent:
        sent.append(1)
        os.kill(os.getpid(), signal.SIGINT)
numbers.foreachRDD(show)
""") == "the program's own\n"


def test_threads_of_the_program_run_jobs_beside_the_stream(program):
    assert shown(program, """
sums, stopped = [], threading.Event()
def work(number):
    while not stopped.is_set():
        sums.append(sc.parallelize(range(100), 4).map(lambda x: x + number).sum() - 100 * number)
threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
seen = []
def show(rdd):
    while len(sums) < 20 * (len(seen) + 1):
        time.sleep(0.001)
    seen.append(rdd.map(lambda x: x + 1).collect())
    if len(seen) == 3:
        stopped.set()
numbers.foreachRDD(show)
for thread in threads:
    thread.start()
ssc.start()
ssc.awaitTermination()
for thread in threads:
    thread.join()
print(seen, set(sums))
sys.exit(0)
""") == "[[4, 2], [3], []] {4950}\n"


def test_record_functions_are_called_from_several_threads(program, sender):
    lines = "".join("%d\n" % number for number in range(2000))
    sender.send_to_first([lines.encode()])
    ended = program(HEAD + """
local, called = threading.local(), []
class Count:
    def __call__(self, line):
        # What is the thread's own stays so.
        local.value = line
        time.sleep(0)
        assert local.value == line
        return int(line)
def update(new, old):
    time.sleep(0)
    return (old or 0) + sum(map(int, new))
lines = ssc.socketTextStream("127.0.0.1", int(sys.argv[1]))
total = []
lines.map(Count()).foreachRDD(lambda rdd: total.extend(rdd.collect()))
state = lines.map(lambda line: (int(line) % 7, int(line))).updateStateByKey(update)
final = []
state.foreachRDD(lambda rdd: final.append(sum(dict(rdd.collect()).values())))
ssc.start()
ssc.awaitTermination()
print(sum(total), final[-1])
""", sender.port, conf={"millrace.stopAtEof": "true", "spark.master": "local[4]"})
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "1999000 1999000\n"
