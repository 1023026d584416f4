"""The runs of scripts/soak_python.sh: a program of each tier for long, with what it holds meanwhile."""

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.environ.get("MILLRACE_BIN", os.path.join(ROOT, "target", "release"))

# Every program counts a batch, keeps a state and a window, and takes rows to the driver. A thread
# of it, started by the program as programs do, writes down what the process holds.
PROGRAM = """
import gc, json, sys, threading, time
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

%(functions)s

sc = SparkContext(appName="Soak")
ssc = StreamingContext(sc, 0.2)
ssc.checkpoint(sys.argv[3])
seen = {"batches": 0, "rows": 0}
shared = ["a", "list", "of the driver"]

def look(rdd):
    seen["batches"] += 1
    seen["rows"] += len(rdd.take(10)) + len(shared[:1])

def update(new_values, last_sum):
    return sum(new_values) + (last_sum or 0)

lines = ssc.socketTextStream(sys.argv[1], int(sys.argv[2]))
pairs = lines.flatMap(split).map(pair)
pairs.reduceByKey(add).foreachRDD(look)
pairs.updateStateByKey(update).foreachRDD(look)
pairs.reduceByKeyAndWindow(add, None, 2, 0.4).foreachRDD(look)

def resident():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1e3

def sample():
    while True:
        # In the middle of a batch its records are counted in: the least of some looks is the figure.
        looks = []
        for _ in range(20):
            gc.collect()
            looks.append((
                len(gc.get_objects()), sys.getallocatedblocks(), sys.getrefcount(split),
                sys.getrefcount(update), sys.getrefcount(shared), sys.getrefcount(look),
            ))
            time.sleep(0.03)
        least = [min(column) for column in zip(*looks)]
        with open(sys.argv[4], "a") as file:
            file.write(json.dumps([time.time(), resident(), seen["batches"], seen["rows"]] + least))
            file.write("\\n")
        time.sleep(%(every)s)

threading.Thread(target=sample, daemon=True).start()
ssc.start()
ssc.awaitTermination()
"""

TIERS = {
    "compiled": """
def split(line): return line.split(" ")
def pair(word): return (word, 1)
def add(a, b): return a + b
""",
    # Letters beyond ASCII and integers beyond 64 bits: the engine gives every third record back.
    "guarded": """
def split(line): return line.split(" ")
def pair(word): return (word.lower(), int(word) * 10 ** 15 if word.isdigit() else 1)
def add(a, b): return a + b
""",
    # A class is what no lowered form knows.
    "CPython": """
class Split:
    def __call__(self, line): return line.split(" ")
class Pair:
    def __call__(self, word): return (word, 1)
class Add:
    def __call__(self, a, b): return a + b
split, pair, add = Split(), Pair(), Add()
""",
}

COLUMNS = (
    "resident MB", "batches", "rows", "objects", "blocks", "of split", "of update", "of shared",
    "of look",
)


def block(tier):
    """Lines of a fifth of a second: words of a set that does not grow."""
    rng = random.Random(7)
    words = ["word%d" % number for number in range(300)]
    if tier == "guarded":
        words[100:200] = ["Wört%d" % number for number in range(100)]
        words[200:] = ["%d" % (number * 10**3) for number in range(1, 101)]
    lines = (" ".join(rng.choice(words) for _ in range(10)) for _ in range(50))
    return ("\n".join(lines) + "\n").encode()


def feed(server, data, until):
    """Sends a block every fifth of a second to the one client, until the time has come."""
    client, _ = server.accept()
    with client:
        due = time.monotonic()
        while time.monotonic() < until:
            client.sendall(data)
            due += 0.2
            time.sleep(max(0, due - time.monotonic()))


def begin(tier, directory, until, every):
    """Starts a program and its sender."""
    path = os.path.join(directory, tier + ".py")
    with open(path, "w", encoding="utf-8") as file:
        file.write(PROGRAM % {"functions": TIERS[tier], "every": every})
    server = socket.create_server(("127.0.0.1", 0))
    sender = threading.Thread(target=feed, args=(server, block(tier), until), daemon=True)
    sender.start()
    words = [os.path.join(BIN, "millrace-submit"), "--master", "local[2]"]
    words += ["--conf", "millrace.stopAtEof=true", "--conf", "spark.ui.enabled=false", path]
    words += ["127.0.0.1", str(server.getsockname()[1])]
    words += [os.path.join(directory, tier + "-state"), os.path.join(directory, tier + ".json")]
    return subprocess.Popen(words, cwd=directory, stdout=subprocess.DEVNULL, start_new_session=True)


def samples(tier, directory):
    """The rows that a program has written down: the time, then the columns."""
    path = os.path.join(directory, tier + ".json")
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return [json.loads(line) for line in file if line.endswith("\n")]


def near(rows, minute):
    """The last sample before a minute is over."""
    return [row for row in rows if row[0] - rows[0][0] <= minute * 60 + 5][-1]


def judged(tier, rows):
    """The columns that have grown from the third quarter to the last: the least of each, since a batch
    that runs holds something, and since the first half has what the machine was too busy for in it."""
    began, ended = rows[0][0], rows[-1][0]
    quarters = [
        [row for row in rows if at <= (row[0] - began) / (ended - began) * 4 <= at + 1]
        for at in (2, 3)
    ]
    before, after = ([min(column) for column in zip(*quarter)] for quarter in quarters)
    grown = []
    for name, old, new in zip(COLUMNS, before[1:], after[1:]):
        if name not in ("batches", "rows") and new > old * 1.02 + 5:
            grown.append("%s: %s, from %g to %g" % (tier, name, old, new))
    return grown


def show(tier, rows, minutes):
    """A row for each of the minutes that there were."""
    for minute in minutes:
        row = near(rows, minute)
        cells = ["%.1f" % row[1]] + ["%d" % value for value in row[2:]]
        print("| %s | %g | %s |" % (tier, minute, " | ".join(cells)), flush=True)


def main():
    parser = argparse.ArgumentParser(description="Runs Python programs for long.")
    parser.add_argument("--minutes", type=float, default=60)
    options = parser.parse_args()
    marks = [minute for minute in (1, 10) if minute < options.minutes] + [options.minutes]
    every = 5 if options.minutes < 5 else 30
    with tempfile.TemporaryDirectory() as directory:
        until = time.monotonic() + options.minutes * 60 + 10
        running = {tier: begin(tier, directory, until, every) for tier in TIERS}
        grown = []
        try:
            for tier, process in running.items():
                if process.wait(timeout=max(0, until - time.monotonic()) + 120) != 0:
                    grown.append("%s: ended with code %d" % (tier, process.returncode))
        finally:
            for process in running.values():
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        print("| tier | minute | %s |" % " | ".join(COLUMNS))
        print("|---" * (len(COLUMNS) + 2) + "|")
        for tier in TIERS:
            rows = samples(tier, directory)
            show(tier, rows, marks)
            if len(marks) == 3:
                grown += judged(tier, rows)
    for line in grown:
        print("grown: " + line)
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
