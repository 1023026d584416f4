"""Forks that share the work of a batch: nobody can tell, but by the time that it takes."""

import ast
import collections
import operator
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from millrace.pyspark._rdd import combined, forks
from millrace.pyspark._rdd.combined import cut, shared_out
from millrace.pyspark.rdd import RDD

HERE = os.getpid()


def in_a_fork():
    return os.getpid() != HERE


def made(work, shares):
    """The list that is made, and True if each fork has done its share; nothing is left of them."""
    files, failed = os.listdir("/proc/self/fd"), []
    try:
        return forks.in_forks(work, shares, lambda: failed.append(1)), not failed
    finally:
        assert os.listdir("/proc/self/fd") == files
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)


def test_forks_do_their_shares():
    where, all_did = made(lambda number: (number, os.getpid()), [[1, 2], [3], [4, 5]])
    assert [number for number, _ in where] == [1, 2, 3, 4, 5]
    pids = [pid for _, pid in where]
    assert all_did and pids[0] == pids[1] == HERE and pids[3] == pids[4]
    assert len(set(pids)) == 3


def test_much_is_given_back():
    whole, _ = made(lambda number: "x" * (number << 20), [[1], [20], [3]])
    assert list(map(len, whole)) == [1 << 20, 20 << 20, 3 << 20]


def killed(number):
    if in_a_fork():
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def failing(number):
    if in_a_fork():
        raise ValueError(number)
    return number


def unsendable(number):
    return threading.Lock() if in_a_fork() else number


def exiting(number):
    if in_a_fork():
        sys.exit(number)
    return number


@pytest.mark.parametrize("work", [killed, failing, unsendable, exiting])
def test_what_a_fork_does_not_give_is_made_here(work, capfd):
    assert made(work, [[1], [2, 3], [4]]) == ([1, 2, 3, 4], False)
    assert capfd.readouterr() == ("", "")


def test_a_fork_that_does_not_end_is_ended(monkeypatch):
    monkeypatch.setattr(forks, "_PATIENCE", 0.2)
    began = time.monotonic()
    assert made(lambda n: time.sleep(3600) if in_a_fork() else n, [[1], [2]]) == ([1, 2], False)
    assert time.monotonic() - began < 60


def test_without_forks_all_is_made_here(monkeypatch):
    def refused():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refused)
    assert made(lambda number: -number, [[1], [2], [3]]) == ([-1, -2, -3], False)


@pytest.mark.parametrize("pipes", [0, 1, 2])
def test_without_files_for_forks_all_is_made_here(pipes, monkeypatch):
    pipe, left = os.pipe, [pipes]

    def refused():
        left[0] -= 1
        if left[0] < 0:
            raise OSError(24, "Too many open files")
        return pipe()

    monkeypatch.setattr(os, "pipe", refused)
    assert made(lambda number: -number, [[1], [2], [3]]) == ([-1, -2, -3], False)


def test_an_error_is_that_of_the_first_item():
    def work(number):
        raise ValueError(number)

    with pytest.raises(ValueError, match="^1$"):
        made(work, [[1], [2]])

    def later(number):
        if number > 1:
            raise ValueError(number)

    with pytest.raises(ValueError, match="^2$") as raised:
        made(later, [[1], [2, 3], [4]])
    # A program sees its own exception alone.
    assert raised.value.__context__ is None


def test_a_fork_has_no_files_of_the_process(tmp_path):
    with open(tmp_path / "lock", "w") as _:
        before, files = made(lambda _: os.listdir("/proc/self/fd"), [[1], [2]])[0]
    # Its outputs, two pipes, and the list that is read.
    assert len(files) == 6
    assert len(before) > 4


def test_nobody_hears_a_fork(capfd):
    def work(number):
        if in_a_fork():
            os.write(1, b"out")
            os.write(2, b"err")
        return number

    assert made(work, [[1], [2]]) == ([1, 2], True)
    assert capfd.readouterr() == ("", "")


def test_a_fork_hears_no_signal_that_means_the_process():
    def work(number):
        if in_a_fork():
            for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                os.kill(os.getpid(), each)
        return number

    assert made(work, [[1], [2]]) == ([1, 2], True)


