"""Two programs as they were written for PySpark, against what PySpark 3.5.9 printed for them.

Every message is sent whole in a batch of its own. The transcripts (`tests/golden`) have the bodies
of the batches without empty ones and without repeats.
"""

import io
import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "..", "..", "..", "tests", "golden")
HEADER = re.compile(r"-{43}\nTime: .*\n-{43}\n")
PATIENCE = 120


def messages(case):
    with open(os.path.join(GOLDEN, case + ".json"), encoding="utf-8") as file:
        for message in json.load(file):
            yield message["text"].encode() if "text" in message else bytes.fromhex(message["hex"])


def completes_a_line(before, message):
    """True if a line ends in `message`, which comes behind `before`."""
    if before.endswith(b"\r") and message.startswith(b"\n"):
        message = message[1:]
    return b"\n" in message or b"\r" in message


class Bodies:
    """The bodies of the batches that a program prints, as they come."""

    def __init__(self, stdout):
        self._text = queue.Queue()
        threading.Thread(target=self._read, args=(stdout,), daemon=True).start()
        self._rest = ""
        self.seen = []

    def _read(self, stdout):
        for line in stdout:
            self._text.put(line)
        self._text.put(None)

    def next(self):
        """The body of one more batch; None at the end."""
        while True:
            parts = HEADER.split(self._rest, maxsplit=1)
            if len(parts) == 2:
                head, tail = parts
                if tail.endswith("\n\n") or tail == "\n":
                    self._rest = ""
                    self.seen.append(tail[:-1].rstrip("\n"))
                    return self.seen[-1]
            line = self._text.get(timeout=PATIENCE)
            if line is None:
                return None
            self._rest += line


def without_repeats(bodies):
    kept = []
    for body in bodies:
        if body and (not kept or kept[-1] != body):
            kept.append(body)
    return kept


def after(bodies, before, stateful):
    """The first body that a message has changed.

    Of a state only ten keys are shown, and a message may have been about others: some batches
    later it has been seen for sure, or what came behind it would be in the same batch, which the
    transcript tells apart.
    """
    if not stateful:
        body = bodies.next()
        while not body:
            body = bodies.next()
        return body
    for _ in range(10):
        body = bodies.next()
        if body != before:
            break
    return body


@pytest.mark.parametrize("threads", [2, 4])
@pytest.mark.parametrize(
    "name, case, transcript",
    [
        ("network_wordcount", "basic", "spark"),
        ("network_wordcount", "edges", "spark"),
        ("network_wordcount", "unicode", "spark"),
        ("stateful_network_wordcount", "basic", "spark_stateful"),
        ("stateful_network_wordcount", "unicode", "spark_stateful"),
    ],
)
def test_prints_what_pyspark_printed(name, case, transcript, threads, sender, tmp_path):
    program = os.path.join(HERE, "programs", name + ".py")
    settings = (
        "# settings\nspark.master=local[%d]\nmillrace.batchInterval=100ms\n"
        "spark.ui.enabled=false\n" % threads
    )
    running = subprocess.Popen(
        [sys.executable, program, "127.0.0.1", str(sender.port)],
        cwd=tmp_path,
        env=dict(os.environ, MILLRACE_SUBMIT_CONF=settings, PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
    )
    bodies = Bodies(io.TextIOWrapper(running.stdout, encoding="utf-8", newline="\n"))
    stateful = name.startswith("stateful")
    with sender.accept() as client:
        # What is there before anything was sent.
        before = bodies.next()
        sent = b""
        for message in messages(case):
            client.sendall(message)
            if completes_a_line(sent, message):
                before = after(bodies, before, stateful)
            sent += message
    for _ in range(3):
        bodies.next()
    running.send_signal(signal.SIGTERM)
    while bodies.next() is not None:
        pass
    assert running.wait(PATIENCE) == 0
    with open(
        os.path.join(GOLDEN, "%s_l%d_%s.out" % (transcript, threads, case)), encoding="utf-8",
        newline="\n",
    ) as file:
        expected = file.read().rstrip("\n").split("\n\n")
    assert without_repeats(bodies.seen) == expected
