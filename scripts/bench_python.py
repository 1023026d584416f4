"""The measurements of scripts/bench_python.sh, which builds the programs and runs this."""

import argparse
import os
import random
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.environ.get("MILLRACE_BIN", os.path.join(ROOT, "target", "release"))
MASTER = "local[2]"
SECTIONS = (
    "throughput", "guarded", "interpreted", "small", "rdds", "windows", "start", "idle", "state"
)

WORD_COUNT = """
import sys
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

sc = SparkContext(appName="WordCount")
ssc = StreamingContext(sc, %(interval)s)
ssc.checkpoint(%(directory)r)
lines = ssc.socketTextStream(sys.argv[1], int(sys.argv[2]))
%(body)s
ssc.start()
ssc.awaitTermination()
"""

COUNT = """
words = lines.flatMap(lambda line: line.split(" "))
words.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b).pprint()
"""

STATE = """
def update(new_values, last_sum):
    return sum(new_values) + (last_sum or 0)

words = lines.flatMap(lambda line: line.split(" ")).map(lambda word: (word, 1))
words.updateStateByKey(update).pprint()
"""

# An exception that is caught is what no lowered form knows.
INTERPRETED = """
def cut(line):
    try:
        return line.split(" ")
    except AttributeError:
        return []

def pair(word):
    try:
        return (word, 1)
    except MemoryError:
        return None

def add(a, b):
    try:
        return a + b
    except TypeError:
        return 0

lines.flatMap(cut).map(pair).reduceByKey(add).pprint()
"""

# Nor does any know an object that is called.
OBJECTS = """
class Cut:
    def __call__(self, line):
        return line.split(" ")

class Pair:
    def __call__(self, word):
        return (word, 1)

class Add:
    def __call__(self, a, b):
        return a + b

lines.flatMap(Cut()).map(Pair()).reduceByKey(Add()).pprint()
"""

# Letters beyond ASCII are Python's to lower: the engine gives those words back.
GUARDED = """
words = lines.flatMap(lambda line: line.split(" "))
words.map(lambda word: (word.lower(), 1)).reduceByKey(lambda a, b: a + b).pprint()
"""

# The shape of a course's programs: rows to the driver in every batch.
SMALL = """
def show(rdd):
    rdd.map(lambda line: len(line)).take(5)
    rdd.flatMap(lambda line: line.split(" ")).map(lambda word: (word, 1)).reduceByKey(
        lambda a, b: a + b).collectAsMap()

lines.foreachRDD(show)
"""

# The functions of SMALL: their cost on the RDD of a batch, and the cost of lowering them, which are
# new ones in every batch.
RDDS = """
import time
from millrace._compile import lower
from pyspark import SparkContext

sc = SparkContext(appName="RDDs")

def show(rdd):
    rdd.map(lambda line: len(line)).take(5)
    rdd.flatMap(lambda line: line.split(" ")).map(lambda word: (word, 1)).reduceByKey(
        lambda a, b: a + b).collectAsMap()

def lowered(_):
    lower(lambda line: len(line), 1, False)
    lower(lambda line: line.split(" "), 1, True)
    lower(lambda word: (word, 1), 1, False)
    lower(lambda a, b: a + b, 2, False)

def cost(call, rdd, times):
    costs = []
    for _ in range(7):
        began = time.process_time()
        for _ in range(times):
            call(rdd)
        costs.append((time.process_time() - began) / times)
    return min(costs) * 1e3

for count in (1, 100, 1000, 10000):
    rdd = sc.parallelize(["twelve short words that stand in one line of a batch"] * count, 2)
    took = cost(show, rdd, max(1, %(times)d // count))
    print("  an RDD of %%d lines: %%.2f ms of CPU for four functions in CPython" %% (count, took))
print("  to lower the four: %%.2f ms of CPU" %% cost(lowered, None, %(times)d // 10), flush=True)
"""


