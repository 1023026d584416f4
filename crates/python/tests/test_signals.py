"""The first signal asks for an end and loses nothing; a hangup that was ignored stays so."""

import os
import select
import signal
import subprocess
import sys

import pytest

from conftest import deliver

#: A program whose first batch is due when a signal asks for it.
PROGRAM = """
import sys
from pyspark import SparkContext
from pyspark.streaming import StreamingContext
ssc = StreamingContext(SparkContext("local[2]", "signals"), 3600)
ssc.socketTextStream("127.0.0.1", int(sys.argv[1])).count().pprint()
ssc.start()
ssc.awaitTermination()
"""


#: A batch of it is more than any pipe holds.
FLOOD = """
from pyspark import SparkContext
from pyspark.streaming import StreamingContext
ssc = StreamingContext(SparkContext("local[2]", "flood"), 0.05)
ssc.queueStream([["x" * 1000000] * 9] * 9).pprint()
ssc.start()
ssc.awaitTermination()
"""


@pytest.fixture
def started(tmp_path):
    """Starts a program, which ignores some signals."""

    def started(program, *arguments, ignored=(), **conf):
        path = str(tmp_path / "program.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(program)
        conf["spark.ui.enabled"] = "false"
        settings = "# settings\n" + "".join("%s=%s\n" % pair for pair in conf.items())

        def begin():
            # Not as whoever runs the tests has them.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                ignore = number in ignored
                signal.signal(number, signal.SIG_IGN if ignore else signal.SIG_DFL)

        return subprocess.Popen(
            [sys.executable, path, *map(str, arguments)],
            cwd=tmp_path,
            env=dict(os.environ, MILLRACE_SUBMIT_CONF=settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=begin,
        )

    return started


@pytest.mark.parametrize("number, code", [
    # As a shell sees it, 130.
    (signal.SIGINT, -signal.SIGINT),
    (signal.SIGTERM, 0),
    (signal.SIGHUP, 0),
])
def test_the_first_signal_runs_what_was_received(number, code, started, sender):
    running = started(PROGRAM, sender.port)
    with sender.accept() as client:
        deliver(client, b"a\nb\n")
        running.send_signal(number)
        shown, said = running.communicate(timeout=240)
    assert running.returncode == code, said
    assert "\n2\n" in shown, said
    assert said.count("stopping: what was received is run first") == 1, said


def test_a_hangup_that_was_ignored_at_the_start_is_ignored(started, sender):
    running = started(PROGRAM, sender.port, ignored=[signal.SIGHUP])
    with sender.accept() as client:
        client.sendall(b"a\nb\n")
        running.send_signal(signal.SIGHUP)
        deliver(client, b"c\n")
        running.send_signal(signal.SIGTERM)
        shown, said = running.communicate(timeout=240)
    assert running.returncode == 0, said
    assert "\n3\n" in shown, said


def test_an_output_that_nobody_reads_does_not_outlast_the_time_of_a_stop(started):
    running = started(FLOOD, **{"spark.streaming.gracefulStopTimeout": "200ms"})
    # It has begun to write, and cannot end that.
    assert select.select([running.stdout], [], [], 240)[0]
    running.send_signal(signal.SIGTERM)
    assert running.wait(240) == 1
    said = running.stderr.read()
    assert "OSError: nobody read standard output until the time of the stop was over" in said, said
    running.stdout.close()
    running.stderr.close()


def test_a_batch_is_printed_by_one_write(started):
    short = FLOOD.replace("1000000", "1000")
    running = started(short, **{"millrace.maxBatches": "2"})
    batches = []
    while True:
        # A pipe with room takes a batch at once, so it is never there in part.
        some = os.read(running.stdout.fileno(), 1 << 20)
        if not some:
            break
        batches.append(some)
    assert running.wait(240) == 0
    assert all(some.endswith(b"\n\n") for some in batches)
    assert len(b"".join(batches).split(b"\n\n")) == 3
    running.stdout.close()
    running.stderr.close()
