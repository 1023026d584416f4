"""Costs of a batch, of a start, and of a program that has nothing to do."""

import os
import random
import statistics
import subprocess
import threading
import time

from processes import BIN, MASTER, Feeder, Late, begun, connected, end, run, told, used, wait
from programs import COUNT, KEYS, OF_WINDOWS, RDDS, SMALL, WINDOWS, written


def small(options, directory):
    program = written(directory, "small", SMALL, 0.01)
    feeder = Feeder(b"twelve short words that stand in one line of a batch\n", options.small, pace=0.005)
    cpu, wall = run(program, feeder, directory)
    idle = run(program, Feeder(b"", 0.2), directory)[0]
    batches = wall / 0.01
    print("  batches of 10 ms: %.2f ms of CPU per batch" % ((cpu - idle) / batches * 1e3))


def rdds(options, directory):
    path = os.path.join(directory, "rdds.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write(RDDS % {"times": options.calls})
    submit = [os.path.join(BIN, "millrace-submit"), "--master", MASTER, path]
    subprocess.run(submit, cwd=directory, check=True, timeout=options.limit)


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
        line = "  a window of 30 batches of {:,} words, {:<25} {:8.1f} ms of CPU per batch"
        print(line.format(options.words, name, cost), flush=True)


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
