"""The entry point of a streaming program: ``StreamingContext``."""

import atexit
import numbers
import os
import threading
import time as clock
from datetime import datetime

from .._native import _engine
from .._paths import caller
from .._say import Repeats, Screen
from ..context import SparkContext
from ..errors import IllegalArgumentException
from ..storagelevel import StorageLevel
from ._explain import explained
from ._graph import Graph
from ._native import batch_of
from ._plan import lower
from ._signals import Signals
from .dstream import DStream
from .listener import teller
from .receiver import Receiver


class StreamingContext:
    """Describes streams of batches of `batchDuration` seconds, and runs them.

    >>> ssc = StreamingContext(SparkContext("local[2]", "example"), 1)
    >>> ssc.socketTextStream("localhost", 9999).pprint()
    >>> ssc.start()
    >>> ssc.awaitTermination()
    """

    _activeContext = None
    #: The checkpoint directory from which a context that is made now goes on, if it does.
    _goes_on = None

    def __init__(self, sparkContext, batchDuration=None, jssc=None):
        self._sc = sparkContext
        given = _milliseconds_of(batchDuration)
        settings = sparkContext._conf._copy()
        if self._goes_on is not None:
            settings.setIfMissing("millrace.checkpoint.recover", True)
        self._kept_partitions = _kept_partitions(settings, self._goes_on)
        self._engine = self._begin(settings.getAll(), given)
        self._interval = self._engine.interval
        self._graph = Graph(self._interval, lambda: self._engine.ask_to_stop(False))
        self._stateful = False
        self._checkpoint_dir = None
        self._remembered = None
        self._ticks = 0
        self._signals = Signals(self)
        self._process = os.getpid()
        self._screen = Screen()
        self._calls = Repeats()

    def _begin(self, settings, interval):
        """The engine; with it begin what the settings ask for: the page, the event log, figures."""
        engine = _engine.Engine(settings, interval)
        self._sc._engines = [*self._sc._engines, engine]
        return engine

    def __deepcopy__(self, memo):
        self._sc.__deepcopy__(memo)

    def __reduce__(self):
        self._sc.__deepcopy__({})

    @property
    def sparkContext(self):
        """The SparkContext of it."""
        return self._sc

    @classmethod
    def getOrCreate(cls, checkpointPath, setupFunc):
        """The context that `setupFunc` makes, going on from what is at `checkpointPath`.

        `setupFunc` is called in any case: code and settings are the program's of today.
        """
        cls._goes_on = checkpointPath
        try:
            ssc = setupFunc()
        finally:
            cls._goes_on = None
        if ssc._checkpoint_dir is None:
            ssc.checkpoint(checkpointPath)
        return ssc

    @classmethod
    def getActive(cls):
        """The context that is running in this process, or None."""
        active = cls._activeContext
        if active is not None and active._engine.state() != "ACTIVE":
            cls._activeContext = active = None
        return active

    @classmethod
    def getActiveOrCreate(cls, checkpointPath, setupFunc):
        """The context that is running, or what `getOrCreate` gives."""
        if not callable(setupFunc):
            raise TypeError("setupFunc should be callable.")
        active = cls.getActive()
        if active is not None:
            return active
        if checkpointPath is not None:
            return cls.getOrCreate(checkpointPath, setupFunc)
        return setupFunc()

    # What is described.

    def _is_started(self):
        return self._engine.state() != "INITIALIZED"

    def _refuse_if_started(self, doing):
        """Spark's error for what is described too late."""
        state = self._engine.state()
        if state == "INITIALIZED":
            return
        from ..errors.exceptions import Py4JJavaError

        when = "stopped" if state == "STOPPED" else "started"
        raise Py4JJavaError(
            "java.lang.IllegalStateException: Adding new inputs, transformations, and output "
            "operations after %s a context is not supported (%s)"
            % ("stopping" if when == "stopped" else "starting", doing)
        )

    def _add_stream(self, stream):
        self._refuse_if_started("a stream")
        self._graph.streams.append(stream)

    def _add_output(self, stream, function, name):
        self._refuse_if_started(name)
        self._graph.add_output(stream, function, "%s at %s:%d" % (name, *caller()))

    def _keeps_state(self):
        self._stateful = True

    def _checkpoint_every(self, stream, interval):
        stream._checkpoint_interval = interval

    def _native(self, described, kind=DStream):
        """The stream of Python for a stream of the engine."""
        number = len(self._graph.natives)
        self._graph.natives.append(described)
        made = kind(self, self._interval, lambda time: batch_of(self, number))
        made._engine_stream = number
        return made

    def socketTextStream(
        self, hostname, port, storageLevel=StorageLevel.MEMORY_AND_DISK_2
    ):
        """The lines that a TCP server sends. The context is the client, and comes back."""
        self._refuse_if_started("socketTextStream")
        if isinstance(port, int) and not 0 <= port <= 65535:
            raise IllegalArgumentException("port out of range:%d" % port)
        made = self._native(self._engine.socket_text_stream(hostname, port))
        made._is_received = True
        return made

    def textFileStream(self, directory):
        """The lines of the files that are moved into a directory."""
        self._refuse_if_started("textFileStream")
        return self._native(self._engine.text_file_stream("%s:%d" % caller(), directory))

    def binaryRecordsStream(self, directory, recordLength):
        """Records of `recordLength` bytes of the files that are moved into a directory."""
        self._refuse_if_started("binaryRecordsStream")
        if isinstance(recordLength, int) and recordLength < 1:
            raise IllegalArgumentException(
                "the length of a record must be positive, and is %d" % recordLength
            )
        place = "%s:%d" % caller()
        return self._native(self._engine.binary_records_stream(place, directory, recordLength))

    def receiverStream(self, receiver):
        """The records that a `Receiver` of the program's own stores, which PySpark does not have.

        All that the receiver stores between two ticks is one batch, in one partition.
        """
        if not isinstance(receiver, Receiver):
            raise TypeError("receiverStream takes a Receiver, not %r" % (receiver,))
        self._refuse_if_started("receiverStream")
        name = type(receiver).__name__
        return self._native(
            self._engine.receiver_stream(name, receiver._start, receiver._stop)
        )

    def queueStream(self, rdds, oneAtATime=True, default=None):
        """A stream of the RDDs or lists in `rdds`, one a batch or all in the first.

        `default` is what a batch has that finds none left.
        """
        def dataset(item):
            return item if hasattr(item, "_iterator") else self._sc.parallelize(item)

        if default:
            default = dataset(default)
        waiting = [dataset(item) for item in rdds]
        self._ticks = max(self._ticks, len(waiting))

        def compute(time):
            if waiting and not oneAtATime:
                everything = self._sc.union(list(waiting))
                waiting.clear()
                return everything
            if waiting:
                return waiting.pop(0)
            return default if default else self._sc.parallelize([], 1)

        return DStream(self, self._interval, compute)

    def transform(self, dstreams, transformFunc):
        """Makes a stream of what `transformFunc` makes of the list of all streams' RDDs."""
        dstreams = list(dstreams)
        if not dstreams:
            raise IllegalArgumentException(
                "requirement failed: List of DStreams to transform is empty"
            )

        def compute(time):
            rdds = [stream._rdd(time) for stream in dstreams]
            empty = self._sc.emptyRDD
            return transformFunc([empty() if rdd is None else rdd for rdd in rdds])

        from .dstream import TransformedDStream

        made = TransformedDStream(self, dstreams[0]._slide, compute, dstreams)
        return made._explaining("transform", transformFunc)

    def union(self, *dstreams):
        """The partitions of all streams, in order."""
        if not dstreams:
            raise ValueError("should have at least one DStream to union")
        if len(dstreams) == 1:
            return dstreams[0]
        if len({stream._slide for stream in dstreams}) > 1:
            raise ValueError("All DStreams should have same slide duration")
        return self.transform(dstreams, lambda rdds: self._sc.union(rdds))

    def checkpoint(self, directory):
        """Names the directory where state is kept between runs."""
        self._engine.checkpoint(directory)
        self._checkpoint_dir = directory
        self._sc.setCheckpointDir(directory)

    def remember(self, duration):
        """Keeps the RDDs of every stream for so many seconds."""
        if self._remembered is not None:
            raise IllegalArgumentException(
                "requirement failed: Remember duration already set as %d ms. Cannot set it again."
                % self._remembered
            )
        self._remembered = int(duration * 1000)
        self._graph.remember = self._remembered

    def addStreamingListener(self, streamingListener):
        """Adds a listener; one that is added after the start is told what happens from then on."""
        if not hasattr(streamingListener, "onBatchCompleted"):
            raise TypeError("a StreamingListener is needed, not %r" % (streamingListener,))
        self._engine.add_listener(teller(streamingListener))

    # What runs.

    def start(self):
        """Starts to receive and to run batches, and returns."""
        state = self._engine.state()
        if state == "ACTIVE":
            self._calls.warn("start", "StreamingContext has already been started")
            return
        from ..errors.exceptions import Py4JJavaError

        if state == "STOPPED":
            raise Py4JJavaError(
                "java.lang.IllegalStateException: StreamingContext has already been stopped"
            )
        if not self._graph.outputs:
            raise IllegalArgumentException(
                "requirement failed: No output operations registered, so nothing to execute"
            )
        if self._stateful and self._checkpoint_dir is None:
            raise IllegalArgumentException(
                "requirement failed: The checkpoint directory has not been set. Please set it by "
                "StreamingContext.checkpoint()."
            )
        active = StreamingContext.getActive()
        if active is not None:
            raise Py4JJavaError(
                "java.lang.IllegalStateException: Only one StreamingContext may be started in "
                "this JVM. Currently running StreamingContext was started at another place"
            )
        if os.environ.get("MILLRACE_EXPLAIN"):
            # What `millrace-submit --explain` asks for. No `except` of the program may go on.
            print(explained(*[stream for stream, _, _ in self._graph.outputs]), end="", flush=True)
            os._exit(0)
        skips = self._sc._conf.get("millrace.onRecordError", "fail").strip() == "skip"
        lower(self, skips)
        self._graph.prepare()
        is_durable = self._checkpoint_dir is not None
        if is_durable or self._engine.is_watched():
            self._graph.keep(self._engine, is_durable)
        outputs = [
            (lambda time, number=number: self._run(number, time, skips), name)
            for number, (_, _, name) in enumerate(self._graph.outputs)
        ]
        # From here on a signal may end the program, and the engine must not outlive it.
        atexit.register(self._leave)
        self._signals.watch()
        self._screen.share()
        try:
            kept = self._graph.kept and self._graph.kept.shown()
            self._engine.start(self._graph.natives, outputs, self._ticks, kept)
        except RuntimeError as error:
            atexit.unregister(self._leave)
            raise IllegalArgumentException(_said_of_classes(str(error))) from None
        StreamingContext._activeContext = self

    def _run(self, number, time, skips):
        """Runs output number `number` of the batch, in which records may be skipped."""
        self._sc._skip = self._engine.skip if skips else None
        try:
            return self._graph.run(number, time)
        finally:
            self._sc._skip = None

    def awaitTermination(self, timeout=None):
        """Waits until the context has stopped, or `timeout` seconds; raises what went wrong."""
        self.awaitTerminationOrTimeout(timeout if timeout is not None else float("inf"))

    def awaitTerminationOrTimeout(self, timeout):
        """As `awaitTermination`; says whether the context has stopped."""
        until = clock.monotonic() + timeout
        with self._signals.waiting():
            while True:
                left = max(until - clock.monotonic(), 0.0)
                ended = self._wait(min(left, 0.1))
                self._raise_failure()
                if ended:
                    self._signals.raise_if_interrupted()
                    return True
                if left == 0.0:
                    return False

    def _wait(self, seconds):
        """Waits for the engine, and notes what it tells; whether the stream has ended."""
        ended, failure = self._engine.wait(seconds)
        if failure is not None:
            self._graph.fail_stream(*failure)
        return ended

    def _raise_failure(self):
        error = self._graph.failure()
        if error is not None:
            raise error

    def stop(self, stopSparkContext=True, stopGraceFully=False):
        """Stops; with grace, what was received is run first. A batch that runs is waited for."""
        self._stop_engine(bool(stopGraceFully))
        if StreamingContext._activeContext is self:
            StreamingContext._activeContext = None
        self._signals.forget()
        self._screen.leave()
        if stopSparkContext:
            self._sc.stop()

    def _stop_engine(self, graceful):
        """Stops the engine; where signals are heard they go on to be, however long it takes."""
        if os.getpid() != self._process:
            # A child of a fork, in which nothing of the engine runs.
            return
        if threading.current_thread() is threading.main_thread():
            self._engine.ask_to_stop(graceful)
            while self._engine.state() == "ACTIVE":
                clock.sleep(0.005)
        self._engine.stop(graceful)
        # What nobody has waited for is not lost.
        self._wait(0.0)

    @classmethod
    def _stop_active(cls):
        active = cls.getActive()
        if active is not None:
            active.stop(stopSparkContext=False)

    def _leave(self):
        """The program is through: the engine must not outlive the interpreter."""
        if os.getpid() != self._process:
            return
        with self._signals.waiting():
            if self._signals.asked():
                # Somebody asked for an end with grace, and the program has not waited for it.
                while not self._wait(0.1):
                    pass
            self._stop_engine(False)
        self._screen.leave()
        self._graph.log_failure()

    def _milliseconds(self, time):
        if isinstance(time, datetime):
            return int(time.timestamp()) * 1000
        return int(time * 1000)


