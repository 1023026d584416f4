"""A function that is said to reach nothing but its arguments does reach nothing else."""

import collections
import datetime
import decimal
import functools
import itertools
import json
import math
import operator
import os
import random
import re
import sys
import threading
import time
import types

import pytest
from millrace.pyspark._confined import is_confined
from millrace.pyspark._tasks import task_copy

WORDS = {"a": 1, "b": 2}
SEEN = set()
PATTERN = re.compile("[a-z]+")
LOCK = threading.Lock()
STOP_WORDS = frozenset(["the", "of"])
COUNTER = itertools.count()


def cut(line):
    try:
        return line.split(" ")
    except AttributeError:
        return []


def parsed(line):
    return json.loads(line).get("word")


def imports_math(number):
    from math import floor

    return floor(number)


def generated(line):
    for word in line.split():
        yield word, 1


class Cut:
    def __init__(self, separator, most=10):
        self.separator = separator
        self.most, self.parts = most, [separator]

    def __call__(self, line):
        return self.only(line.split(self.separator))

    @property
    def limit(self):
        return self.most

    @staticmethod
    def only(words):
        return [word for word in words if word not in STOP_WORDS]


class Longer(Cut):
    FROM = (3, "three")

    def __call__(self, line):
        return [word for word in line.split() if len(word) > self.FROM[0]]


def within(words):
    return lambda word: word in words


def made_of(word):
    return Cut(word)(word)


@pytest.mark.parametrize(
    "function",
    [
        cut,
        parsed,
        imports_math,
        generated,
        Cut(" "),
        Longer(" "),
        Cut(" ").only,
        Cut.only,
        made_of,
        within(["a", "b"]),
        within({"a": [1, {"b"}]}),
        within([str.lower, len, lambda word: word]),
        lambda day: datetime.date(2026, 1, int(day)).isoformat(),
        functools.partial(operator.add, 1),
        len,
        str.lower,
        ",".join,
        int,
        operator.itemgetter(1),
        math.sqrt,
        max,
        lambda word: (word, 1),
        lambda word: WORDS.get(word, 0),
        lambda line: PATTERN.findall(line),
        lambda line: re.sub("a", lambda found: "b", line),
        lambda pair: functools.reduce(lambda a, b: a + b, pair),
        lambda word: sorted(word, key=lambda letter: -ord(letter)),
        lambda a, b: (a[0] + b[0], a[1] + b[1]),
        lambda word: [word.append(1) for word in [[], []]],
    ],
)
def test_it_is_confined(function):
    assert is_confined(function) and is_confined(task_copy(function))


class Counted:
    count = 0
    all = []

    def __call__(self, word):
        Counted.count += 1
        return word


class Noting:
    all = []

    def __call__(self, word):
        self.all.append(word)
        return word


class Remembering:
    def __call__(self, word):
        self.last = word
        return word


class OneForAll:
    def __deepcopy__(self, memo):
        return self

    def __call__(self, word):
        return word


class Slotted:
    __slots__ = ("words",)

    def __call__(self, word):
        return word


class Meta(type):
    pass


class OfMeta(metaclass=Meta):
    def __call__(self, word):
        return word


class Words(dict):
    def __call__(self, word):
        return self.get(word)


class Own(type(sys)):
    def __call__(self, word):
        return word


class Empty:
    pass


class Either:
    def __init__(self, word):
        (Empty if word else self).count = word


class Rebound:
    def __init__(self, word):
        self = Empty
        self.count = word


class OfClass:
    @classmethod
    def note(cls, word):
        cls.last = word
        return word


def counting(word, so_far=itertools.count()):
    return next(so_far), word


OPERATIONS = [lambda word: WORDS.setdefault(word, 1)]


def in_list(word):
    return OPERATIONS[0](word)


def in_default(word, calls=(lambda word: WORDS.setdefault(word, 1),)):
    return calls[0](word)


def in_keyword(word, *, call=lambda word: WORDS.setdefault(word, 1)):
    return call(word)


class Held:
    def __init__(self, call):
        self.call = call

    def __call__(self, word):
        return self.call(word)


def wrapped(function):
    @functools.wraps(function)
    def counted(*arguments):
        print("called")
        return function(*arguments)

    return counted


class OfBuiltins:
    count = [0]

    def __init__(self, word):
        self.count.append(word)


OfBuiltins.__module__ = "builtins"


def nonlocal_count():
    count = 0

    def count_one(word):
        nonlocal count
        count += 1
        return count

    return count_one


def global_count(word):
    global TOTAL
    TOTAL = word


def imports_os(word):
    from os import environ

    return environ.get(word)


def of_module(code, **values):
    """A function of a module of the program's, which tasks share."""
    name = "shared_by_tasks_%d" % next(COUNTER)
    module = sys.modules[name] = types.ModuleType(name)
    vars(module).update(values)
    exec(code, vars(module))
    return module.function


@pytest.mark.parametrize(
    "function",
    [
        print,
        open,
        id,
        eval,
        getattr,
        os.getpid,
        time.time,
        random.random,
        random.Random(1).random,
        SEEN.add,
        [].append,
        COUNTER,
        LOCK,
        Counted(),
        Noting(),
        Remembering(),
        OneForAll(),
        Slotted(),
        OfMeta(),
        Words(),
        OfClass.note,
        Own("own"),
        counting,
        in_list,
        in_default,
        in_keyword,
        Held(lambda word: WORDS.setdefault(word, 1)),
        Held([lambda word: WORDS.setdefault(word, 1)]).call,
        wrapped(json.loads),
        OfBuiltins,
        operator.methodcaller("now"),
        lambda word: operator.methodcaller("now")(datetime.datetime),
        lambda word: datetime.datetime.now(),
        lambda word: datetime.date.today(),
        nonlocal_count(),
        global_count,
        imports_os,
        collections.Counter("abc").get,
        functools.lru_cache(len),
        lambda word: print(word),
        lambda word: os.environ.get(word),
        lambda word: SEEN.add(word) or __import__("os").getpid(),
        lambda word: random.choice(word),
        lambda word: next(COUNTER),
        lambda word: LOCK.acquire(),
        lambda word: Rebound(word),
        lambda word: Either(word),
        lambda word: sys.stdout.write(word),
        lambda word: decimal.getcontext().prec,
        lambda word: json.codecs.open(word),
        lambda word: word.__class__.__subclasses__(),
        lambda word: type(word).__name__,
        lambda word: Counted().count,
        lambda word: setattr(Counted, "count", word),
        lambda word: (yield open(word)),
        lambda word: [open(each) for each in word],
        within([print]),
        within({"a": [1, [open]]}),
        within(list(range(5000))),
        within(sys),
        functools.partial(print, 1),
        functools.partial(len, open),
        of_module("seen = []\ndef function(word): seen.append(word)"),
        of_module("def function(word, seen={}): seen[word] = 1"),
        of_module("def function(word): return g(word)", g=lambda word, seen=[]: seen),
        of_module("total = 0\ndef function(word):\n    global total\n    total += 1"),
        of_module("def function(word): function.last = word"),
    ],
)
def test_it_is_not_confined(function):
    assert not is_confined(function)


def test_a_function_of_a_module_that_shares_nothing_is_confined():
    assert is_confined(of_module("fixed = (1, 'a')\ndef function(word): return word in fixed"))
