"""Datasets in partitions: what ``transform`` and ``foreachRDD`` give to a program.

An RDD is a number of partitions and a function that gives the records of one. Nothing is computed
before an action asks. Layout and order are PySpark's: which partition a record is in, and what
comes first, can be seen in the output.
"""

from ._rdd.actions import Actions
from ._rdd.files import Files
from ._rdd.keyed import Keyed
from ._rdd.joins import Joins
from ._rdd.narrow import Narrow
from ._rdd.numbers import Numbers
from ._rdd.partitioner import Partitioner
from ._rdd.sampling import Sampling
from ._rdd.sorting import Sorting
from ._native import _engine
from ._paths import own_names
from ._tasks import keep, kept
from .storagelevel import StorageLevel

__all__ = ["RDD", "PipelinedRDD", "Partitioner", "portable_hash"]


def portable_hash(x):
    """The hash that puts a key into a partition, the same in every process."""
    return _engine.portable_hash(x)


class RDD(Narrow, Keyed, Joins, Sorting, Sampling, Numbers, Files, Actions):
    """A dataset in partitions.

    Made by ``SparkContext.parallelize`` and its kin, by the operators of another RDD, and given
    to the functions of ``transform`` and ``foreachRDD``.
    """

    #: Why nobody can read it, if its records could not be made when they had to be.
    _failure = None
    #: The RDD that it is made of, partition by partition.
    _prev = None
    #: True if it is what was received, in partitions by the time when it came.
    _is_received = False

    def __init__(self, ctx, count, compute, partitioner=None):
        self.ctx = ctx
        self.partitioner = partitioner
        self.is_cached = False
        self.is_checkpointed = False
        self._count = count
        self._compute = compute
        self._stored = {}
        self._level = StorageLevel.NONE
        self._name = None
        self._id = ctx._next_rdd_id()
        #: Of a narrow operator its name, its function, and how that makes records of one.
        self._each = None

    def _iterator(self, index):
        """The records of a partition."""
        if index in self._stored:
            return iter(kept(self._stored[index]))
        if not self.is_cached:
            return iter(self._compute(index))
        records = list(self._compute(index))
        self._stored[index] = keep(records)
        return iter(kept(self._stored[index]))

    def _partition_count(self):
        return self._count

    def _hold(self):
        """Computes every partition now, keeps it, and forgets how it came about."""
        if self._compute is None or self._failure is not None:
            return
        count = self._partition_count()
        for index in range(count):
            if index not in self._stored:
                self._stored[index] = keep(list(self._compute(index)))
        self._count = count
        self._compute = None

    def _hold_or_fail(self):
        """As `_hold`; what cannot be computed now can never be, and its readers are told why."""
        try:
            self._hold()
        except (Exception, SystemExit) as error:
            self._fail(error)

    def _fail(self, error):
        """Raises `error` wherever its records are asked for."""
        trace = error.__traceback__

        def told(_index):
            raise error.with_traceback(trace)

        try:
            self._count = self._partition_count()
        except Exception:
            # It is not known either: one partition is enough to tell the error.
            self._count = 1
        self._stored = {}
        self._compute, self._failure = told, error
        # What it was made of is let go.
        self._hold()
        return self

    def __repr__(self):
        return "%s[%d] at RDD" % (type(self).__name__, self._id)

    def __deepcopy__(self, memo):
        from .errors import PySparkRuntimeError

        raise PySparkRuntimeError(
            "It appears that you are attempting to broadcast an RDD or reference an RDD from an "
            "action or transformation. RDD transformations and actions can only be invoked by the "
            "driver, not inside of other transformations; for example, "
            "rdd1.map(lambda x: rdd2.values.count() * x) is invalid because the values "
            "transformation and count action cannot be performed inside of the rdd1.map "
            "transformation. For more information, see SPARK-5063.",
            error_class="RDD_TRANSFORM_ONLY_VALID_ON_DRIVER",
        )

    def __reduce__(self):
        self.__deepcopy__({})

    @property
    def context(self):
        """The SparkContext it belongs to."""
        return self.ctx

    def id(self):
        """The number of the RDD."""
        return self._id

    def name(self):
        """The name that ``setName`` gave it, or None."""
        return self._name

    def setName(self, name):
        """Gives it a name."""
        self._name = name
        return self

    def getNumPartitions(self):
        """The number of partitions."""
        return self._partition_count()

    def cache(self):
        """Keeps what is computed, in memory."""
        return self.persist(StorageLevel.MEMORY_ONLY)

    def persist(self, storageLevel=StorageLevel.MEMORY_ONLY):
        """Keeps what is computed; every level means memory here."""
        self.is_cached = True
        self._level = storageLevel
        return self

    def unpersist(self, blocking=False):
        """Forgets what ``persist`` has kept."""
        self.is_cached = False
        self._level = StorageLevel.NONE
        if self._compute is not None:
            self._stored = {}
        return self

    def getStorageLevel(self):
        """The level that ``persist`` was given."""
        return self._level

    def checkpoint(self):
        """Keeps what is computed: there is no lineage that could grow too long here."""
        if self.ctx.getCheckpointDir() is None:
            from .errors.exceptions import Py4JJavaError

            raise Py4JJavaError(
                "org.apache.spark.SparkException: Checkpoint directory has not been set in the "
                "SparkContext"
            )
        self.is_checkpointed = True
        self.is_cached = True

    def localCheckpoint(self):
        """As ``checkpoint``, and needs no directory."""
        self.is_checkpointed = True
        self.is_cached = True

    def isCheckpointed(self):
        """True if ``checkpoint`` was asked for and something has been computed."""
        return self.is_checkpointed and bool(self._stored)

    def isLocallyCheckpointed(self):
        """As ``isCheckpointed``."""
        return self.isCheckpointed()

    def getCheckpointFile(self):
        """None: what is kept is in memory."""
        return None

    def toDebugString(self):
        """One line on what it is."""
        return ("(%d) %r" % (self.getNumPartitions(), self)).encode("utf-8")

    def toDF(self, schema=None, sampleRatio=None):
        """The DataFrame of the records; a SparkSession has to be there."""
        from .sql.session import SparkSession

        if SparkSession._session is None:
            from .errors import PySparkRuntimeError

            raise PySparkRuntimeError(
                "Not supported to call `RDD.toDF` before initialize SparkSession.",
                error_class="CALL_BEFORE_INITIALIZE",
            )
        return SparkSession._session.createDataFrame(self, schema, sampleRatio)

    def _default_reduce_partitions(self):
        """Spark's rule for an operator that was not told how many partitions to make."""
        if self.ctx._conf.contains("spark.default.parallelism"):
            return self.ctx.defaultParallelism
        return self.getNumPartitions()

    def _skips(self):
        """True if its function may fail at a record, and that is skipped now."""
        return self._each is not None and self.ctx._skip is not None

    def _step(self, index):
        """The name of its operator, the function, and the RDD before it, if the records of a
        partition can be made in the loop that reads them; or None."""
        before, is_kept = self._prev, self.is_cached or index in self._stored
        if before is None or is_kept or self._each is None or self._skips():
            return None
        return self._each[0], self._each[1], before

    def _dealt(self, deal, _partitioner):
        """The records of each partition in the lists that `deal` makes of them, as `keep` gives them."""
        for index in range(self.getNumPartitions()):
            yield [keep(records) for records in deal(index, self._iterator(index))]

    def _whole(self):
        """The RDD itself, of whose records none is skipped: its function makes states."""
        self._each = None
        return self

    def _derived(self, compute, partitioner=None):
        """An RDD of as many partitions as this one."""
        return PipelinedRDD(self, compute, partitioner)


class PipelinedRDD(RDD):
    """An RDD that is made of another one, partition by partition."""

    def __init__(self, prev, compute, partitioner=None):
        self._prev = prev
        super().__init__(prev.ctx, None, compute, partitioner)

    def _partition_count(self):
        return self._count if self._prev is None else self._prev._partition_count()

    def _hold(self):
        super()._hold()
        self._prev = None


own_names(RDD)
RDD.__class_getitem__ = classmethod(lambda cls, _item: cls)
