"""The law of Spark's two examples: the same bytes as the native programs, for any cut and any N.

The native programs are those that were built beside the extension. Where they are not there, the
tests are skipped, unless `CI` is set.
"""

import os
import random
import socket
import subprocess
import sys
import threading

import pytest
from built import built

HERE = os.path.dirname(os.path.abspath(__file__))
#: One batch that holds all until the sender closes; the program ends then.
ONE_BATCH = {"millrace.batchInterval": "36500d", "millrace.stopAtEof": "true"}
WORDS = ["a", "to", "\u00e9t\u00e9", "\u0130", "\U0001f600", "", "a\tb", "\u2028", "\ufeff", "nul\0"]


def sent(rng):
    """Lines of words, few of them frequent, with every end of line, and bytes that are no text."""
    words = WORDS + ["w%d" % number for number in range(rng.choice([3, 30, 3000]))]
    pieces = []
    for _ in range(rng.choice([0, 1, 10, 3000])):
        word = words[int(len(words) * rng.random() ** 2)]
        pieces.append(word.encode() + rng.choice([b" ", b" ", b" ", b"\n", b"\r\n", b"\r"]))
        if rng.random() < 0.01:
            pieces.append(rng.choice([b"\xff", b"\xc3", b"\xed\xa0\x80"]))
    return b"".join(pieces)


def printed(words, data, pieces, directory, environment):
    """The output of a program for some bytes that come in pieces."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)

        def feed():
            client, _ = server.accept()
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with client:
                for piece in pieces:
                    client.sendall(piece)

        threading.Thread(target=feed, daemon=True).start()
        command = words + ["127.0.0.1", str(server.getsockname()[1])]
        ended = subprocess.run(
            command, cwd=directory, env=environment, capture_output=True, timeout=120
        )
    assert ended.returncode == 0, ended.stderr.decode()
    return ended.stdout


def cut(data, rng):
    """The bytes in pieces, cut anywhere."""
    most = rng.choice([1, 7, 1000, len(data) + 1]) if len(data) < 2000 else rng.choice([997, 1 << 20])
    at, pieces = 0, []
    while at < len(data):
        size = rng.randint(1, most)
        pieces.append(data[at : at + size])
        at += size
    return pieces


@pytest.mark.parametrize("name", ["network_wordcount", "stateful_network_wordcount"])
def test_prints_the_bytes_of_the_native_program(name, tmp_path):
    program = built(name)
    if program is None:
        pytest.skip("%s has not been built" % name)
    seed = random.randrange(1 << 32)
    rng = random.Random(seed)
    for case in range(8):
        data, threads = sent(rng), rng.randint(1, 5)
        settings = {
            **ONE_BATCH,
            "spark.master": "local[%d]" % threads,
            "spark.ui.enabled": "false",
            "spark.streaming.blockInterval": rng.choice(["1ms", "200ms"]),
        }
        shown = []
        for kind in ("native", "python"):
            directory = tmp_path / ("%d-%s" % (case, kind))
            directory.mkdir()
            words, environment = [program], dict(os.environ, PYTHONUNBUFFERED="1")
            if kind == "python":
                words = [sys.executable, os.path.join(HERE, "programs", name + ".py")]
                given = "".join("%s=%s\n" % pair for pair in settings.items())
                environment["MILLRACE_SUBMIT_CONF"] = "# settings\n" + given
            else:
                for pair in settings.items():
                    words += ["--conf", "%s=%s" % pair]
            shown.append(printed(words, data, cut(data, rng), directory, environment))
        assert shown[0] == shown[1], "seed %d, case %d, local[%d]" % (seed, case, threads)
        assert shown[0] or not data
