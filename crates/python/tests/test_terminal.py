"""Standard error of a Python program: the live line, figures, the log."""

import json
import os
import pty
import subprocess
import sys

COUNTS = """
import sys
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

sc = SparkContext("local[2]", "shown")
sc.setLogLevel(sys.argv[1]) if len(sys.argv) > 1 else None
ssc = StreamingContext(sc, 0.05)

def show(rdd):
    print(sorted(rdd.collect()))
    print("one line of the program", file=sys.stderr)

ssc.queueStream([[1], [2], [3]]).foreachRDD(show)
ssc.start()
ssc.awaitTermination()
"""

BATCHES = {"millrace.maxBatches": "3"}


def test_figures_are_said_at_the_end(program, tmp_path):
    ended = program(COUNTS, conf={**BATCHES, "millrace.summary": "-"})
    lines = ended.stderr.splitlines()
    assert lines[3] == "millrace: the figures of the run", ended.stderr
    assert "  batches             3" in lines
    file = tmp_path / "figures.json"
    ended = program(COUNTS, conf={**BATCHES, "millrace.summary": str(file)})
    assert json.loads(file.read_text())["batches"] == 3, ended.stderr
    ended = program(COUNTS, conf={**BATCHES, "millrace.summary": str(tmp_path / "no" / "file")})
    assert ended.returncode == 1 and "cannot write the summary" in ended.stderr


def test_a_level_is_chosen_by_a_setting_and_by_the_program(program):
    own = "one line of the program"

    def log(*arguments, **settings):
        ended = program(COUNTS, *arguments, conf={**BATCHES, **settings})
        assert ended.returncode == 0, ended.stderr
        return [line for line in ended.stderr.splitlines() if line != own]

    assert log() == []
    assert len([line for line in log("INFO") if " completed batch_ms=" in line]) == 3
    assert len([line for line in log(**{"spark.log.level": "Info"}) if " completed " in line]) == 3
    given = {"spark.log.level": "INFO", "millrace.log.format": "json"}
    batches = [json.loads(line) for line in log(**given)]
    assert len([one for one in batches if one["target"] == "millrace::batch"]) == 3
    assert log("OFF", **given) == []


def test_an_error_before_the_context_is_in_the_log_too(program):
    given = {"millrace.log.format": "json"}
    for text, expected in (
        ("import sys\nprint 'a'\n", "print without parentheses is of Python 2"),
        ("import sys\nraise ValueError('mine')\n", "ValueError: mine"),
    ):
        ended = program(text, conf=given)
        assert ended.returncode == 1
        lines = [json.loads(line) for line in ended.stderr.splitlines()]
        assert any(expected in line["message"] for line in lines), ended.stderr
        assert any("program.py" in line["message"] for line in lines), ended.stderr


def test_a_level_that_is_none_is_refused_in_sparks_words(program, sc):
    from pyspark.errors import IllegalArgumentException

    import pytest

    with pytest.raises(IllegalArgumentException) as caught:
        sc.setLogLevel("loud")
    assert str(caught.value) == (
        "requirement failed: Supplied level loud did not match one of: "
        "ALL,DEBUG,ERROR,FATAL,INFO,OFF,TRACE,WARN"
    )


def test_the_live_line_makes_room_for_the_program_and_leaves_nothing(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(COUNTS)
    reads, writes = pty.openpty()
    settings = {"spark.ui.enabled": "false", "millrace.maxBatches": "3"}
    settings = "".join("%s=%s\n" % pair for pair in settings.items())
    ended = subprocess.Popen(
        [sys.executable, str(path)],
        env=dict(os.environ, MILLRACE_SUBMIT_CONF=settings, TERM="xterm"),
        stdout=subprocess.PIPE,
        stderr=writes,
    )
    os.close(writes)
    shown = b""
    try:
        while True:
            some = os.read(reads, 65536)
            if not some:
                break
            shown += some
    except OSError:
        # The other end is closed.
        pass
    assert ended.communicate(timeout=240)[0] == b"[1]\n[2]\n[3]\n"
    os.close(reads)
    shown = shown.decode()
    assert "\rbatch " in shown, shown
    rows = shown.split("\n")
    assert [rows_end(row) for row in rows] == 3 * ["one line of the program"] + [""], rows


def rows_end(row):
    """The text of a row when everything was written: a carriage return goes to its beginning."""
    text = ""
    for piece in row.split("\r"):
        kept, cleared, rest = piece.partition("\x1b[K")
        text = kept + rest if cleared else piece + text[len(piece):]
    return text
