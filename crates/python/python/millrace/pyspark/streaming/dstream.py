"""Streams of datasets, one a batch."""

from .._paths import called, own_names
from ..errors.exceptions import IllegalArgumentException, Py4JJavaError, in_operator
from ..rdd import RDD, portable_hash
from ..storagelevel import StorageLevel
from ._explain import explained
from ._graph import local_time
from ._plan import MOST_PARTITIONS
from ._printing import print_batch
from ._stateful import Stateful
from ._windows import Windows


class DStream(Stateful, Windows):
    """A stream: every batch interval, or every few, it has an RDD.

    A stream is a description. Nothing runs before ``StreamingContext.start``.
    """

    #: The name of its notes in the checkpoint, where its batches are needed later.
    _keeps = "window"
    #: True if only the last batch counts, which has every key once.
    _is_by_key = False
    #: True of a socket's stream: its partitions are cut by the time when their records came.
    _is_received = False
    #: States that know what has changed of them, if the stream has such.
    _states = None
    #: Of a window, the datasets that it has at a batch time.
    _window = None
    #: Of a window with an inverse function, its functions and what it is made of.
    _inverse = None

    def __init__(self, ssc, slide, compute, parents=()):
        #: The operator that makes the stream, for the part of a program that the engine can compute:
        #: its kind, its function and its options. None of a stream that only Python knows.
        self._operator = None
        #: The number of the engine's stream that it is, or None.
        self._engine_stream = None
        self._ssc = ssc
        self._sc = ssc._sc
        self._slide = slide
        self._compute = compute
        self._parents = tuple(parents)
        self._made = {}
        self._remember = 0
        self._is_held = False
        #: True if the batches are made in their turn, though nobody may read them.
        self._is_eager = False
        self.is_cached = False
        self.is_checkpointed = False
        self._by_cpython = []
        #: The call of the program that made the stream, and its place.
        self._called = called()
        ssc._add_stream(self)

    # What a batch of it is.

    def _rdd(self, time):
        """The RDD of a batch time, made once; None if it has none."""
        if time in self._made:
            return self._made[time]
        if not self._is_due(time):
            return None
        try:
            rdd = self._compute(time)
        except Exception as error:
            in_operator(error, local_time(time), "%s at %s:%d" % self._called)
            raise
        if rdd is not None and (self._is_held or self.is_cached):
            if self._is_held:
                rdd._hold_or_fail()
            else:
                rdd.cache()
        self._made[time] = rdd
        return rdd

    def _is_due(self, time):
        """True if the stream has an RDD at a batch time."""
        zero = self._ssc._graph.zero
        return zero is not None and time > zero and not (time - zero) % self._slide

    def _miss(self, time, error):
        """The batch was given up: what later ones need of it is not made any more."""
        if time in self._made or not self._is_due(time):
            return
        if self._states is not None and self._states.lacks is None:
            self._states.lacks = time
            self._ssc._graph.lack()
        elif self._is_held:
            self._made[time] = RDD(self._sc, 1, None)._fail(error)

    def _forget(self, time):
        """Lets go of what no later batch reads."""
        keep = self._remember if self._is_held else 0
        for old in [own for own in self._made if own <= time - keep]:
            del self._made[old]

    def _needs(self):
        """Pairs of a stream that this one reads and how far back, in milliseconds."""
        return [(parent, 0) for parent in self._parents]

    def _deriving(self, make, operator=None):
        """A stream of what `make(time, rdd)` gives of every RDD of this one."""

        def compute(time):
            rdd = self._rdd(time)
            return None if rdd is None else make(time, rdd)

        made = TransformedDStream(self._ssc, self._slide, compute, (self,))
        made._operator = operator
        return made

    def _explaining(self, operator, *functions):
        """Has `explain` tell of functions that CPython runs whatever they are."""
        self._by_cpython += [(operator, function) for function in functions]
        return self

    def __bool__(self):
        return True

    # PySpark's methods.

    def context(self):
        """The StreamingContext it belongs to."""
        return self._ssc

    def count(self):
        """A stream of the number of records of every batch."""
        counts = self.mapPartitions(lambda records: [sum(1 for _ in records)])
        return counts.reduce(lambda a, b: a + b)

    def filter(self, f):
        """Keeps the records for which `f` is true; without `f`, those that are true."""
        f = bool if f is None else f
        return self._deriving(lambda time, rdd: rdd.filter(f), ("filter", f, {}))

    def flatMap(self, f, preservesPartitioning=False):
        """Makes of every record all that `f` gives of it."""
        return self._deriving(
            lambda time, rdd: rdd.flatMap(f, preservesPartitioning), ("flatMap", f, {})
        )

    def map(self, f, preservesPartitioning=False):
        """Makes every record what `f` makes of it."""
        return self._deriving(
            lambda time, rdd: rdd.map(f, preservesPartitioning), ("map", f, {})
        )

    def mapPartitions(self, f, preservesPartitioning=False):
        """Makes every partition what `f` makes of the iterator of its records."""
        made = self._deriving(lambda time, rdd: rdd.mapPartitions(f, preservesPartitioning))
        return made._explaining("mapPartitions", f)

    def mapPartitionsWithIndex(self, f, preservesPartitioning=False):
        """As `mapPartitions`; `f` is given the number of the partition first."""
        made = self._deriving(
            lambda time, rdd: rdd.mapPartitionsWithIndex(f, preservesPartitioning)
        )
        return made._explaining("mapPartitionsWithIndex", f)

    def reduce(self, func):
        """A stream of the one record that `func` makes of all records of a batch."""
        return self.map(lambda x: (None, x)).reduceByKey(func, 1).map(lambda pair: pair[1])

    def reduceByKey(self, func, numPartitions=None):
        """Makes of all values of a key one, two at a time."""
        count = self._partitions_or(numPartitions)
        return self._deriving(
            lambda time, rdd: rdd.reduceByKey(func, count),
            ("reduceByKey", func, {"partitions": count}),
        )

    def combineByKey(self, createCombiner, mergeValue, mergeCombiners, numPartitions=None):
        """Combines the values of every key, as ``RDD.combineByKey``."""
        count = self._partitions_or(numPartitions)
        made = self._deriving(
            lambda time, rdd: rdd.combineByKey(createCombiner, mergeValue, mergeCombiners, count)
        )
        return made._explaining("combineByKey", createCombiner, mergeValue, mergeCombiners)

    def partitionBy(self, numPartitions, partitionFunc=portable_hash):
        """Moves every pair to the partition of its key."""
        made = self._deriving(lambda time, rdd: rdd.partitionBy(numPartitions, partitionFunc))
        own = [] if partitionFunc is portable_hash else [partitionFunc]
        return made._explaining("partitionBy", *own)

    def explain(self):
        """Prints for every operator up to here in which tier its function runs, and why."""
        print(explained(self), end="")

    def foreachRDD(self, func):
        """Runs `func` on the RDD of every batch, in the program's own interpreter.

        `func` takes the RDD, or the batch time and the RDD: one argument is the RDD alone.
        """
        if func.__code__.co_argcount == 1:
            self._output(lambda time, rdd: func(rdd), "foreachRDD")
        else:
            self._output(func, "foreachRDD")
        self._explaining("foreachRDD", func)

    def pprint(self, num=None):
        """Prints the first `num` records of every batch under its time.

        They are ten, or as many as ``millrace.print.num`` says; ``millrace.print.format`` names
        another form than PySpark's.
        """
        if num is None:
            num = int(self._sc._conf.get("millrace.print.num", "10"))

        def shown(time, rdd):
            taken, graph = rdd.take(num + 1), self._ssc._graph
            print_batch(
                self._ssc._engine, time, graph.now, taken[:num], len(taken) > num, graph.prints()
            )

        self._output(shown, "pprint")

    def _output(self, function, name):
        self._ssc._add_output(self, function, name)

    def mapValues(self, f):
        """Makes the value of every pair what `f` makes of it."""
        return self._deriving(lambda time, rdd: rdd.mapValues(f), ("mapValues", f, {}))

    def flatMapValues(self, f):
        """Makes a pair of the key and each of what `f` gives of the value."""
        return self._deriving(
            lambda time, rdd: rdd.flatMapValues(f), ("flatMapValues", f, {})
        )

    def glom(self):
        """Makes every partition one record, the list of its own."""
        return self._deriving(lambda time, rdd: rdd.glom())

    def cache(self):
        """Keeps what is computed of a batch for all who read it."""
        return self.persist(StorageLevel.MEMORY_ONLY)

    def persist(self, storageLevel):
        """Keeps what is computed of a batch; every level means memory here."""
        self._check_open("storage level")
        self.is_cached = True
        return self

    def checkpoint(self, interval):
        """Sets how often state is written in whole; a multiple of the batch interval."""
        self._check_open("checkpoint interval")
        self.is_checkpointed = True
        self._ssc._checkpoint_every(self, int(interval * 1000))
        return self

    def _check_open(self, what):
        if self._ssc._is_started():
            raise Py4JJavaError(
                "java.lang.UnsupportedOperationException: Cannot change %s of a DStream after "
                "streaming context has started" % what
            )

    def groupByKey(self, numPartitions=None):
        """All values of a key, in the order in which they came."""
        count = self._partitions_or(numPartitions)
        return self._deriving(lambda time, rdd: rdd.groupByKey(count))

    def countByValue(self):
        """Pairs of a record and how often it is in the batch."""
        return self.map(lambda x: (x, 1)).reduceByKey(lambda a, b: a + b)

    def saveAsTextFiles(self, prefix, suffix=None):
        """Writes every batch into a directory of its own, `prefix-<time in ms>[.suffix]`.

        A prefix of which no directory can be made is an error here, before anything runs.
        """
        from .._rdd.files import check_outputs

        check_outputs(prefix)

        def save(time, rdd):
            path = "%s-%d" % (prefix, self._ssc._graph.now)
            if suffix is not None:
                path += "." + suffix
            try:
                rdd.saveAsTextFile(path)
            except Exception as error:
                # A batch that runs again finds what it wrote before.
                if "FileAlreadyExistsException" not in str(error):
                    raise

        self._output(save, "saveAsTextFiles")

    def transform(self, func):
        """Makes every RDD what `func` makes of it, or of the batch time and it."""
        count = func.__code__.co_argcount
        assert count in (1, 2), "func should take one or two arguments"
        if count == 1:
            made = self._deriving(lambda time, rdd: func(rdd))
        else:
            made = self._deriving(lambda time, rdd: func(local_time(time), rdd))
        return made._explaining("transform", func)

    def transformWith(self, func, other, keepSerializer=False):
        """Makes a stream of what `func` makes of the RDDs of this one and another."""
        count = func.__code__.co_argcount
        assert count in (2, 3), "func should take two or three arguments"
        _check_stream(other)

        def compute(time):
            own, others = self._rdd(time), other._rdd(time)
            if own is None:
                own = self._sc.emptyRDD()
            if others is None:
                others = self._sc.emptyRDD()
            if count == 2:
                return func(own, others)
            return func(local_time(time), own, others)

        made = TransformedDStream(self._ssc, self._slide, compute, (self, other))
        return made._explaining("transformWith", func)

    def repartition(self, numPartitions):
        """Deals the records out anew."""
        return self._deriving(lambda time, rdd: rdd.repartition(numPartitions))

    def union(self, other):
        """The partitions of this one, then those of the other."""
        _check_stream(other)
        if self._slideDuration != other._slideDuration:
            raise ValueError("the two DStream should have same slide duration")
        return self._with(other, lambda a, b: a.union(b))

    def _with(self, other, make):
        return self.transformWith(lambda a, b: make(a, b), other)

    def cogroup(self, other, numPartitions=None):
        """Of every key, the values of this one and those of the other."""
        count = self._partitions_or(numPartitions)
        return self._with(other, lambda a, b: a.cogroup(b, count))

    def join(self, other, numPartitions=None):
        """Pairs of a key and each pair of its values in both."""
        count = self._partitions_or(numPartitions)
        return self._with(other, lambda a, b: a.join(b, count))

    def leftOuterJoin(self, other, numPartitions=None):
        """As `join`; None stands for what the other one has not."""
        count = self._partitions_or(numPartitions)
        return self._with(other, lambda a, b: a.leftOuterJoin(b, count))

    def rightOuterJoin(self, other, numPartitions=None):
        """As `join`; None stands for what this one has not."""
        count = self._partitions_or(numPartitions)
        return self._with(other, lambda a, b: a.rightOuterJoin(b, count))

    def fullOuterJoin(self, other, numPartitions=None):
        """As `join`; None stands for what either has not."""
        count = self._partitions_or(numPartitions)
        return self._with(other, lambda a, b: a.fullOuterJoin(b, count))

    def slice(self, begin, end):
        """The RDDs of the batch times from `begin` to `end`, datetimes or seconds of the epoch."""
        if self._ssc._graph.zero is None and not self._ssc._is_started():
            raise Py4JJavaError(
                "org.apache.spark.SparkException: %s has not been initialized" % self
            )
        first, last = self._ssc._milliseconds(begin), self._ssc._milliseconds(end)
        self._is_held = self._is_eager = True
        return [self._made[time] for time in sorted(self._made) if first <= time <= last]

    @property
    def _slideDuration(self):
        """The slide in seconds."""
        return self._slide / 1000.0

    def _partitions_or(self, given):
        usual = self._ssc._kept_partitions or self._sc.defaultParallelism
        count = usual if given is None else given
        if isinstance(count, int) and count > MOST_PARTITIONS:
            raise IllegalArgumentException(
                "%d partitions are too many: at most %d" % (count, MOST_PARTITIONS)
            )
        return count


def _check_stream(other):
    """Refuses, as PySpark does, what is no stream where another stream is needed."""
    if not isinstance(other, DStream):
        kind = type(other).__name__
        advice = ""
        if isinstance(other, RDD):
            advice = ": an RDD is put to a stream in transform, by a function of the stream's RDDs"
        raise AttributeError("'%s' object has no attribute '_jdstream'%s" % (kind, advice))


class TransformedDStream(DStream):
    """A stream that is made of others, batch by batch."""


own_names(DStream)
DStream.__class_getitem__ = classmethod(lambda cls, _item: cls)
