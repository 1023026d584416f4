"""Which functions are lowered, to what, and what a user is told of those that are not."""

import ast
import functools
import json
import linecache
import operator
import re
import sys
import textwrap

import pytest

from millrace._compile import lower
from millrace.pyspark._native import _engine
from millrace.pyspark.streaming._plan import Plan
from pyspark.streaming import StreamingContext

Function = _engine.Function

STOP = ["a", "the"]
TWICE = 1
TWICE = 2
HANDED = ["a"]
SEEN = []
LIMIT = 10


def remember(word):
    SEEN.append(word)


def doubled(n):
    return n * 2


def recursive(n):
    return n and recursive(n - 1)


def running(new, old):
    if old is None:
        old = 0
    return sum(new, old)


def call(function, *arguments):
    lowered = lower(function, len(arguments))
    assert lowered.json is not None, lowered.reason
    return Function(lowered.json).call(*arguments)


def reason(function, count=1):
    lowered = lower(function, count)
    assert lowered.json is None
    return lowered.reason


@pytest.fixture
def defined(tmp_path, monkeypatch):
    """Runs the text of a program, and gives its names."""

    def run(text, **variables):
        for name, value in variables.items():
            monkeypatch.setattr(sys, name, value, raising=False)
        path = tmp_path / "program.py"
        path.write_text(text)
        scope = {"__name__": "program"}
        exec(compile(text, str(path), "exec"), scope)
        return scope

    return run


def test_a_function_is_told_from_the_one_around_it_on_its_line():
    made = lambda given: given.map(lambda n: n + 1)

    class Given:
        def map(self, function):
            return call(function, 2)

    assert made(Given()) == 3


def test_of_several_functions_on_a_line_each_is_itself():
    one, two, three = (lambda x: x + 1), (lambda x: x + 2), (lambda x: (lambda y: y)(x))
    assert (call(one, 1), call(two, 1)) == (2, 3)
    assert "calls" in reason(three)
    made = [lambda x, n=n: x + n for n in range(3)]
    assert [call(each, 1) for each in made] == [1, 2, 3]


def test_a_nested_function_keeps_what_it_captures():
    def adding(n):
        def add(x):
            return x + n

        return add

    assert call(adding(3), 1) == 4
    assert call(adding(4), 1) == 5


def test_a_decorator_is_not_mistaken_for_its_function():
    def tracing(function):
        @functools.wraps(function)
        def traced(*arguments):
            return function(*arguments)

        return traced

    @tracing
    def traced(x):
        return x + 1

    assert "number of arguments" in reason(traced)
    assert call(traced.__wrapped__, 1) == 2


def test_a_changed_file_is_noticed(tmp_path):
    path = tmp_path / "program.py"
    path.write_text("f = lambda x: x + 1\n")
    scope = {"__name__": "program"}
    exec(compile(path.read_text(), str(path), "exec"), scope)
    path.write_text("f = lambda x: x + 2\n")
    assert "changed" in reason(scope["f"])


def test_a_function_without_a_file_is_left_to_the_interpreter():
    assert "source" in reason(eval("lambda x: x"))


def test_names_mean_what_they_mean_in_the_program():
    scope = {"__name__": "program"}
    len = lambda x: 42  # noqa: E731, A001
    assert call(lambda x: len(x), "a") == 42
    assert call(lambda x: x not in STOP, "a") is False
    assert call(lambda x: doubled(x) + LIMIT, 1) == 12
    del scope


def test_what_is_no_function_of_python_is_lowered_too():
    assert call(operator.add, 1, 2) == 3
    assert call(json.loads, '{"a": [1]}') == {"a": [1]}
    assert call(int, "12") == 12
    assert call(str.lower, "A") == "a"
    assert call(str.lower, 1) is NotImplemented
    assert call(",".join, ["a", "b"]) == "a,b"
    assert call(operator.itemgetter(1), ("a", 2)) == 2
    assert call(functools.partial(operator.add, 1), 2) == 3
    assert call(max, 1, 2) == 2


def test_generators_are_lists_where_they_are_gone_through():
    lowered = lower(lambda line: (w.lower() for w in line.split() if w), 1, iterated=True)
    assert Function(lowered.json).items("A b") == ["a", "b"]
    assert "generator" in reason(lambda line: (w for w in line))


