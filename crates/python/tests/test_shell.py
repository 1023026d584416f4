"""`python -m millrace.shell`: through a pipe, and at a terminal."""

import os
import pty
import subprocess
import sys

import millrace

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(millrace.__file__)))


def run(text, *options, **more):
    """A shell that is given `text` by a pipe; only the package is on its path."""
    return subprocess.run(
        [sys.executable, "-m", "millrace.shell", *options],
        env=dict(os.environ, PYTHONPATH=PACKAGE),
        input=text,
        capture_output=True,
        text=True,
        timeout=240,
        **more,
    )


PASTED = """
from pyspark import SparkContext
from pyspark.sql import SparkSession
from py4j.protocol import Py4JJavaError

class Pair:
    def __init__(self, left):
        self.left = left
def double(x):
    return 2 * x
sc.parallelize([1, 2, 3]).map(double).sum()
SparkContext.getOrCreate() is sc, spark.sparkContext is sc, sc.master, sc.appName
broadcast = sc.broadcast(Pair(7))
sc.parallelize([1]).map(lambda x: broadcast.value.left).collect()
"""


def test_values_of_a_pasted_program_are_shown():
    ended = run(PASTED, "--master", "local[2]", "--name", "tried")
    assert (ended.stderr, ended.returncode) == ("", 0)
    assert ended.stdout == "12\n(True, True, 'local[2]', 'tried')\n[7]\n"


def test_streams_run_and_the_engine_runs_the_functions(tmp_path):
    ended = run(
        """
import os
from pyspark.streaming import StreamingContext
ssc = StreamingContext(sc, 0.1)
lines = ssc.textFileStream(os.getcwd())
lines.map(lambda line: line.upper()).explain()
ssc.queueStream([["a", "b"]]).foreachRDD(lambda rdd: print(rdd.collect()))
ssc.start()
ssc.awaitTermination()
""",
        "--conf=millrace.maxBatches=1",
        "--conf=spark.ui.enabled=false",
        cwd=tmp_path,
    )
    assert (ended.stderr, ended.returncode) == ("", 0)
    assert "['a', 'b']" in ended.stdout
    assert "line.upper()  compiled" in ended.stdout


def test_the_first_error_ends_a_pipe_and_shows_its_line():
    ended = run("1 + 1\n\ndef f(x):\n    return 1 // x\nf(0)\nprint('on')\n")
    assert (ended.stdout, ended.returncode) == ("2\n", 1)
    assert "return 1 // x" in ended.stderr
    assert "millrace/shell.py" not in ended.stderr
    ended = run("x = (\n")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("SyntaxError")
    assert "shell.py" not in ended.stderr
    assert run("exit(7)\n").returncode == 7


def test_a_wrong_option_is_one_clear_line():
    ended = run("", "--conf", "spark.app.name")
    assert ended.returncode == 2
    assert ended.stderr.endswith("--conf takes KEY=VALUE, and 'spark.app.name' has no '='\n")
    ended = run("", "--master", "local[x]")
    assert ended.returncode == 2
    assert "local[x]" in ended.stderr.splitlines()[-1]


TYPED = b"""def f(x):
    return 1 // x

f(0)
from pyspark.streaming import StreamingContext
StreamingContext(sc, 1).textFileStream("/tmp").map(f).explain()
sc.parallelize([6]).map(f).count()
\x04"""


def test_at_a_terminal_lines_are_run_as_they_come():
    ours, theirs = pty.openpty()
    shell = subprocess.Popen(
        [sys.executable, "-m", "millrace.shell", "--master", "local[2]"],
        env=dict(os.environ, PYTHONPATH=PACKAGE, TERM="dumb"),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(theirs)
    os.write(ours, TYPED)
    out, err = shell.communicate(timeout=240)
    os.close(ours)
    assert shell.returncode == 0
    results = out.replace(">>> ", "").replace("... ", "").split("\n")
    assert results[-3:-1] == ["<shell-1>:1  map  f  compiled", "1"]
    assert "master local[2]: sc and spark are there" in err
    assert "return 1 // x" in err
    assert "code.py" not in err


def test_a_program_in_a_file_finds_the_names_of_a_shell(tmp_path):
    path = tmp_path / "pasted.py"
    path.write_text(
        "import sys\n"
        "double = lambda x: 2 * x\n"
        "print(sc.parallelize([1, 2]).map(double).collect(), spark.sparkContext is sc)\n"
        "print(sys.argv[1:], __name__, __file__.endswith('pasted.py'))\n"
        "if len(sys.argv) > 3:\n"
        "    sys.exit(3)\n"
        "1 / 0\n"
    )
    ended = run("", "--master", "local[2]", "--", str(path), "--master", "x")
    assert ended.stdout == "[2, 4] True\n['--master', 'x'] __main__ True\n"
    assert ended.returncode == 1
    assert "line 7, in <module>" in ended.stderr and "ZeroDivisionError" in ended.stderr
    assert "/millrace/" not in ended.stderr
    assert run("", "--", str(path), "a", "b", "c").returncode == 3
    path.write_text("x = (\n")
    broken = run("", "--", str(path))
    assert broken.returncode == 1 and "SyntaxError" in broken.stderr
    assert "/millrace/" not in broken.stderr
    missing = run("", "--", str(tmp_path / "nope.py"))
    assert missing.returncode == 2
    assert missing.stderr.startswith("millrace: cannot open ")
