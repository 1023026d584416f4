"""Names and parameters are those of PySpark 3.5.9; what is not there says what to use instead.

``pyspark_names.json`` has the public names of its classes, as `inspect` gives them, and of every
method the names of its parameters in their order; null for what is no method.
"""

import inspect
import json
import os

import pyspark
import pyspark.errors
import pytest
from pyspark import (
    RDD, Accumulator, AccumulatorParam, Broadcast, SparkConf, SparkContext, SparkFiles,
    StorageLevel,
)
from pyspark.statcounter import StatCounter
from pyspark.streaming import DStream, StreamingContext, StreamingListener
from pyspark.streaming.dstream import TransformedDStream

with open(os.path.join(os.path.dirname(__file__), "pyspark_names.json")) as _file:
    NAMES = json.load(_file)
CLASSES = {each.__name__: each for each in (
    RDD, Accumulator, AccumulatorParam, Broadcast, SparkConf, SparkContext, SparkFiles,
    StorageLevel, StatCounter, DStream, StreamingContext, StreamingListener, TransformedDStream,
)}

#: Names by which PySpark itself moves a value between processes.
INSIDE = {("Broadcast", name) for name in ("dump", "load", "load_from_path")}
#: Set when a context is made, and so no names of the class.
OF_AN_INSTANCE = {("SparkContext", "applicationId"), ("SparkContext", "startTime")}
#: Refused, whatever they are given; and a parameter whose name tells of another event.
OTHERWISE = {("RDD", name) for name in (
    "saveAsHadoopDataset", "saveAsHadoopFile", "saveAsNewAPIHadoopDataset",
    "saveAsNewAPIHadoopFile", "saveAsSequenceFile",
)} | {("StreamingListener", "onBatchStarted")}


@pytest.mark.parametrize("of", NAMES)
def test_every_name_is_there_with_its_parameters(of):
    assert of in CLASSES
    for name, parameters in NAMES[of].items():
        if (of, name) in INSIDE | OF_AN_INSTANCE:
            continue
        assert hasattr(CLASSES[of], name), name
        if parameters is None or (of, name) in OTHERWISE:
            continue
        own = [each for each in inspect.signature(getattr(CLASSES[of], name)).parameters]
        own = [each for each in own if each != "self"]
        # Further ones may stand behind PySpark's.
        assert own[: len(parameters)] == parameters, name


def test_names_of_an_instance_are_there(sc):
    assert sc.applicationId.startswith("local-") and sc.startTime > 0


ERRORS = """AnalysisException ArithmeticException ArrayIndexOutOfBoundsException DateTimeException
IllegalArgumentException NumberFormatException ParseException PySparkAssertionError
PySparkAttributeError PySparkException PySparkNotImplementedError PySparkRuntimeError
PySparkTypeError PySparkValueError PythonException QueryExecutionException SparkRuntimeException
SparkUpgradeException StreamingQueryException TempTableAlreadyExistsException UnknownException
UnsupportedOperationException""".split()


def test_errors_have_pysparks_names():
    assert sorted(pyspark.errors.__all__) == ERRORS
    assert all(issubclass(getattr(pyspark.errors, name), Exception) for name in ERRORS)


def test_errors_of_queries_have_the_module_of_older_programs_too():
    from pyspark.sql import utils

    assert utils.CapturedException is pyspark.errors.PySparkException
    assert {name for name in utils.__all__ if name != "CapturedException"} <= set(ERRORS)
    assert utils.AnalysisException is pyspark.errors.AnalysisException


REFUSED = {
    "from pyspark.mllib.clustering import StreamingKMeans": "scikit-learn",
    "import pyspark.ml": "scikit-learn",
    "import pyspark.pandas as ps": "pandas on what",
    "from pyspark.streaming.kinesis import KinesisUtils": "pyspark.streaming.Receiver",
    "from pyspark.sql.streaming import StreamingQuery": "use pyspark.streaming",
    "from pyspark.sql.functions import col, window": "use a udf",
    "from py4j.java_gateway import java_import": "there is no JVM",
    "from pyspark import TaskContext": "mapPartitionsWithIndex",
    "from pyspark import StatusTracker": "StreamingListener",
    "import pyspark; pyspark.BarrierTaskContext": "mapPartitions",
    "sc.sequenceFile('x')": "textFile",
    "sc.newAPIHadoopRDD('a', 'b', 'c')": "textFile",
    "sc.statusTracker()": "StreamingListener",
    "sc.addArchive('x.zip')": "addFile",
    "sc.parallelize([1]).barrier()": "mapPartitions",
    "sc.parallelize([1]).withResources(None)": "--master",
    "sc.parallelize([(1, 1)]).saveAsSequenceFile('x')": "saveAsPickleFile",
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_is_not_there_says_what_to_use(line, sc):
    with pytest.raises(NotImplementedError, match="is not available in millrace; use ") as caught:
        exec(line, {"sc": sc})
    assert REFUSED[line] in str(caught.value)


def test_a_module_that_is_not_there_can_be_tried():
    try:
        import pyspark.mllib.regression  # noqa: F401
    except ImportError as error:
        assert error.name == "pyspark.mllib"
    with pytest.raises(ModuleNotFoundError, match="No module named 'pyspark.nothing'"):
        import pyspark.nothing  # noqa: F401
    with pytest.raises(ImportError, match="cannot import name 'Nothing'"):
        from pyspark import Nothing  # noqa: F401


def test_serializers_may_be_given_to_a_context():
    from pyspark import CPickleSerializer, MarshalSerializer
    from pyspark.serializers import AutoBatchedSerializer, BatchedSerializer

    for kind in (MarshalSerializer, CPickleSerializer):
        for serializer in (kind(), BatchedSerializer(kind(), 2), AutoBatchedSerializer(kind())):
            assert serializer.loads(serializer.dumps([1, "a"])) == [1, "a"]
    assert MarshalSerializer() == MarshalSerializer() != CPickleSerializer()
    with SparkContext("local", "serialized", serializer=MarshalSerializer()) as context:
        assert context.parallelize([1, 2]).sum() == 3


def test_tags_and_properties_are_those_of_a_thread(sc):
    from pyspark import InheritableThread, inheritable_thread_target

    sc.setLocalProperty("who", "main")
    sc.addJobTag("first")
    seen = []

    def look():
        seen.append((sc.getLocalProperty("who"), sc.getJobTags()))

    import threading

    for thread in (
        InheritableThread(look), threading.Thread(target=inheritable_thread_target(look)),
        threading.Thread(target=look),
    ):
        thread.start()
        thread.join()
    assert seen == [("main", set()), ("main", set()), (None, set())]
    assert sc.getJobTags() == {"first"}
    sc.removeJobTag("first")
    assert sc.getJobTags() == set()
    with pytest.raises(ValueError, match="Spark job tag cannot be an empty string."):
        sc.addJobTag("")
