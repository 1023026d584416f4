"""Tries lowered functions against CPython: random functions on random values.

    python trial.py --cases 100000 --seed 1

Every function is written into a file, imported, lowered, and called both ways on values that may
be hostile. Where the lowered form gives something, CPython has to give the same: value, type and
order, to the bit of a float. Where CPython raises, the lowered form has to give up, since then
the record runs in CPython and the exception is its own. Arguments stay as they were.

Needs the package ``millrace`` on the path. Ends with status 1 at the first difference.
"""

import argparse
import copy
import importlib.util
import math
import os
import random
import resource
import signal
import struct
import sys
import tempfile
import warnings

import grammar
import values
from millrace._compile import lower
from millrace.pyspark._native import _engine

Function = _engine.Function

#: Functions of one file.
A_FILE = 10

#: Times that a function is called.
CALLS = 8

#: The memory that a function of the grammar may ask for before Python raises a MemoryError.
MEMORY = 3 << 30

#: Seconds that CPython has for one call.
PATIENCE = 2


class Difference(Exception):
    """The two do not agree."""


def same(a, b):
    """True if two values are one and the same to a program."""
    if type(a) is not type(b):
        return False
    if isinstance(a, float):
        return struct.pack("d", a) == struct.pack("d", b) or math.isnan(a) and math.isnan(b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return len(a) == len(b) and same(list(a.items()), list(b.items()))
    if isinstance(a, values.Odd):
        return True
    return a == b


class TooLong(BaseException):
    """CPython is still at it: a loop over an enormous range, for instance."""


def too_long(_signal, _frame):
    raise TooLong


def outcome(function, arguments, iterated):
    """CPython's outcome: ``(True, value)``, ``(False, exception)``, or None if it takes too long."""
    try:
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        try:
            value = function(*arguments)
            return True, list(value) if iterated else value
        except Exception as error:
            return False, error
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except TooLong:
        # Also between the end of the call and the end of the timer, on a busy machine.
        return None


def calls(seen, source, function, kinds, rng):
    """Calls one function both ways."""
    iterated = len(kinds) == 1 and rng.random() < 0.3
    lowered = lower(function, len(kinds), iterated)
    if lowered.json is None:
        raise Difference("not lowered: %s\n%s" % (lowered.reason, source))
    compiled = Function(lowered.json)
    for _ in range(CALLS):
        odd = rng.choice([0, 0, 0.1, 0.5])
        arguments = [values.KINDS[kind](rng, odd) for kind in kinds]
        before = copy.deepcopy(arguments)
        got = compiled.items(*arguments) if iterated else compiled.call(*arguments)
        untouched = same(before, arguments)
        known = outcome(function, arguments, iterated)
        seen["calls"] += 1
        if known is None:
            seen["too long"] += 1
            continue
        fine, expected = known
        if got is NotImplemented:
            seen["guards needed" if not fine else "guards"] += 1
            continue
        if not untouched or not fine or not same(expected, got):
            raise Difference(
                "%s\narguments %r\nCPython   %r\ncompiled  %r" % (source, before, expected, got)
            )
        seen["compiled"] += 1


def module(sources, directory, number):
    """Imports functions from a file, as a program's are."""
    path = os.path.join(directory, "functions%d.py" % number)
    with open(path, "w", encoding="utf-8") as file:
        file.write("import json, math, operator\n" + grammar.CAPTURED + "".join(sources))
    spec = importlib.util.spec_from_file_location("functions", path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def run(seed, cases):
    """Tries so many calls; gives how they went."""
    rng = random.Random(seed)
    seen = {"functions": 0, "calls": 0, "compiled": 0, "guards": 0, "guards needed": 0, "too long": 0}
    sys.dont_write_bytecode = True
    with tempfile.TemporaryDirectory() as directory:
        while seen["calls"] < cases:
            written = [grammar.function(rng, "f%d" % number) for number in range(A_FILE)]
            made = module([source for source, _ in written], directory, seen["functions"])
            for number, (source, kinds) in enumerate(written):
                seen["functions"] += 1
                calls(seen, source, getattr(made, "f%d" % number), kinds, rng)
    return seen


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, too_long)
    try:
        seen = run(options.seed, options.cases)
    except Difference as difference:
        print("seed %d: %s" % (options.seed, difference))
        sys.exit(1)
    version = sys.version.split()[0]
    print("Python %s, seed %d: " % (version, options.seed), end="")
    print(", ".join("%s %d" % pair for pair in seen.items()))
    if seen["guards"] > 0.1 * seen["compiled"]:
        print("the lowered forms give up where CPython would not, more often than one in ten")
        sys.exit(1)


if __name__ == "__main__":
    main()