def _milliseconds_of(duration):
    """A batch duration, which is in seconds; too small or too large a one is refused."""
    if isinstance(duration, numbers.Number) and 1 <= duration * 1000 < 2**63:
        return int(duration * 1000)
    raise IllegalArgumentException(
        "requirement failed: The batch duration must be a positive number of seconds, and is %r"
        % (duration,)
    )


def _said_of_classes(text):
    """The engine's error; in other words if it is only that a class is gone from the program."""
    where, words, why = text.partition(_engine.CANNOT_MAKE)
    if not words:
        return text
    return (
        "%s has an object that this program cannot make: %s; nothing was changed: define the class "
        "where it was, by the name that it had, or choose another checkpoint directory"
        % (where.partition(" is damaged at byte ")[0], why.partition("; it was left as it is")[0])
    )


def _kept_partitions(settings, directory):
    """The number of partitions of the checkpoint that is gone on from, unless another was named.

    It is Spark's rule, whatever the number of cores is now.
    """
    for key in ("spark.streaming.checkpoint.directory", "millrace.checkpoint.dir"):
        directory = settings.get(key, directory)
    recover = str(settings.get("millrace.checkpoint.recover", "false"))
    named = settings.contains("spark.default.parallelism")
    if named or directory is None or recover.strip().lower() == "false":
        return None
    return _engine.kept_partitions(directory, recover)
