"""Plays the cases on real PySpark and writes what each of them printed.

    PYTHONHASHSEED=0 python run.py DIRECTORY [CASE...]

`scripts/compare_with_spark.sh` calls it with the right interpreter and environment. One
SparkContext for each number of partitions, one StreamingContext for each case. Time is Spark's own
ManualClock, which Spark's tests use: it stands still until a batch has run, so that nothing here
depends on how fast the machine is. Batch n is the one that ends at second n.
"""

import contextlib
import datetime
import inspect
import io
import json
import os
import pathlib
import shutil
import sys
import tempfile
import textwrap
import threading
import time
import warnings

HERE = pathlib.Path(__file__).resolve().parent
SECONDS_FOR_A_BATCH = 60

# Before pyspark starts the virtual machine. Short jobs on a cold machine want the quick compiler.
os.environ["TZ"] = "UTC"
os.environ["PYSPARK_PYTHON"] = sys.executable
os.environ["PYTHONPATH"] = str(HERE)
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
os.environ["PYSPARK_SUBMIT_ARGS"] = (
    "--driver-java-options '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' pyspark-shell"
)
time.tzset()
warnings.simplefilter("ignore", FutureWarning)

import pyspark  # noqa: E402
from pyspark.streaming import StreamingContext  # noqa: E402

import cases  # noqa: E402
from shared import FRAME, Lists, Rdds, number  # noqa: E402


def main():
    if os.environ.get("PYTHONHASHSEED") != "0":
        sys.exit("run.py: set PYTHONHASHSEED=0")
    if len(sys.argv) < 2:
        sys.exit("run.py: name the directory for the transcripts")
    target = pathlib.Path(sys.argv[1])
    table = json.loads((HERE.parent / "inputs.json").read_text(encoding="utf-8"))
    programs = cases.programs()
    check_names(table["cases"], programs)
    wanted = sys.argv[2:] or list(table["cases"])
    for name in wanted:
        if name not in programs:
            sys.exit(f"run.py: there is no case {name}")
    target.mkdir(parents=True, exist_ok=True)
    failed = 0
    for parallelism in sorted({parallelism_of(table["cases"][name]) for name in wanted}):
        names = [name for name in wanted if parallelism_of(table["cases"][name]) == parallelism]
        with spark_context(parallelism) as sc:
            for name in names:
                try:
                    case = Case(name, table["cases"][name], table["inputs"], programs[name])
                    (target / f"{name}.out").write_text(case.transcript(sc), encoding="utf-8")
                except Exception as error:
                    print(f"run.py: {name}: {error}", file=sys.stderr)
                    failed += 1
    sys.exit(1 if failed else 0)


def parallelism_of(entry):
    return entry.get("parallelism", 2)


def check_names(entries, programs):
    """inputs.json and the programs name the same cases."""
    for name in entries.keys() ^ programs.keys():
        place = "cases/" if name in entries else "inputs.json"
        sys.exit(f"run.py: {name} is missing in {place}")


