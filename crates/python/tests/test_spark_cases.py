"""The programs of `tests/spark`, as they are, against what PySpark 3.5.9 printed for them.

`scripts/compare_with_spark.sh` has played the same files on Spark. Here every one runs three times:
all of its functions in CPython; each that can be lowered in its lowered form, with CPython behind
it for the records that it gives up on; and with windows that are made of values.
"""

import contextlib
import importlib
import io
import json
import os
import pathlib
import shutil
import sys

import pytest
from millrace._compile import lower
from millrace.testing import Clock
from of_values import of_values
from pyspark import SparkConf, SparkContext
from pyspark._native import _engine
from pyspark.streaming import DStream
from pyspark.streaming._plan import KINDS

SPARK = pathlib.Path(__file__).resolve().parents[3] / "tests" / "spark"
TABLE = json.loads((SPARK / "inputs.json").read_text(encoding="utf-8"))


def forget_namesakes():
    """Forgets the modules that other tests have under the same names, parts of packages too."""
    for name in list(sys.modules):
        if name.partition(".")[0] in ("run", "cases", "shared"):
            del sys.modules[name]


def player():
    """The module that plays the cases on Spark, and the programs; this process stays as it was."""
    environment, path, modules = dict(os.environ), list(sys.path), dict(sys.modules)
    forget_namesakes()
    sys.path.insert(0, str(SPARK / "python"))
    try:
        return importlib.import_module("run"), importlib.import_module("cases").programs()
    finally:
        os.environ.clear()
        os.environ.update(environment)
        sys.path[:] = path
        forget_namesakes()
        for name, module in modules.items():
            sys.modules.setdefault(name, module)


#: Programs that print something else here, by what `docs/PYTHON.md` says about it.
DEPARTURES = {"save_hidden_files"}

run, PROGRAMS = player()


class Case(run.Case):
    """A case whose batches run when they are handed over."""

    def play(self, sc, folder):
        printed = io.StringIO()
        with Clock() as clock, contextlib.redirect_stdout(printed):
            self.program(**self.arguments(sc, clock.context, folder))
            clock.advance(self.entry["batches"])
        return printed.getvalue()


class Guarded:
    """A function in its lowered form, and in CPython where that gives up."""

    _is_shared = True
    ran = 0

    def __init__(self, function, form, is_iterated):
        self.function = function
        lowered = _engine.Function(form)
        self.lowered = lowered.items if is_iterated else lowered.call

    def __call__(self, *arguments):
        made = self.lowered(*arguments)
        if made is NotImplemented:
            return self.function(*arguments)
        Guarded.ran += 1
        return made


def lowering(name):
    """The method `name` of a stream, which hands a lowered function on wherever there is one."""
    method = getattr(DStream, name)
    count, is_iterated = KINDS[name]

    def described(stream, function, *more, **options):
        form = lower(function, count, is_iterated).json
        if form is not None:
            function = Guarded(function, form, is_iterated)
        return method(stream, function, *more, **options)

    return described


#: Of every case whose windows are made of values, how many batches were.
WINDOWS = []


@pytest.fixture(params=["CPython", "lowered", "values"])
def tier(request, monkeypatch):
    if request.param == "values":
        WINDOWS.append(of_values(monkeypatch))
    if request.param == "lowered":
        for name in KINDS:
            monkeypatch.setattr(DStream, name, lowering(name))
    return request.param


@pytest.mark.parametrize("name", TABLE["cases"])
def test_prints_what_pyspark_printed(name, tier, tmp_path):
    entry = TABLE["cases"][name]
    place = "departures" if name in DEPARTURES else "recorded"
    expected = (SPARK / place / (name + ".out")).read_text(encoding="utf-8")
    conf = SparkConf().setMaster("local[%d]" % run.parallelism_of(entry)).setAppName("case")
    with SparkContext(conf=conf.set("spark.ui.enabled", "false")) as sc:
        sc.setCheckpointDir(str(tmp_path))
        printed = Case(name, entry, TABLE["inputs"], PROGRAMS[name]).transcript(sc)
    # The head shows the program, not what it printed.
    assert printed[len(head(printed)) :] == expected[len(head(expected)) :]


def head(transcript):
    """The lines of a transcript that say which case it is."""
    lines = transcript.splitlines(True)
    return "".join(line for line in lines if line.startswith("#"))


def test_lowered_forms_have_run():
    assert len(TABLE["cases"]) >= 240
    assert Guarded.ran > 1000
    assert sum(windows.made > 0 for windows in WINDOWS) > 20
    assert sum(windows.given_up for windows in WINDOWS) == 0
