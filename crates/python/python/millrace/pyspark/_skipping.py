"""Records that a function of the program raises an exception at, and that are skipped.

``millrace.onRecordError=skip`` asks for it. As in the engine, a record is what goes into a chain of
operators on single records, and it counts as a whole or not at all.
"""

import os

from ._native import _engine

#: Operators on single records, whose functions may fail at one.
NARROW = ("map", "filter", "flatMap", "mapValues", "flatMapValues")


def skipping(rdd, index):
    """The records of a partition that a chain of narrow operators makes, without bad ones."""
    chain, source = [rdd._each], rdd._prev
    while source._skips() and source._prev is not None and not source.is_cached:
        chain.append(source._each)
        source = source._prev
    calls = [(name, f, task_copy_of(f), call) for name, f, call in reversed(chain)]
    for number, record in enumerate(source._iterator(index)):
        made = [record]
        try:
            for name, f, own, call in calls:
                made = [one for each in made for one in call(own, each)]
        except (Exception, SystemExit) as error:
            rdd.ctx._skip((rdd.id(), index, number), named(name, f), said(error), record)
            continue
        yield from made


def task_copy_of(function):
    """The copy of a function that one task has."""
    from ._tasks import task_copy

    return task_copy(function)


def named(name, function):
    """An operator by its name and the line of its function."""
    code = getattr(function, "__code__", None)
    if code is None:
        return name
    return "%s at %s:%d" % (name, os.path.basename(code.co_filename), code.co_firstlineno)


def said(error):
    """An exception with the line that raised it."""
    return _engine.described(error)