@pytest.mark.parametrize(
    "function, words",
    [
        (lambda x: print(x), "it calls print"),
        (lambda x: re.sub("a", "b", x), "it calls re.sub"),
        (lambda x: [].append(x), "changes an object"),
        (lambda x: x.pop(), "changes an object"),
        (lambda x: x in SEEN, "SEEN, which line"),
        (lambda x: x + TWICE, "TWICE, which is assigned more than once"),
        (lambda x: HANDED, "hands on HANDED"),
        (lambda x: recursive(x), "recursive calls itself"),
        (lambda x: {x}, "makes a set"),
        (lambda x: x.name, "reads the attribute name"),
        (lambda x: missing(x), "missing is not defined"),  # noqa: F821
        (lambda *x: x, "any number of arguments"),
        (lambda x: "%s" if (y := x) else y, "assigns inside"),
        (lambda x: 2**100 + 1180591620717411303424, "beyond 64 bits"),
    ],
)
def test_a_reason_names_what_it_is(function, words):
    assert words in reason(function)


@pytest.mark.parametrize(
    "body, words",
    [
        ("yield x", "yields"),
        ("global y\n    y = x", "global variable"),
        ("try:\n        return 1\n    except ValueError:\n        return 2", "catches exceptions"),
        ("with open(x):\n        return 1", "enters a context"),
        ("import os\n    return os", "imports"),
        ("x.append(1)\n    return x", "changes its argument x"),
        ("x[0] = 1\n    return x", "changes its argument x"),
        ("def g():\n        return 1\n    return g()", "defines g"),
        ("del x", "deletes"),
    ],
)
def test_a_function_with_effects_is_left_to_the_interpreter(tmp_path, body, words):
    path = tmp_path / "program.py"
    path.write_text("def f(x):\n    %s\n" % textwrap.dedent(body))
    scope = {"__name__": "program"}
    exec(compile(path.read_text(), str(path), "exec"), scope)
    assert words in reason(scope["f"])


HELD_ELSEWHERE = {
    "an argument of a thread": "import threading\nstop = ['a']\n"
    "thread = threading.Thread(target=print, args=(stop,))",
    "an item of a dict": "stop = ['a']\nshared = {'stop': stop}",
    "a default of a function": "stop = ['a']\ndef later(rdd, stop=stop):\n    stop.append('b')",
    "an argument of a function": "stop = ['a']\ndef keep(words):\n    pass\nkeep(stop)",
    "an attribute": "stop = ['a']\nclass Shared:\n    pass\nShared.stop = stop",
    "another name": "words = ['a']\nstop = words",
    "another name of several": "stop, other = ['a'], ['b']\nthird, fourth = stop, other",
    "another name by a choice": "words = ['a']\nstop = words if words else []",
    "another name inside of an expression": "stop = ['a']\nprint((other := stop))",
    "what a function gives": "words = ['a']\ndef held():\n    return words\nstop = held()",
    "what an object gives": "shared = {'stop': ['a']}\nstop = shared.get('stop')",
    "an item of an object": "shared = {'stop': ['a']}\nstop = shared['stop']",
    "a generator": "stop = ['a']\ndef held():\n    yield stop",
    "a method of it": "stop = ['a']\nadd = stop.append",
    "a keyword of a dict": "stop = ['a']\nshared = dict(stop=stop)",
}


@pytest.mark.parametrize("name", HELD_ELSEWHERE)
def test_a_list_that_something_else_holds_is_seen_as_it_is(name, defined):
    scope = defined(HELD_ELSEWHERE[name] + "\nf = lambda x: x in stop\n")
    assert "it uses stop, which" in reason(scope["f"])


def test_a_list_that_a_function_is_given_is_seen_as_it_is(defined):
    scope = defined("def within(words):\n    return lambda x: x in words\nf = within(['a'])\n")
    assert "it uses words, which has another name (line 1)" in reason(scope["f"])


BOUND_TWICE = {
    "by the dict of the globals": "def later():\n    globals()['limit'] = 6",
    "by any name of the globals": "def later(name):\n    globals()[name] = 6",
    "by a program in a text": "def later():\n    exec('limit = 6')",
    "by an import": "if print is None:\n    from math import pi as limit",
    "by what was caught": "try:\n    pass\nexcept ValueError as limit:\n    pass",
}


@pytest.mark.parametrize("name", BOUND_TWICE)
def test_a_name_that_may_be_bound_again_is_seen_as_it_is(name, defined):
    scope = defined("limit = 5\n" + BOUND_TWICE[name] + "\nf = lambda x: x > limit\n")
    assert "it uses limit, which" in reason(scope["f"])