@pytest.mark.parametrize("call", ["sum(range(1000))", "sum(range(10**12))"])
def test_a_fork_ends_with_the_process(call):
    source = (
        "import os, time\n"
        "from millrace.pyspark._rdd.forks import in_forks\n"
        "here = os.getpid()\n"
        "def work(number):\n"
        "    if number == 1:\n"
        "        print('here', flush=True)\n"
        "    while True: CALL\n"
        "in_forks(work, [[1], [2]], None)\n"
    )
    reads, writes = os.pipe()
    # Every process of it has the pipe's end as long as it lives, but for forks: they close it.
    program = subprocess.Popen(
        [sys.executable, "-c", source.replace("CALL", call)], stdout=subprocess.PIPE, start_new_session=True
    )
    os.close(writes)
    os.close(reads)
    assert program.stdout.readline() == b"here\n"
    group = os.getpgid(program.pid)
    program.kill()
    program.wait()
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    os.killpg(group, signal.SIGKILL)
    raise AssertionError("the fork goes on")


@pytest.mark.parametrize("seed", range(200))
def test_pieces_are_all_records_in_order(seed, monkeypatch):
    rng = random.Random(seed)
    monkeypatch.setattr(combined, "FEWEST", rng.randrange(1, 10))
    sizes = [rng.choice([0, 1, 7, 100]) for _ in range(rng.randrange(1, 6))]
    pieces = list(cut(sizes))
    places = [
        (piece.index, at) for piece in pieces for at in range(piece._at, piece._end)
    ]
    assert places == [(index, at) for index, size in enumerate(sizes) for at in range(size)]
    if places:
        count = rng.randrange(1, 9)
        shares = shared_out(pieces, count)
        assert [piece for share in shares for piece in share] == pieces
        assert len(shares) <= count and all(shares)


class Records:
    """Records as the engine gives them."""

    def __init__(self, lists, are_plain):
        self._lists, self._are_plain = lists, are_plain

    def sizes(self):
        return list(map(len, self._lists))

    def are_plain(self):
        return self._are_plain

    def list(self, index, at, end):
        return self._lists[index][at:end]


def received(sc, lists, are_plain=True):
    rdd = RDD(sc, len(lists), lambda index: iter(lists[index]))
    rdd._is_received = True
    rdd._records = lambda: Records(lists, are_plain)
    return rdd


CHAINS = [
    lambda rdd: rdd.map(lambda number: (number % 7, number)),
    lambda rdd: rdd.filter(lambda number: number % 3).map(lambda number: (str(number % 5), 1)),
    lambda rdd: rdd.flatMap(lambda number: [(number % 2, 0.1)] * (number % 4)),
    lambda rdd: rdd.map(lambda number: (number % 3, number)).mapValues(lambda value: [value]),
    # A key by its identity.
    lambda rdd: rdd.map(lambda number: (NAN, number)),
]

NAN = float("nan")

MERGES = [lambda a, b: a + b, operator.add, lambda a, b: b, lambda a, b: a]


@pytest.mark.parametrize("seed", range(60))
def test_any_number_of_cores_makes_the_same(seed, sc, monkeypatch):
    rng = random.Random(seed)
    monkeypatch.setattr(combined, "FEWEST", rng.randrange(1, 20))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(16))
    lists = [
        [rng.randrange(100) for _ in range(rng.choice([0, 3, 50, 200]))]
        for _ in range(rng.randrange(1, 4))
    ]
    chain, merge = rng.choice(CHAINS), rng.choice(MERGES)
    forked, fork = [], os.fork

    def counted():
        forked.append(1)
        return fork()

    monkeypatch.setattr(os, "fork", counted)
    shown = []
    for threads in (1, 2, 5):
        sc._threads = threads
        shown.append(repr(chain(received(sc, lists)).reduceByKey(merge, 3).glom().collect()))
    assert len(set(shown)) == 1
    assert bool(forked) == (sum(map(len, lists)) >= 2 * combined.FEWEST)
    # A whole partition is combined as its pieces are, where that can be told from what is made.
    plain = RDD(sc, len(lists), lambda index: iter(lists[index]))
    if chain not in (CHAINS[2], CHAINS[4]):
        assert shown[0] == repr(chain(plain).reduceByKey(merge, 3).glom().collect())