# Windows of thirty batches. A class is what no lowered form knows: with it CPython puts together
# what the engine has counted of every batch.
WINDOWS = """
import os, time

class Call:
    def __init__(self, function):
        self.function = function
    def __call__(self, a, b):
        return self.function(a, b)

add, take = lambda a, b: a + b, lambda a, b: a - b
pairs = lines.flatMap(lambda line: line.split(" ")).map(lambda word: (word, 1))
%s.pprint()

# The window is full after so many batches; then so many are measured.
fill, full, spent = %d, %d, []

def tell(rdd):
    spent.append(time.process_time())
    if len(spent) == fill + full + 1:
        print("spent %%.3f" %% ((spent[-1] - spent[fill]) / full * 1e3), flush=True)
        os._exit(0)

lines.foreachRDD(tell)
"""

# What a batch costs once the keys are there: the first batches bring them, and what loading leaves
# to be done is done in some more.
KEYS = """
import os, time

def update(new_values, last_sum):
    return sum(new_values) + (last_sum or 0)

words = lines.flatMap(lambda line: line.split(" ")).map(lambda word: (word, 1))
words.updateStateByKey(update).foreachRDD(lambda rdd: None)

few, more, spent = %(few)d, %(more)d, []

def tell(rdd):
    spent.append(time.process_time())
    if len(spent) == few + more + 1:
        costs = sorted(after - before for before, after in zip(spent[few:], spent[few + 1:]))
        print("spent", *(cost * 1e3 for cost in (sum(costs) / more, costs[0], costs[-1])), flush=True)
        os._exit(0)

lines.foreachRDD(tell)
"""

OF_WINDOWS = [
    ("with an inverse, values", "pairs.reduceByKeyAndWindow(add, take, %(window)s, %(slide)s)"),
    ("with an inverse, CPython", "pairs.reduceByKeyAndWindow(add, Call(take), %(window)s, %(slide)s)"),
    ("without, values", "pairs.reduceByKeyAndWindow(add, None, %(window)s, %(slide)s)"),
    (
        "without, CPython",
        "pairs.reduceByKey(add).window(%(window)s, %(slide)s).reduceByKey(Call(add))",
    ),
    ("no window", "pairs.reduceByKey(add)"),
]