@pytest.mark.parametrize("name", ["<shell-7>", "/tmp/ipykernel_1/2.py", "<ipython-input-3>"])
def test_a_name_of_a_shell_may_be_assigned_by_its_next_line(name):
    text = (
        "import json, math\nfrom json import loads\nlimit = 5\n"
        "def double(x): return x * 2\n"
        "f = lambda x: x > limit\n"
        "g = lambda x: double(x)\n"
        "h = lambda x: loads(x)[0] + math.sqrt(4) + len(x)\n"
    )
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    scope = {"__name__": "__main__"}
    exec(compile(text, name, "exec"), scope)
    assert reason(scope["f"]) == "it uses limit, which a line that is typed later may assign"
    assert reason(scope["g"]) == "it uses double, which a line that is typed later may assign"
    assert call(scope["h"], "[1]") == 6.0
    linecache.cache.pop(name)


def test_a_variable_of_a_module_that_the_program_assigns_is_seen_as_it_is(defined):
    scope = defined("import math\nmath.pi = 3\nf = lambda x: x * math.pi\n")
    assert "it uses math.pi, which line 2 may assign" in reason(scope["f"])


def test_what_is_only_looked_at_is_copied(defined, tmp_path):
    (tmp_path / "stop.txt").write_text("a\nb\n")
    scope = defined(
        "import sys\n"
        "def load(path):\n"
        "    stop = []\n"
        "    with open(path) as file:\n"
        "        for line in file:\n"
        "            stop.append(line.strip())\n"
        "    return stop\n"
        "stop = load(sys.path_of_a_test)\n"
        "stop.append('c')\n"
        "print(len(stop), sorted(stop), *stop, f'{stop}', '%s' % stop)\n"
        "if stop and 'a' in stop:\n"
        "    first, rest = stop[0], stop[1:]\n"
        "for word in stop:\n"
        "    pass\n"
        "f = lambda x: x in stop\n"
        "if 'other' not in globals():\n"
        "    globals()['other'] = 1\n",
        path_of_a_test=str(tmp_path / "stop.txt"),
    )
    assert [call(scope["f"], word) for word in "abcd"] == [True, True, True, False]


def test_a_running_sum_keeps_idle_states():
    for n in (0, 5, -(2**63)):
        assert call(running, [], n) == n
    assert call(running, [1, 2], None) == 3
    assert call(running, [1], 2**63 - 1) is NotImplemented


def test_the_name_of_a_lambda_is_its_text():
    lowered = lower(lambda word: (word, 1), 1)
    assert lowered.name == "lambda word: (word, 1)"


def test_words_that_are_changed_and_paired_run_on_the_engines_own_texts(sc):
    ssc = StreamingContext(sc, 1)
    words = ssc.socketTextStream("localhost", 1).flatMap(lambda line: line.split())

    def is_native(pair):
        counts = words.map(pair).reduceByKey(lambda a, b: a + b)
        return Plan(ssc._graph).described(counts).is_native

    assert is_native(lambda word: (word, 1))
    assert is_native(lambda word: (word.strip(".,").lower(), 2))
    assert not is_native(lambda word: (word, len(word)))
    assert not is_native(lambda word: (word.split("-"), 1))
    assert not is_native(lambda word: (word.lower(), 1 << 40))


def test_words_that_are_changed_and_paired_are_counted_as_in_cpython(program, sender):
    words = ["The", "the", "THE.", "\u0130", "\u00c4h", "\u00e4h", "\u1e9e", "a\x1cb\u00a0c", "", "."]
    sender.send_to_first([(" ".join(words * 3) + "\n").encode() * 5])
    ended = program("""
import sys
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

class Pair:
    def __call__(self, word):
        return (word.lower().strip("."), 1)

ssc = StreamingContext(SparkContext("local[2]", "words"), 3600)
words = ssc.socketTextStream("127.0.0.1", int(sys.argv[1])).flatMap(lambda line: line.split())
both = [words.map(lambda word: (word.lower().strip("."), 1)), words.map(Pair())]
for pairs in both:
    pairs.reduceByKey(lambda a, b: a + b).foreachRDD(lambda rdd: print(rdd.collect()))
ssc.start()
ssc.awaitTermination()
""", sender.port, conf={"millrace.stopAtEof": "true"})
    assert ended.returncode == 0, ended.stderr
    lowered, interpreted = map(ast.literal_eval, ended.stdout.splitlines())
    assert lowered == interpreted
    assert dict(lowered)["the"] == 45 and dict(lowered)["i\u0307"] == 15, lowered
