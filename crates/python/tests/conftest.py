"""Fixtures that the tests of the package share: a context, a sender, and programs as processes."""

import fcntl
import os
import socket
import struct
import subprocess
import sys
import termios
import threading
import time

import pytest
from pyspark import SparkContext


@pytest.fixture
def sc():
    """A context of two threads."""
    context = SparkContext("local[2]", "tests")
    yield context
    context.stop()


class Sender:
    """A TCP server that sends to its first client what it is given, then closes."""

    def __init__(self):
        self._server = socket.socket()
        self._server.bind(("127.0.0.1", 0))
        self._server.listen(1)
        self._server.settimeout(240)
        self.port = self._server.getsockname()[1]

    def send_to_first(self, messages):
        """Sends every message as soon as the client is there."""

        def run():
            client, _ = self._server.accept()
            with client:
                for message in messages:
                    client.sendall(message)

        threading.Thread(target=run, daemon=True).start()

    def accept(self):
        """The first client."""
        return self._server.accept()[0]


def deliver(client, message):
    """Sends a message, and waits until the client's system has received it."""
    client.sendall(message)
    while struct.unpack("i", fcntl.ioctl(client, termios.TIOCOUTQ, b"\0" * 4))[0]:
        time.sleep(0.001)


@pytest.fixture
def sender():
    """A sender on a free port."""
    made = Sender()
    yield made
    made._server.close()


@pytest.fixture
def program(tmp_path):
    """Runs a program's text, or a file, as a process of its own, and gives what it did."""

    def run(source, *arguments, conf=(), input=None, timeout=240):
        path = source
        if "\n" in source:
            path = str(tmp_path / "program.py")
            with open(path, "w", encoding="utf-8") as file:
                file.write(source)
        # The Streaming page has tests of its own; no other run needs its port.
        given = {"spark.ui.enabled": "false", **dict(conf)}
        settings = "# settings\n" + "".join("%s=%s\n" % pair for pair in given.items())
        environment = dict(os.environ, MILLRACE_SUBMIT_CONF=settings, PYTHONUNBUFFERED="1")
        return subprocess.run(
            [sys.executable, path, *map(str, arguments)],
            cwd=tmp_path,
            env=environment,
            input=input,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    return run
