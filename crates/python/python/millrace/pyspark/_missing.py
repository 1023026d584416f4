"""Refusals of modules and names that Spark has and this package has not."""

import sys

_LEARNING = "scikit-learn, or another library for Python, on what a function of foreachRDD collects"
_RECEIVER = "a pyspark.streaming.Receiver of your own"
_NO_JVM = "Python's own libraries: there is no JVM"

#: Modules of PySpark, of any version, and what to use instead.
_MODULES = {
    "pyspark.ml": _LEARNING,
    "pyspark.mllib": _LEARNING,
    "pyspark.pandas": "pandas on what a function of foreachRDD collects",
    "pyspark.java_gateway": _NO_JVM,
    "py4j.java_gateway": _NO_JVM,
    "py4j.java_collections": _NO_JVM,
    "pyspark.profiler": "cProfile",
    "pyspark.resource": "the option --master 'local[N]'",
    "pyspark.sql.streaming": "pyspark.streaming",
    "pyspark.status": "a StreamingListener",
    "pyspark.streaming.flume": _RECEIVER,
    "pyspark.streaming.kinesis": _RECEIVER,
    "pyspark.streaming.mqtt": _RECEIVER,
    "pyspark.taskcontext": "mapPartitionsWithIndex, which gives the number of the partition",
}

#: Names at the top of PySpark.
_NAMES = {
    "BarrierTaskContext": "mapPartitions",
    "BarrierTaskInfo": "mapPartitions",
    "BasicProfiler": "cProfile",
    "Profiler": "cProfile",
    "RDDBarrier": "mapPartitions",
    "SparkJobInfo": "a StreamingListener",
    "SparkStageInfo": "a StreamingListener",
    "StatusTracker": "a StreamingListener",
    "TaskContext": _MODULES["pyspark.taskcontext"],
}


class MissingModule(ModuleNotFoundError, NotImplementedError):
    """A module that is not there: of one kind for programs that try, of another for the rest."""


def missing(name, instead):
    """The error of a method that is not there, with what to use instead."""
    return NotImplementedError("%s is not available in millrace; use %s" % (name, instead))


def missing_name(name):
    """The error of a name at the top of PySpark that is not there; None for any other name."""
    instead = _NAMES.get(name)
    return instead and missing("pyspark." + name, instead)


class _Finder:
    """Is asked for a module when nobody else has found it."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        """Refuses PySpark's modules that are not there."""
        if name in _MODULES:
            error = missing(name, _MODULES[name])
            raise MissingModule(str(error), name=name) from None


def watch_imports():
    """Has imports of what is not there say what to use instead."""
    if _Finder not in sys.meta_path:
        sys.meta_path.append(_Finder)
