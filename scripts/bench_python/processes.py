"""Programs that run: what starts them, feeds them, waits for them, and ends them.

A program has a session of its own, and so long to end; one that does not raises Late.
"""

import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("MILLRACE_BIN", os.path.join(ROOT, "target", "release"))
MASTER = "local[2]"


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


def connected(feeder, process, program):
    """Waits for a program to connect, as long as the limit allows."""
    if not feeder.connected.wait(Feeder.limit):
        end(process)
        name = os.path.basename(program)
        raise Late("%s did not connect within %s s" % (name, Feeder.limit))


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
