"""A listener is told of batches by PySpark's names, and looks into them by Java's getters."""

PROGRAM = """
from pyspark import SparkContext
from pyspark.streaming import StreamingContext, StreamingListener

class Told(StreamingListener):
    events = []

    def onStreamingStarted(self, event):
        self.events.append(("started", event.time() > 0))

    def onBatchCompleted(self, event):
        info = event.batchInfo()
        outputs = info.outputOperationInfos()
        self.events.append((info.batchTime().milliseconds() % 100, info.numRecords(), len(outputs)))

    def onOutputOperationStarted(self, event):
        self.events.append(event.outputOperationInfo().id())

ssc = StreamingContext(SparkContext("local[2]", "told"), 0.1)
ssc.addStreamingListener(Told())
ssc.queueStream([[1]]).foreachRDD(lambda rdd: None)
ssc.start()
ssc.awaitTermination()
print(Told.events)
"""


def test_events_come_in_order(program):
    ended = program(PROGRAM, conf={"spark.master": "local[2]", "millrace.maxBatches": "2"})
    assert ended.stderr == ""
    assert ended.stdout == "[('started', True), 0, (0, 0, 1), 0, (0, 0, 1)]\n"


def test_an_error_of_a_listener_ends_nothing_and_is_shown_ever_more_seldom(program):
    failing = PROGRAM.replace("    events = []\n", """    events = []

    def onBatchSubmitted(self, event):
        raise ValueError("mine")
""")
    ended = program(failing, conf={"spark.master": "local[2]", "millrace.maxBatches": "20"})
    assert ended.stdout.count("(0, 0, 1)") == 20
    # More than once only if the machine took ten seconds for it.
    assert 1 <= ended.stderr.count("ValueError: mine") < 10, ended.stderr
    assert "in onBatchSubmitted" in ended.stderr and "/millrace/" not in ended.stderr


FAILS = """
from pyspark import SparkContext
from pyspark.streaming import StreamingContext, StreamingListener

class Told(StreamingListener):
    def onOutputOperationCompleted(self, event):
        info = event.outputOperationInfo()
        reason = info.failureReason()
        print(info.name(), reason and reason.splitlines()[-1], reason and "in wrong" in reason)

def wrong(rdd):
    raise ValueError("mine")

ssc = StreamingContext(SparkContext("local[2]", "told"), 0.1)
ssc.addStreamingListener(Told())
numbers = ssc.queueStream([[1]])
numbers.foreachRDD(wrong)
numbers.foreachRDD(lambda rdd: None)
ssc.start()
try:
    ssc.awaitTermination()
except Exception:
    ssc.awaitTermination()
ssc.stop()
"""


def test_an_output_is_known_by_its_place_and_why_it_failed(program):
    ended = program(FAILS, conf={"millrace.maxBatches": "1"})
    assert ended.stderr == ""
    path = ended.args[1]
    assert ended.stdout == (
        "foreachRDD at %s:17 ValueError: mine True\nforeachRDD at %s:18 None None\n" % (path, path)
    )
