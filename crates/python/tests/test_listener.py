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
