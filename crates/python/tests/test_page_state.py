"""The state of a Python program while it runs: by REST, whether the engine keeps it or Python."""

import json

import pytest

from test_page import PAGE

PROGRAM = """
import json, sys, urllib.error, urllib.parse, urllib.request
from pyspark import SparkContext
from pyspark.streaming import StateSpec, StreamingContext

sc = SparkContext("local[2]", "kept")
ssc = StreamingContext(sc, 0.1)
ssc.checkpoint("kept")
words = SOURCE

class Sum:
    def __init__(self, value):
        self.value = value
    def __reduce__(self):
        return Sum, (self.value,)

def count(key, value, state):
    state.update((state.getOption() or 0) + value)
    return key

pairs = words.map(lambda word: (word, 1))
state = DESCRIBED
found = []

def ask(path, **query):
    run = sc.uiWebUrl + "/api/v1/applications"
    with urllib.request.urlopen(run, timeout=60) as answer:
        run += "/" + json.load(answer)[0]["id"] + "/streaming/"
    with urllib.request.urlopen(run + path + "?" + urllib.parse.urlencode(query)) as answer:
        return json.load(answer)

def asked(number, **query):
    try:
        answer = ask("state/%d" % number, **query)
        return answer.get("records", answer)
    except urllib.error.HTTPError as error:
        return error.code

def seen(rdd):
    # Figures are told at most once a second, behind a batch.
    stores = ask("state")
    if found or not stores or stores[0]["keys"] < 2:
        return
    for number, store in enumerate(stores):
        operator = store["operator"].replace(sys.path[0] + "/", "")
        found.append([operator, store["name"], store["bytes"] > 0])
        # The first batch has ended, and no word has come since.
        found.append(asked(number, top=5))
        found.append(asked(number, key="<b>"))
        found.append(asked(number, prefix="b", limit=1))
        # A pickle that somebody else has made is not read.
        pickle = json.dumps({"pickle": "cos\\nsystem\\n(S'touch pwned'\\ntR."})
        found.append(asked(number, key=pickle))

state.foreachRDD(seen)
ssc.start()
while not found:
    ssc.awaitTerminationOrTimeout(0.05)
ssc.stop(False)
print(json.dumps(found))
"""

QUEUE = "ssc.queueStream([['b', '<b>', 'b']])"
SOCKET = 'ssc.socketTextStream("localhost", int(sys.argv[1]))'

#: For every way to keep something: where the words come from, the program, and what is shown.
KEPT = {
    "the engine's sums": (
        SOCKET,
        "pairs.updateStateByKey(lambda new, old: sum(new) + (old or 0))",
        ["update_state_by_key at program.py:22", "state", 2, 1],
    ),
    "the engine's lists": (
        SOCKET,
        "pairs.updateStateByKey(lambda new, old: (old or []) + list(new))",
        ["update_state_by_key at program.py:22", "state", {"list": [1, 1]}, {"list": [1]}],
    ),
    "Python's sums": (
        QUEUE,
        "pairs.updateStateByKey(lambda new, old: sum(new) + (old or 0))",
        ["updateStateByKey at program.py:22", "state", 2, 1],
    ),
    "Python's states of records": (
        QUEUE,
        "pairs.mapWithState(StateSpec.function(count)).stateSnapshots()",
        ["mapWithState at program.py:22", "state", 2, 1],
    ),
    "Python's windows": (
        QUEUE,
        "pairs.reduceByKeyAndWindow(lambda a, b: a + b, lambda a, b: a - b, 100, 0.1)",
        ["reduceByKeyAndWindow at program.py:22", "window", 2, 1],
    ),
}


def run(program, source, described, *arguments, durable=True):
    text = PROGRAM.replace("SOURCE", source).replace("DESCRIBED", described)
    if not durable:
        text = text.replace('ssc.checkpoint("kept")', "pass")
    ended = program(text, *arguments, conf=PAGE)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.mark.parametrize("kept", sorted(KEPT))
def test_what_a_program_keeps_is_shown_while_it_runs(program, sender, tmp_path, kept):
    source, described, (operator, name, b, other) = KEPT[kept]
    sender.send_to_first([b"b\n<b>\nb\n"])
    found = run(program, source, described, sender.port)
    at = next(place for place, row in enumerate(found) if row == [operator, name, True])
    first, second = {"key": "b", "value": b}, {"key": "<b>", "value": other}
    top, one, prefix, pickle = found[at + 1 : at + 5]
    assert (top, one, prefix, pickle) == ([first, second], second, [first], 404)
    assert not (tmp_path / "pwned").exists()


def test_objects_are_shown_as_their_pickles(program, sender):
    sender.send_to_first([b"b\n<b>\nb\n"])
    update = "pairs.updateStateByKey(lambda new, old: Sum(len(new) + (old.value if old else 0)))"
    found = run(program, SOCKET, update, sender.port)
    assert found[0] == ["update_state_by_key at program.py:22", "state", True]
    assert sorted(record["key"] for record in found[1]) == ["<b>", "b"]
    assert list(found[2]["value"]) == ["pickle"]


@pytest.mark.parametrize("directory", ["with", "without"])
def test_a_window_shows_the_records_of_its_batches(program, directory):
    found = run(program, QUEUE, "words.window(100, 0.1)", durable=directory == "with")
    assert found[0] == ["queueStream at program.py:9", "batches", True]
    records = [record["value"]["list"] for record in found[1] if record["value"]["list"]]
    assert sorted(sum(records, [])) == ["<b>", "b", "b"]
    assert all(len(record["key"]) == 2 for record in found[1])


def test_a_window_of_what_cannot_be_pickled_is_no_reason_to_end(program):
    described = "words.map(lambda word: (word, lambda: word)).window(100, 0.1)"
    found = run(program, QUEUE, described, durable=False)
    assert found[0] == ["map at program.py:22", "batches", True]
    # Partitions without a record are shown, and no other.
    assert {str(record["value"]) for record in found[1]} <= {"{'list': []}", "1", "2"}
