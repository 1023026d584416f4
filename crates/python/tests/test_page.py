"""The Streaming page, REST and the event log: what a Python program has of them."""

import json

PAGE = {"spark.ui.enabled": "true", "spark.ui.port": "0"}

SERVED = """
import json, urllib.request
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

sc = SparkContext("local[2]", "watched")
assert sc.uiWebUrl is None
ssc = StreamingContext(sc, 0.05)

def seen(rdd):
    url = sc.uiWebUrl
    def get(path):
        with urllib.request.urlopen(url + path, timeout=60) as answer:
            return answer.read().decode()
    run = json.loads(get("/api/v1/applications"))[0]
    assert "<html" in get("/streaming/")
    streaming = "/api/v1/applications/%s/streaming/" % run["id"]
    statistics = json.loads(get(streaming + "statistics"))
    # Only the engine's state can be looked through, and this program has none.
    print(run["name"], statistics["batchDuration"], json.loads(get(streaming + "state")))

ssc.queueStream([[1]]).foreachRDD(seen)
ssc.start()
ssc.awaitTermination()
before = sc.uiWebUrl
ssc.stop()
assert sc.uiWebUrl is None
try:
    urllib.request.urlopen(before, timeout=60)
except OSError:
    print("closed")
"""


def test_the_page_is_there_from_the_streaming_context_to_the_end(program):
    ended = program(SERVED, conf={**PAGE, "millrace.maxBatches": "1"})
    assert ended.stdout == "watched 50 []\nclosed\n", ended.stderr
    assert ended.stderr.startswith("millrace: the Streaming page is at http://127.0.0.1:")
    assert ended.stderr.count("\n") == 1


OFF = """
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

sc = SparkContext("local[2]", "logged")
ssc = StreamingContext(sc, 0.05)
print(sc.uiWebUrl)
ssc.queueStream([[1], [2]]).foreachRDD(lambda rdd: None)
ssc.start()
ssc.awaitTermination()
"""


def test_a_program_without_a_page_writes_its_event_log(program, tmp_path):
    (tmp_path / "events").mkdir()
    conf = {"spark.eventLog.enabled": "true", "spark.eventLog.dir": str(tmp_path / "events"),
            "millrace.maxBatches": "2"}
    ended = program(OFF, conf=conf)
    assert (ended.stdout, ended.stderr) == ("None\n", "")
    (log,) = (path for path in (tmp_path / "events").rglob("*") if path.is_file())
    events = [json.loads(line) for line in log.read_text().splitlines()]
    completed = [event for event in events if event["event"] == "batch_completed"]
    assert len(completed) == 2
    assert completed[0]["outputs"][0]["name"] .endswith("program.py:8")


def test_a_bad_setting_of_the_page_is_named(program):
    ended = program(OFF, conf={"spark.ui.enabled": "true", "spark.ui.port": "http"})
    assert ended.returncode == 1
    assert "spark.ui.port" in ended.stderr.splitlines()[-1]


SHOWN = """
import json, urllib.request
from pyspark import SparkContext
from pyspark.streaming import StreamingContext

sc = SparkContext("local[2]", "shown")
ssc = StreamingContext(sc, 0.05)

class Odd:
    def __str__(self):
        return "one\\ntwo"

def seen(rdd):
    def get(path):
        with urllib.request.urlopen(sc.uiWebUrl + path, timeout=60) as answer:
            return json.loads(answer.read().decode())
    run = get("/api/v1/applications")[0]["id"]
    outputs = []
    # They are known to the page when a batch has completed.
    while not outputs:
        outputs = get("/api/v1/applications/%s/streaming/overview" % run)["outputs"]
    for output in outputs:
        last = output["lastRecords"]
        print(json.dumps(last and last["lines"]))

numbers = ssc.queueStream([[], ["x" * 300] + list(range(40))])
numbers.pprint(30)
numbers.filter(lambda n: n == 7).map(lambda n: Odd()).pprint()
numbers.foreachRDD(lambda rdd: None)
numbers.filter(lambda n: n == 7).foreachRDD(lambda rdd: seen(rdd) if rdd.count() else None)
ssc.start()
ssc.awaitTermination()
"""


def test_the_last_records_of_outputs_are_on_the_page(program):
    ended = program(SHOWN, conf={**PAGE, "millrace.maxBatches": "3"})
    assert ended.returncode == 0, ended.stderr
    first, second, third, fourth = [json.loads(line) for line in ended.stdout.splitlines()
                                    if line.startswith(("[", "null"))]
    assert first == ["x" * 200 + "..."] + [str(number) for number in range(19)]
    assert second == ["one", "two"]
    assert (third, fourth) == (None, None)
