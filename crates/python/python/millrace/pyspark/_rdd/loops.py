"""The loops around record functions that only CPython can run.

A chain of operators on single records is one loop, and the values of equal keys are combined in it.
CPython calls a function from a loop of its own without leaving its interpreter of instructions, so
that a record costs the calls of the program's functions and little else: a generator for each
operator takes an eighth longer, and a loop in C half as long again. A loop depends on nothing but
the names of its operators and what becomes of the records. That of ``flatMap`` and ``map`` before a
``reduceByKey`` is

    def loop(records, functions, create, merge):
        f0, f1, = functions
        combiners, absent = {}, object()
        get = combiners.get
        for record in records:
            for record in f0(record):
                record = f1(record)
                key, value = record
                ...

The law: functions are called in the order of the records, none for a record that nobody asks for,
and a StopIteration that one of them raises is an error: it does not end the records silently.
"""

import functools

from .._tasks import called, task_copy

#: The lines of operator number `{0}` of a chain, whose function is `f{0}`: `record` goes into them
#: and comes out of them. One that ends with a colon begins a loop, in which all others are.
_OPERATORS = {
    "map": ["record = f{0}(record)"],
    "filter": ["if not f{0}(record): continue"],
    "flatMap": ["for record in f{0}(record):"],
    "mapValues": ["record = record[0], f{0}(record[1])"],
    "flatMapValues": [
        "pair{0} = record",
        "for value in f{0}(pair{0}[1]):",
        "record = pair{0}[0], value",
    ],
}

_COMBINING = [
    "key, value = record",
    "combiner = get(key, absent)",
    "if combiner is not absent: combiners[key] = merge(combiner, value)",
]

#: The lines for a record at the end of a chain, by what they do with it.
_ENDS = {
    "yielded": ["yield record"],
    "combined": [*_COMBINING, "else: combiners[key] = create(value)"],
    "reduced": [*_COMBINING, "else: combiners[key] = value"],
}

#: The longest chain that is one loop: CPython nests no more than twenty.
_LONGEST = 16


def same(value):
    """The `create` of combiners that begin as the first value of their key."""
    return value


def chain_of(rdd, index, *last):
    """The operators up to the records of `rdd` and then `last`, each its name and its function, and
    the RDD that their first one reads."""
    steps = list(last)
    step = rdd._step(index)
    while step is not None and len(steps) < _LONGEST:
        name, function, rdd = step
        steps.append((name, function))
        step = rdd._step(index)
    return steps[::-1], rdd


class Chain:
    """Operators on single records that follow each other, for one partition of an RDD."""

    def __init__(self, rdd, index, *last, records=None):
        """The operators of `chain_of`, for `records` or else for all that the first one reads."""
        steps, source = chain_of(rdd, index, *last)
        self._names = tuple(name for name, _ in steps)
        self._functions = [called(task_copy(function)) for _, function in steps]
        self._records = source._iterator(index) if records is None else records

    def records(self):
        """The records, made one after the other as they are asked for."""
        return self._run("yielded", None, None)

    def combined(self, create, merge):
        """The combiner of every key, in the order in which the keys came, as a dict.

        `create` makes a combiner of a key's first value, and `merge` puts a further value into it.
        """
        return self._run("combined", create, merge)

    def reduced(self, merge):
        """As `combined`; the first value of a key is its combiner."""
        return self._run("reduced", None, merge)

    def _run(self, end, create, merge):
        loop = _loop(self._names, end)
        try:
            return loop(self._records, self._functions, create, merge)
        except StopIteration as stop:
            said = "Caught StopIteration thrown from user's code; failing the task"
            raise RuntimeError(said, stop) from stop


@functools.lru_cache(maxsize=256)
def _loop(names, end):
    functions = "".join("f%d, " % number for number in range(len(names)))
    lines = [
        "def loop(records, functions, create, merge):",
        "    %s = functions" % functions if names else "",
        "    combiners, absent = {}, object()",
        "    get = combiners.get",
        "    for record in records:",
    ]
    indent = 2 * "    "
    for number, name in enumerate(names):
        for line in _OPERATORS[name]:
            lines.append(indent + line.format(number))
            if line.endswith(":"):
                indent += "    "
    lines.extend(indent + line for line in _ENDS[end])
    # From a generator nobody hears it.
    lines.append("    return combiners")
    made = {}
    # Under this file's name, so that no traceback of a program has its lines.
    exec(compile("\n".join(lines), __file__, "exec"), made)
    return made["loop"]