@contextlib.contextmanager
def spark_context(parallelism):
    conf = pyspark.SparkConf().setMaster(f"local[{parallelism}]").setAppName("millrace")
    conf.set("spark.ui.enabled", "false").set("spark.log.level", "OFF")
    conf.set("spark.ui.showConsoleProgress", "false")
    conf.set("spark.streaming.clock", "org.apache.spark.util.ManualClock")
    conf.set("spark.python.daemon.module", "plain_daemon")
    folder = tempfile.mkdtemp(prefix="millrace-spark-")
    sc = pyspark.SparkContext(conf=conf)
    try:
        sc.setCheckpointDir(folder)
        yield sc
    finally:
        sc.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Case:
    def __init__(self, name, entry, inputs, program):
        self.name = name
        self.entry = entry
        self.inputs = inputs
        self.program = program

    def transcript(self, sc):
        folder = tempfile.mkdtemp(prefix="millrace-case-")
        try:
            printed = self.play(sc, folder)
            body = blocks(printed) + listing(folder, self.entry.get("hidden", False))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return self.head() + body

    def head(self):
        source = inspect.getsource(self.program)
        lines = textwrap.dedent(source.split(":\n", 1)[1]).rstrip("\n").split("\n")
        return (
            f"# operator: {self.entry['operator']}\n"
            f"# batches: {self.entry['batches']}\n"
            f"# partitions: {parallelism_of(self.entry)}\n"
        ) + "".join(f"#     {line}".rstrip() + "\n" for line in lines)

    def play(self, sc, folder):
        """Runs the batches one after the other; what the driver printed."""
        ssc = StreamingContext(sc, 1)
        done = threading.Semaphore(0)
        try:
            self.program(**self.arguments(sc, ssc, folder))
            # The last output of a batch is the last to run.
            marker = ssc.queueStream([sc.parallelize([], 1)])
            marker.foreachRDD(lambda rdd: done.release())
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                ssc.start()
                clock = ssc._jssc.ssc().scheduler().clock()
                for batch in range(1, self.entry["batches"] + 1):
                    clock.advance(1000)
                    if not done.acquire(timeout=SECONDS_FOR_A_BATCH):
                        raise RuntimeError(f"batch {batch} did not end")
                # Throws what a batch threw.
                ssc.awaitTerminationOrTimeout(0.01)
            return printed.getvalue()
        finally:
            ssc.stop(stopSparkContext=False)

    def arguments(self, sc, ssc, folder):
        given = {"sc": sc, "ssc": ssc, "folder": folder}
        parameters = inspect.signature(self.program).parameters
        streams = [name for name in parameters if name not in given]
        if streams != self.entry["streams"]:
            raise RuntimeError(f"inputs.json says {self.entry['streams']}, the program {streams}")
        for name in streams:
            batches = self.inputs[name]
            kind = parameters[name].annotation
            if kind is Lists:
                given[name] = [[record(x) for part in batch for x in part] for batch in batches]
            elif kind is Rdds:
                given[name] = [rdd_of(sc, batch) for batch in batches]
            else:
                given[name] = ssc.queueStream([rdd_of(sc, batch) for batch in batches])
        return {name: given[name] for name in parameters}


def rdd_of(sc, batch):
    """A batch with exactly its partitions; none at all if it has none."""
    if not batch:
        return sc.emptyRDD()
    partitions = [[record(x) for x in part] for part in batch]
    return sc.parallelize(partitions, len(partitions)).flatMap(lambda part: part)


def record(value):
    """A JSON array stands for a tuple."""
    return tuple(record(item) for item in value) if isinstance(value, list) else value


def blocks(printed):
    """pprint's blocks, each with one line in place of the three of its header and without the
    empty line at its end."""
    lines = printed.split("\n")
    starts = [
        at
        for at in range(len(lines) - 2)
        if lines[at] == lines[at + 2] == FRAME and lines[at + 1].startswith("Time: ")
    ]
    if lines[: starts[0] if starts else -1]:
        raise RuntimeError(f"printed outside of a batch: {printed!r}")
    text = ""
    for start, end in zip(starts, starts[1:] + [len(lines) - 1]):
        if lines[end - 1] != "":
            raise RuntimeError(f"a block without an empty line at its end: {printed!r}")
        when = lines[start + 1].removeprefix("Time: ")
        batch = number(datetime.datetime.fromisoformat(when))
        text += "".join(f"{line}\n" for line in [f"--- {batch}", *lines[start + 3 : end - 1]])
    return text


def listing(folder, hidden):
    """The files that a case left on the disk: each file with its lines behind it."""
    found = []
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_dir() or (path.name.startswith(".") and not hidden):
            continue
        found.append(batch_names(str(path.relative_to(folder))))
        if path.name.startswith("."):
            continue
        text = path.read_bytes().decode("utf-8")
        found += [f"| {line}" for line in text.removesuffix("\n").split("\n") if text]
        if text and not text.endswith("\n"):
            found.append("(no line end)")
    return "".join(f"{line}\n" for line in ["--- files", *found]) if found else ""


def batch_names(path):
    """Batch times in names, which are milliseconds, become T and the batch's number."""
    folder, _, rest = path.rpartition("/")
    stem, dash, tail = folder.rpartition("-")
    millis, dot, suffix = tail.partition(".")
    if dash and millis.isdigit():
        folder = f"{stem}-T{int(millis) // 1000}{dot}{suffix}"
    return f"{folder}/{rest}"


if __name__ == "__main__":
    main()