def text(size, distinct=60000):
    """Lines of words of which few are frequent, as in natural text."""
    rng = random.Random(1)
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    words = []
    for rank in range(distinct):
        length = 1 + min(int(rng.gammavariate(2, 2)), 14)
        words.append("".join(rng.choice(letters) for _ in range(length)))
    weights = [1 / (rank + 2.7) for rank in range(distinct)]
    lines, made = [], 0
    drawn = rng.choices(words, weights, k=size // 5)
    for at in range(0, len(drawn), 10):
        line = " ".join(drawn[at : at + 10]) + "\n"
        lines.append(line)
        made += len(line)
        if made >= size:
            break
    return "".join(lines).encode()


class Late(Exception):
    """A program did not end in its time."""


class Feeder:
    """Sends to the first client as fast as it reads, for some seconds; then closes."""

    # How long it waits for a client.
    limit = None

    def __init__(self, data, seconds, pace=None):
        self.data, self.seconds, self.pace, self.sent = data, seconds, pace, 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(self.limit)
        self.port = self.server.getsockname()[1]
        self.connected = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            client, _ = self.server.accept()
        except OSError:
            self.server.close()
            return
        client.settimeout(self.limit)
        self.connected.set()
        until = time.monotonic() + self.seconds
        with client:
            try:
                while time.monotonic() < until:
                    if self.data:
                        client.sendall(self.data)
                        self.sent += len(self.data)
                    if self.pace or not self.data:
                        time.sleep(self.pace or 0.05)
            except OSError:
                pass
        self.server.close()


def command(program, port, directory, python=None):
    """The command line of a program: a native one by its name, or a Python file."""
    if python is not None:
        return [python, program, "127.0.0.1", str(port)]
    options = ["--master", MASTER, "--conf", "millrace.stopAtEof=true"]
    if program.endswith(".py"):
        return [os.path.join(BIN, "millrace-submit")] + options + [program, "127.0.0.1", str(port)]
    return [os.path.join(BIN, program)] + options + ["127.0.0.1", str(port)]


def begun(program, port, directory, stdout=subprocess.DEVNULL, python=None, env=None):
    """Starts a program in a session of its own."""
    return subprocess.Popen(
        command(program, port, directory, python),
        cwd=directory,
        env=env,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )


def of_session(session):
    """The CPU seconds of all processes of a session, and of those that they have waited for."""
    ticks = 0
    for name in os.listdir("/proc"):
        try:
            with open("/proc/%s/stat" % int(name)) as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except (OSError, ValueError):
            continue
        if int(fields[3]) == session:
            ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def on_spark(program, data, times, directory, python):
    """PySpark with some data so many times: its CPU seconds from the start until all is printed, and
    the seconds on the wall since it connected.

    Work that Spark has not done yet costs nothing, so a batch has to be waited for that began when
    all was sent. Its workers are no children of the program: the session counts.
    """
    environment = dict(os.environ, PYSPARK_SUBMIT_ARGS="--master %s pyspark-shell" % MASTER)
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(Feeder.limit)
    name = os.path.basename(program)
    port = server.getsockname()[1]
    process = begun(program, port, directory, subprocess.PIPE, python=python, env=environment)
    watch = threading.Timer(Feeder.limit, end, [process])
    watch.start()
    try:
        with server, server.accept()[0] as client:
            accepted = time.monotonic()
            for _ in range(times):
                client.sendall(data)
            sent = time.time() + 2
            for line in process.stdout:
                if line.startswith("Time: "):
                    began = time.mktime(time.strptime(line[6:25], "%Y-%m-%d %H:%M:%S"))
                    if began > sent:
                        return of_session(process.pid), time.monotonic() - accepted
    except OSError:
        pass
    finally:
        watch.cancel()
        end(process)
    raise Late("%s on PySpark was not through within %s s" % (name, Feeder.limit))


def spark_cost(program, data, pieces, directory, python):
    """CPU seconds a gigabyte and megabytes a second of PySpark, without its start: those of much data,
    less those of little.

    Little is two pieces of two megabytes, and much so many more. A batch is a second, so times on the
    wall are to be longer than a few.
    """
    data = data[: data.rfind(b"\n", 0, 2 << 20) + 1]
    few, many = (on_spark(program, data, times, directory, python) for times in (2, 2 + pieces))
    cost = (many[0] - few[0]) / (pieces * len(data)) * 1e9
    speed = pieces * len(data) / (many[1] - few[1]) / 1e6
    print(
        "  %-44s %8.2f CPU s/GB %8.1f MB/s" % ("PySpark, the same file", cost, speed), flush=True
    )
    return cost, speed


def run(program, feeder, directory):
    """Runs a program until its sender is through; CPU seconds, and seconds on the wall."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = begun(program, feeder.port, directory)
    feeder.thread.join()
    if not feeder.connected.is_set():
        end(process)
        raise Late("%s did not connect within %s s" % (os.path.basename(program), Feeder.limit))
    wait(process, program)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.monotonic() - began


def connected(feeder, process, program):
    """Waits for a program to connect, as long as the limit allows."""
    if not feeder.connected.wait(Feeder.limit):
        end(process)
        name = os.path.basename(program)
        raise Late("%s did not connect within %s s" % (name, Feeder.limit))


def end(process):
    """Ends a program and all that it has started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def wait(process, program):
    """Waits for a program to end, as long as the limit allows."""
    try:
        process.wait(Feeder.limit)
    except subprocess.TimeoutExpired:
        end(process)
        name = os.path.basename(program)
        raise Late("%s did not end within %s s" % (name, Feeder.limit)) from None
    if process.returncode:
        sys.exit("bench_python: %s ended with code %d" % (program, process.returncode))


def written(directory, name, body, interval=1):
    """A Python program in a file."""
    path = os.path.join(directory, name + ".py")
    with open(path, "w", encoding="utf-8") as file:
        keep = os.path.join(directory, name + "-state")
        file.write(WORD_COUNT % {"body": body, "interval": interval, "directory": keep})
    return path


def alternating(rows, data, options, directory):
    """CPU seconds a gigabyte and megabytes a second, for every row, a round after the other."""
    seen, late = {name: [] for name, _ in rows}, set()
    for _ in range(options.rounds):
        for name, program in rows:
            if name in late:
                continue
            feeder = Feeder(data, options.seconds)
            try:
                cpu, wall = run(program, feeder, directory)
            except Late as error:
                late.add(name)
                print("  left out: %s" % error, flush=True)
                continue
            seen[name].append((cpu / feeder.sent * 1e9, feeder.sent / wall / 1e6))
    for name in late:
        del seen[name]
    for name, figures in seen.items():
        costs = statistics.median(cost for cost, _ in figures)
        speed = statistics.median(speed for _, speed in figures)
        print("  %-44s %8.2f CPU s/GB %8.1f MB/s" % (name, costs, speed), flush=True)
    return seen


def ratio(seen, name, to):
    """By how much one row is cheaper than another, by the median of the rounds; nan if one of
    them is out."""
    if name not in seen or to not in seen:
        return float("nan")
    pairs = zip(seen[to], seen[name])
    return statistics.median(other[0] / own[0] for other, own in pairs)


def beside_spark(seen, row, data, pieces, options, directory):
    """The ratios of PySpark's cost and speed to those of a row, if there is a PySpark."""
    name, program = row
    if not options.pyspark or name not in seen:
        return
    try:
        cost, speed = spark_cost(program, data, pieces, directory, options.pyspark)
    except Late as error:
        print("  left out: %s" % error, flush=True)
        return
    own, pace = (statistics.median(figures) for figures in zip(*seen[name]))
    print("  times PySpark: %.1f by CPU, %.1f by speed" % (cost / own, pace / speed), flush=True)


def throughput(options, directory):
    data = text(options.bytes)
    pairs = [
        ("network_wordcount", written(directory, "count", COUNT)),
        ("stateful_network_wordcount", written(directory, "sums", STATE, 5)),
    ]
    for native, program in pairs:
        rows = [(native + ", native", native), (native + ".py", program)]
        seen = alternating(rows, data, options, directory)
        print("  of the native program: %.2f" % ratio(seen, native + ".py", native + ", native"))
        if native == "network_wordcount":
            beside_spark(seen, rows[1], data, 24, options, directory)


def guarded(options, directory):
    plain = text(options.bytes >> 3)
    # A letter that a sixth of the words have.
    accented = plain.replace(b"a", "\u00e4".encode())
    program = written(directory, "guarded", GUARDED)
    alternating([("every word lowered by the engine", program)], plain, options, directory)
    rows = [("a sixth of them given back to CPython", program)]
    alternating(rows, accented, options, directory)


def interpreted(options, directory):
    rows = [
        ("the same count by functions in CPython", written(directory, "interpreted", INTERPRETED)),
        ("the same count by objects in CPython", written(directory, "objects", OBJECTS)),
    ]
    data = text(options.bytes >> 2)
    seen = alternating(rows, data, options, directory)
    for row in rows:
        beside_spark(seen, row, data, 6, options, directory)


def small(options, directory):
    program = written(directory, "small", SMALL, 0.01)
    feeder = Feeder(b"twelve short words that stand in one line of a batch\n", options.small, pace=0.005)
    cpu, wall = run(program, feeder, directory)
    idle = run(program, Feeder(b"", 0.2), directory)[0]
    batches = wall / 0.01
    print("  batches of 10 ms: %.2f ms of CPU a batch" % ((cpu - idle) / batches * 1e3))


def rdds(options, directory):
    path = os.path.join(directory, "rdds.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write(RDDS % {"times": options.calls})
    submit = [os.path.join(BIN, "millrace-submit"), "--master", MASTER, path]
    subprocess.run(submit, cwd=directory, check=True, timeout=options.limit)


def told(program, feeder, directory):
    """The numbers that a program says it has spent, once it has run its batches."""
    process = begun(program, feeder.port, directory, subprocess.PIPE)
    watch = threading.Timer(Feeder.limit, end, [process])
    watch.start()
    lines = [line for line in process.stdout if line.startswith("spent ")]
    watch.cancel()
    end(process)
    if not lines:
        name = os.path.basename(program)
        raise Late("%s had not run its batches within %s s" % (name, Feeder.limit))
    return [float(number) for number in lines[0].split()[1:]]


def windows(options, directory):
    """Every batch has every word once, and a window is 30 batches."""
    words = ["w%05d" % number for number in range(options.words)]
    random.Random(1).shuffle(words)
    data = "".join(" ".join(words[at : at + 100]) + "\n" for at in range(0, len(words), 100)).encode()
    interval = options.words / 10000
    for number, (name, body) in enumerate(OF_WINDOWS):
        body %= {"window": 30 * interval, "slide": interval}
        body = WINDOWS % (body, options.fill, options.full)
        program = written(directory, "window%d" % number, body, interval)
        feeder = Feeder(data, options.limit, pace=interval)
        try:
            (cost,) = told(program, feeder, directory)
        except Late as error:
            print("  left out: %s" % error, flush=True)
            continue
        line = "  a window of 30 batches of {:,} words, {:<25} {:8.1f} ms of CPU a batch"
        print(line.format(options.words, name, cost), flush=True)


def used(process):
    """The milliseconds of CPU that a process has used so far; what waits for a core is left out."""
    tasks = "/proc/%d/task" % process.pid
    spent = 0
    for task in os.listdir(tasks):
        try:
            with open(os.path.join(tasks, task, "schedstat")) as file:
                spent += int(file.read().split()[0])
        except OSError:
            # A thread that has ended since.
            pass
    return spent / 1e6


def start(options, directory):
    program = written(directory, "count", COUNT)
    took, cost = [], []
    for _ in range(options.starts):
        feeder = Feeder(b"a line\n", 0)
        began = time.monotonic()
        process = begun(program, feeder.port, directory)
        connected(feeder, process, program)
        took.append((time.monotonic() - began) * 1e3)
        cost.append(used(process))
        wait(process, program)
    print(
        "  start to connected: %.0f ms, of them %.0f ms of CPU; medians of %d"
        % (statistics.median(took), statistics.median(cost), options.starts)
    )


def idle(options, directory):
    program = written(directory, "count", COUNT)
    feeder = Feeder(b"", 3600)
    process = begun(program, feeder.port, directory)
    connected(feeder, process, program)
    time.sleep(2)
    ticks = os.sysconf("SC_CLK_TCK")

    def spent():
        with open("/proc/%d/stat" % process.pid) as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / ticks

    before = spent()
    time.sleep(options.idle)
    used = (spent() - before) / options.idle
    with open("/proc/%d/status" % process.pid) as file:
        resident = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    end(process)
    print("  idle: %.1f MB resident, %.2f %% of a core" % (resident / 1e3, used * 100))


def state(options, directory):
    million = " ".join("k%07d" % number for number in range(options.keys))
    words = " ".join("k%07d" % number for number in range(1000))
    lines = "".join(million[at : at + 9000].strip() + "\n" for at in range(0, len(million), 9000))
    program = written(directory, "sums", KEYS % vars(options))
    feeder = Feeder((words + "\n").encode(), options.limit, pace=1.0)
    first = feeder.data
    feeder.data = lines.encode() + first
    # The keys are sent once.
    threading.Timer(0.5, lambda: setattr(feeder, "data", first)).start()
    cost, least, most = told(program, feeder, directory)
    print(
        "  a batch of 1000 words on {:,} keys: {:.2f} ms of CPU, the mean of {}; {:.2f} to {:.2f}".format(
            options.keys, cost, options.more, least, most
        )
    )


def main():
    parser = argparse.ArgumentParser(description="Measures Python programs beside native ones.")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="repeatable (all)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8, help="of sending in a round")
    parser.add_argument("--pyspark", metavar="PYTHON", help="an interpreter with pyspark 3.5.9")
    parser.add_argument("--limit", type=float, default=120, help="seconds for a program to end in")
    parser.add_argument("--words", type=int, default=2000, help="of a batch in a window (%(default)s)")
    parser.add_argument(
        "--quick", action="store_true", help="try every section for a moment, and measure nothing"
    )
    options = parser.parse_args()
    sizes = dict(bytes=8 << 20, small=10, calls=300, starts=10, idle=10, keys=1000000, few=5, more=20)
    sizes.update(fill=33, full=20)
    if options.quick:
        options.rounds, options.seconds = 1, 1
        sizes = dict(bytes=1 << 18, small=1, calls=10, starts=2, idle=1, keys=10000, few=1, more=2)
        sizes.update(words=100, fill=20, full=20)
    vars(options).update(sizes)
    Feeder.limit = options.limit
    for section in options.only or SECTIONS:
        print(section, flush=True)
        with tempfile.TemporaryDirectory() as directory:
            try:
                globals()[section](options, directory)
            except Late as error:
                print("  left out: %s" % error, flush=True)


if __name__ == "__main__":
    sys.exit(main())
