"""PySpark with the same files, if the machine has one."""

import os
import socket
import statistics
import subprocess
import threading
import time

from processes import MASTER, Feeder, Late, begun, end


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
    """CPU seconds per gigabyte and megabytes per second of PySpark, without its start: those of much data,
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