@pytest.fixture
def no_fork(monkeypatch):
    """Refuses forks, however few records there are."""

    def refused():
        raise AssertionError("a fork")

    monkeypatch.setattr(combined, "FEWEST", 1)
    monkeypatch.setattr(os, "fork", refused)


def test_functions_that_may_reach_more_run_here(sc, no_fork):
    pairs = received(sc, [[1, 2, 3]]).map(lambda number: (os.getpid(), number))
    assert pairs.reduceByKey(operator.add).collect() == [(HERE, 6)]
    pairs = received(sc, [[1, 2, 3]]).map(lambda number: (0, number))
    assert pairs.reduceByKey(lambda a, b: os.getpid()).collect() == [(0, HERE)]
    assert pairs.reduceByKey(operator.add, 1, lambda key: os.getpid()).collect() == [(0, 6)]


def test_records_that_are_objects_stay_here(sc, no_fork):
    pairs = received(sc, [[1, 2, 3]], are_plain=False).map(lambda number: (0, number))
    assert pairs.reduceByKey(operator.add).collect() == [(0, 6)]


def test_a_setting_leaves_all_to_the_process(sc, no_fork):
    sc._conf.set("spark.python.use.daemon", "false")
    summed = received(sc, [[1, 2, 3]]).map(lambda number: (0, number)).reduceByKey(operator.add)
    assert summed.collect() == [(0, 6)]


def test_functions_that_failed_in_a_fork_are_not_tried_again(sc, monkeypatch):
    monkeypatch.setattr(combined, "FEWEST", 1)
    tried, fork = [], os.fork

    def counted():
        tried.append(1)
        return fork()

    monkeypatch.setattr(os, "fork", counted)

    def summed(numbers):
        pairs = received(sc, [numbers]).map(lambda number: (0, 10 // number))
        return pairs.reduceByKey(operator.add).collect()

    assert summed([1, 2, 5]) == [(0, 17)]
    for _ in range(3):
        with pytest.raises(Exception, match="ZeroDivisionError"):
            summed([1, 1, 0])
    assert len(tried) == 2


FLOOD = """
import os, sys
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

forked, fork = [], os.fork

def counted():
    forked.append(1)
    return fork()

os.fork = counted
ssc = StreamingContext(SparkContext(sys.argv[2]), 1)

def cut(line):
    try:
        return line.split(" ")
    except AttributeError:
        return []

pairs = ssc.socketTextStream("127.0.0.1", int(sys.argv[1])).flatMap(cut)
pairs.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b, 2).pprint(1000)
ssc.start()
ssc.awaitTermination()
print("forked" if forked else "alone", file=sys.stderr)
"""


@pytest.mark.parametrize("master", ["local[1]", "local[2]"])
def test_a_long_batch_of_a_socket_is_shared_out(master, program, sender):
    # However many batches they are, one of them is long.
    lines = ["w%d of %d\n" % (number % 50, number % 7) for number in range(200000)]
    sender.send_to_first(["".join(lines).encode()])
    ended = program(FLOOD, sender.port, master, conf={"millrace.stopAtEof": "true"}.items())
    assert ended.returncode == 0, ended.stderr
    counts = collections.Counter()
    for line in ended.stdout.splitlines():
        if line.startswith("('"):
            word, count = ast.literal_eval(line)
            counts[word] += count
    assert counts == collections.Counter("".join(lines).split())
    wanted = "forked" if master == "local[2]" and len(os.sched_getaffinity(0)) > 1 else "alone"
    assert ended.stderr.splitlines()[-1] == wanted


@pytest.mark.parametrize("threads", [1, 2])
def test_what_a_function_has_as_an_attribute_stays_as_it_was(threads, sc, monkeypatch):
    def noting(word):
        noting.calls[word] = 1
        return word, 1

    noting.calls = {}
    monkeypatch.setattr(combined, "FEWEST", 1)
    sc._threads = threads
    summed = received(sc, [["a", "b", "c"]]).map(noting).reduceByKey(operator.add).collect()
    assert sorted(summed) == [("a", 1), ("b", 1), ("c", 1)]
    assert noting.calls == {}
