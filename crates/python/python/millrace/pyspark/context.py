"""The entry point of a program: ``SparkContext``."""

import os
import sys
import threading
import time

from . import _last_words, accumulators
from ._native import _engine
from ._rdd.actions import run
from ._rdd.partitioner import common
from ._tasks import in_task, keep, kept
from .broadcast import Broadcast
from ._paths import caller, own_names
from ._rare import Rare
from .conf import SparkConf
from .files import SparkFiles
from .rdd import RDD

_LEVELS = ("ALL", "DEBUG", "ERROR", "FATAL", "INFO", "OFF", "TRACE", "WARN")


class SparkContext(Rare):
    """The maker of datasets; there is one in a process.

    >>> sc = SparkContext("local[2]", "example")
    >>> sc.parallelize([1, 2, 3]).map(lambda x: x * 2).collect()
    [2, 4, 6]
    """

    _active_spark_context = None
    _lock = threading.RLock()
    PACKAGE_EXTENSIONS = (".zip", ".egg", ".jar")

    def __init__(
        self,
        master=None,
        appName=None,
        sparkHome=None,
        pyFiles=None,
        environment=None,
        batchSize=0,
        serializer=None,
        conf=None,
        gateway=None,
        jsc=None,
        profiler_cls=None,
        udf_profiler_cls=None,
        memory_profiler_cls=None,
    ):
        if in_task():
            raise RuntimeError("SparkContext should only be created and accessed on the driver.")
        _last_words.install()
        with SparkContext._lock:
            active = SparkContext._active_spark_context
            if active is not None:
                raise ValueError(
                    "Cannot run multiple SparkContexts at once; existing SparkContext(app=%s, "
                    "master=%s) created by %s at %s:%s "
                    % (active.appName, active.master, *active._made_at)
                )
            self._made_at = ("__init__", *caller())
            self._batch_size = batchSize or 1024
            self._set_up(master, appName, sparkHome, environment, conf)
            for path in pyFiles or []:
                self.addPyFile(path)
            for path in self._conf.get("spark.files", "").split(","):
                if path.strip():
                    self.addFile(path.strip())
            SparkContext._active_spark_context = self

    def _set_up(self, master, appName, sparkHome, environment, conf):
        self._conf = conf._copy() if conf is not None else SparkConf()
        given = {"spark.master": master, "spark.app.name": appName, "spark.home": sparkHome}
        for key, value in given.items():
            if value:
                self._conf.set(key, value)
        for key, value in (environment or {}).items():
            self._conf.setExecutorEnv(key, value)
        # A conf without defaults has no master; Spark's launcher has given it one by then.
        self._conf.setIfMissing("spark.master", "local[*]")
        self._conf.setIfMissing("spark.app.name", "pyspark-shell")
        self._set_up_log()
        self.master = self._conf.get("spark.master")
        self.appName = self._conf.get("spark.app.name")
        self.environment = dict(environment or {})
        self.sparkHome = self._conf.get("spark.home")
        self.pythonExec = os.environ.get("PYSPARK_PYTHON", "python3")
        self.pythonVer = "%d.%d" % sys.version_info[:2]
        try:
            self._threads = _engine.parallelism(self.master)
        except ValueError as error:
            from .errors.exceptions import Py4JJavaError

            raise Py4JJavaError("org.apache.spark.SparkException: %s" % error) from None
        #: A child of a fork has the context's objects, and nothing that runs.
        self._process = os.getpid()
        self.startTime = int(time.time() * 1000)
        self.applicationId = "local-%d" % self.startTime
        self._conf.set("spark.app.id", self.applicationId)
        self._rdd_ids = iter(range(2**62))
        self._checkpoint_dir = None
        self._local = threading.local()
        self._files = {}
        #: The engines of the streaming contexts: their pages are served until this one stops.
        self._engines = []
        #: Takes what is known of a record that is skipped, while a batch runs that may skip some.
        self._skip = None

    def _set_up_log(self):
        level = self._conf.get("spark.log.level")
        if level is not None and level.strip().upper() not in _LEVELS:
            from .errors import IllegalArgumentException

            raise IllegalArgumentException(
                "The value of spark.log.level should be one of %s, but was %s"
                % (", ".join(_LEVELS), level.upper())
            )
        try:
            _engine.log_as(self._conf.getAll())
        except ValueError as error:
            from .errors import IllegalArgumentException

            raise IllegalArgumentException(str(error)) from None

    def __repr__(self):
        return "<SparkContext master=%s appName=%s>" % (self.master, self.appName)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.stop()

    def __deepcopy__(self, memo):
        from .errors import PySparkRuntimeError

        raise PySparkRuntimeError(
            "It appears that you are attempting to reference SparkContext from a broadcast "
            "variable, action, or transformation. SparkContext can only be used on the driver, "
            "not in code that it run on workers. For more information, see SPARK-5063.",
            error_class="CONTEXT_ONLY_VALID_ON_DRIVER",
        )

    def __reduce__(self):
        self.__deepcopy__({})

    @classmethod
    def getOrCreate(cls, conf=None):
        """The context that there is, or a new one."""
        with SparkContext._lock:
            if SparkContext._active_spark_context is None:
                SparkContext(conf=conf or SparkConf())
            return SparkContext._active_spark_context

    @classmethod
    def setSystemProperty(cls, key, value):
        """Does nothing: there is no JVM."""

    @property
    def version(self):
        """The version of Spark whose rules are followed."""
        return "3.5.9"

    @property
    def defaultParallelism(self):
        """The number of partitions that are made where nobody says."""
        return int(self._conf.get("spark.default.parallelism", self._threads))

    @property
    def defaultMinPartitions(self):
        """The least number of partitions of a file."""
        return min(self.defaultParallelism, 2)

    @property
    def uiWebUrl(self):
        """The address of the Streaming page, once there is a StreamingContext; else None."""
        return self._engines[-1].page() if self._engines else None

    @property
    def resources(self):
        """No resources."""
        return {}

    def getConf(self):
        """A copy of the settings."""
        return self._conf._copy()

    def setLogLevel(self, logLevel):
        """Says from now on what is at least as grave, and writes a log if it is so fine."""
        if str(logLevel).upper() not in _LEVELS:
            from .errors import IllegalArgumentException

            raise IllegalArgumentException(
                "requirement failed: Supplied level %s did not match one of: %s"
                % (logLevel, ",".join(_LEVELS))
            )
        _engine.set_log_level(str(logLevel))

    def _next_rdd_id(self):
        return next(self._rdd_ids)

    def _run(self, rdd, function, partitions=None):
        """The results of `function` for the records of every partition."""
        if partitions is None:
            partitions = range(rdd.getNumPartitions())
        return run(rdd, function, partitions)

    def runJob(self, rdd, partitionFunc, partitions=None, allowLocal=False):
        """All that `partitionFunc` gives of every partition, as a list."""
        parts = self._run(rdd, lambda records: list(partitionFunc(records)), partitions)
        return [made for part in parts for made in part]

    def parallelize(self, c, numSlices=None):
        """A dataset of a list's records.

        PySpark hands a list over in batches of `len(c) // n` records, 1024 at most, and slice `i`
        of `n` is the `b * i / n`th to the `b * (i + 1) / n`th of all `b` batches. The numbers of a
        `range` are sliced as they are.

        >>> sc.parallelize([0, 1, 2, 3, 4], 2).glom().collect()
        [[0, 1], [2, 3, 4]]
        """
        count = int(numSlices) if numSlices is not None else self.defaultParallelism
        if count < 1:
            from .errors.exceptions import Py4JJavaError

            raise Py4JJavaError(
                "java.lang.IllegalArgumentException: Positive number of partitions required"
            )
        records = list(c)
        batch = 1 if isinstance(c, range) else max(1, min(len(records) // count, self._batch_size))
        batches = -(-len(records) // batch)
        slices = [
            keep(records[batches * index // count * batch : batches * (index + 1) // count * batch])
            for index in range(count)
        ]
        return RDD(self, count, lambda index: iter(kept(slices[index])))

    def range(self, start, end=None, step=1, numSlices=None):
        """A dataset of numbers."""
        if end is None:
            start, end = 0, start
        return self.parallelize(range(start, end, step), numSlices)

    def emptyRDD(self):
        """A dataset without partitions."""
        return RDD(self, 0, lambda index: iter(()))

    def union(self, rdds):
        """The partitions of all, in order."""
        rdds = list(rdds)
        first = rdds[0]
        places = [
            (rdd, index) for rdd in rdds for index in range(rdd.getNumPartitions())
        ]
        partitioner = common(rdds)
        if partitioner is not None:
            # Spark 3.5 keeps partitions together that hold the same keys.
            def compute(index):
                return (record for rdd in rdds for record in rdd._iterator(index))

            return RDD(self, first.getNumPartitions(), compute, partitioner)
        return RDD(self, len(places), lambda index: places[index][0]._iterator(places[index][1]))

    def textFile(self, name, minPartitions=None, use_unicode=True):
        """The lines of a file, of the files of a directory, or of all that a pattern matches."""
        from ._rdd.textfile import lines

        return lines(self, name, minPartitions or self.defaultMinPartitions, use_unicode)

    def wholeTextFiles(self, path, minPartitions=None, use_unicode=True):
        """Pairs of a file's path and its text."""
        from ._rdd.textfile import whole

        return whole(self, path, minPartitions, lambda data: data.decode("utf-8", "replace"))

    def binaryFiles(self, path, minPartitions=None):
        """Pairs of a file's path and its bytes."""
        from ._rdd.textfile import whole

        return whole(self, path, minPartitions, bytes)

    def binaryRecords(self, path, recordLength):
        """The records of a file, each of so many bytes."""
        from ._rdd.textfile import records

        return records(self, path, recordLength)

    def pickleFile(self, name, minPartitions=None):
        """The records that ``RDD.saveAsPickleFile`` has written."""
        from ._rdd.textfile import pickles

        return pickles(self, name)

    def broadcast(self, value):
        """A value that every record function reads, and that is copied once."""
        return Broadcast(self, value)

    def accumulator(self, value, accum_param=None):
        """A sum that record functions add to."""
        return accumulators.accumulator(value, accum_param)

    def addFile(self, path, recursive=False):
        """Copies a file to where `SparkFiles.get` finds it."""
        import shutil

        from ._rdd.files import _directory

        own = _directory(path)
        if not os.path.exists(own):
            from .errors.exceptions import Py4JJavaError

            raise Py4JJavaError(
                "java.io.FileNotFoundException: File file:%s does not exist" % os.path.abspath(own)
            )
        root = self._file_directory()
        target = os.path.join(root, os.path.basename(os.path.normpath(own)))
        if os.path.isdir(own):
            shutil.copytree(own, target, dirs_exist_ok=True)
        else:
            shutil.copy(own, target)
        self._files[path] = target

    def addPyFile(self, path):
        """Puts a module or an archive of modules on the path."""
        self.addFile(path)
        target = self._files[path]
        own = target if target.endswith(self.PACKAGE_EXTENSIONS) else os.path.dirname(target)
        if own not in sys.path:
            sys.path.insert(1, own)

    @property
    def listFiles(self):
        """The files that were added."""
        return list(self._files)

    def _file_directory(self):
        if SparkFiles._root_directory is None:
            import tempfile

            SparkFiles._root_directory = tempfile.mkdtemp(prefix="millrace-files-")
        return SparkFiles._root_directory

    def setCheckpointDir(self, dirName):
        """Names a directory for `RDD.checkpoint`."""
        from ._rdd.files import _directory

        _directory(dirName)
        self._checkpoint_dir = dirName

    def getCheckpointDir(self):
        """The directory that `setCheckpointDir` named, or None."""
        return self._checkpoint_dir

    def setJobGroup(self, groupId, description, interruptOnCancel=False):
        """Notes a name for the jobs of this thread."""
        self.setLocalProperty("spark.jobGroup.id", groupId)
        self.setLocalProperty("spark.job.description", description)

    def setJobDescription(self, value):
        """Notes what the jobs of this thread do."""
        self.setLocalProperty("spark.job.description", value)

    def setLocalProperty(self, key, value):
        """Notes a property of this thread."""
        vars(self._local).setdefault("properties", {})[key] = value

    def getLocalProperty(self, key):
        """A property of this thread, or None."""
        return vars(self._local).get("properties", {}).get(key)

    def sparkUser(self):
        """The name of the user."""
        import getpass

        return getpass.getuser()

    def cancelJobGroup(self, groupId):
        """Does nothing: a job runs in the thread that asked for it."""

    def cancelAllJobs(self):
        """Does nothing: a job runs in the thread that asked for it."""

    def stop(self):
        """Ends the context; another one may be made."""
        from .streaming.context import StreamingContext

        StreamingContext._stop_active()
        while self._engines and os.getpid() == self._process:
            self._engines.pop().close_page()
        with SparkContext._lock:
            if SparkContext._active_spark_context is self:
                SparkContext._active_spark_context = None


own_names(SparkContext)
