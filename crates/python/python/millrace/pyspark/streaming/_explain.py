"""Says of every function of a program in which tier it runs, and why.

The plan knows which functions the engine runs. Others are handed to operators that CPython runs
whatever the function is; a stream has a list of them, for this page alone.
"""

import os

from millrace._compile import lower as lowered_form

from .._paths import is_ours
from ._plan import KINDS, Plan
from ._windowed import Windowed

#: Why only CPython runs the functions of an operator.
_BY_CPYTHON = {
    "mapPartitions": "it goes through the records of a partition itself",
    "mapPartitionsWithIndex": "it goes through the records of a partition itself",
    "combineByKey": "combiners are made in CPython",
    "partitionBy": "it chooses partitions",
    "transform": "it runs once a batch, in the program itself",
    "transformWith": "it runs once a batch, in the program itself",
    "foreachRDD": "it runs once a batch, in the program itself",
}


def explained(*streams):
    """For every operator up to some streams, the tier in which its function runs, and why."""
    graph = streams[0]._ssc._graph
    reached, pending = set(), list(streams)
    while pending:
        each = pending.pop()
        if each not in reached:
            reached.add(each)
            pending.extend(each._parents)
    plan = Plan(graph)
    windowed = Windowed(plan)
    rows = []
    for each in graph.streams:
        if each in reached:
            rows += _rows(plan, windowed, each)
    if not rows:
        return "No function of the program is called on records.\n"
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        lines.append("  ".join(cells + [row[3]]))
    return "\n".join(lines) + "\n"


def _rows(plan, windowed, stream):
    """Place, operator, function and tier of the functions of a stream."""
    rows = []
    if stream._operator is not None:
        kind, function, _ = stream._operator
        form = plan.form(stream)
        is_run = plan.is_engines(stream) or windowed.is_valued(stream)
        rows.append(_row(stream, kind, function, form, _tier(is_run, kind, form)))
    if stream._inverse is not None:
        inverse = stream._inverse
        for function, form in zip(inverse.functions, inverse.forms()):
            if form is not None and not _is_packages(function):
                tier = _tier_of_window(windowed, stream, form)
                rows.append(_row(stream, "reduceByKeyAndWindow", function, form, tier))
    for kind, function in stream._by_cpython:
        if function is not None and not _is_packages(function):
            form = lowered_form(function, 1, False)
            rows.append(_row(stream, kind, function, form, "CPython: " + _BY_CPYTHON[kind]))
    return rows


def _row(stream, kind, function, form, tier):
    """A function of a library, as `json.loads`, has the line of the program that calls it."""
    called, file, line = stream._called
    code = getattr(function, "__code__", None)
    if code is not None and not _is_packages(function) and not _is_installed(code.co_filename):
        file, line = code.co_filename, form.line
    operator = kind if kind == called or not _is_packages(function) else "%s: %s" % (called, kind)
    return "%s:%d" % (file.rsplit("/", 1)[-1], line), operator, form.name, tier


def _is_packages(function):
    code = getattr(function, "__code__", None)
    return code is not None and is_ours(code.co_filename)


def _is_installed(file):
    """True if a file is of the standard library, or of another one that is installed."""
    parts = file.split(os.sep)
    return (
        file.startswith((os.path.dirname(os.__file__) + os.sep, "<frozen"))
        or "site-packages" in parts
        or "dist-packages" in parts
    )


def _tier(is_run, kind, form):
    if kind not in KINDS:
        return "CPython: it sees and changes a state"
    if form.json is None:
        return "CPython: %s" % form.reason
    return "compiled" if is_run else "CPython: what comes before it runs there, too"


def _tier_of_window(windowed, stream, form):
    if form.json is not None and not stream._inverse.is_lowered():
        return "CPython: another function of the window runs there"
    return _tier(windowed.is_valued(stream), "reduceByKey", form)
