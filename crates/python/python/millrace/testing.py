"""Batches in, results out: what a test of a streaming program needs.

The test owns the clock. A batch runs when the test hands it over, in the thread of the test, at
a batch time that is one interval after the one before. Nothing is received, nothing waits, and
nothing depends on how busy the machine is.

>>> def count_words(lines):
...     words = lines.flatMap(lambda line: line.split(" "))
...     return words.map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b)
>>> [sorted(batch) for batch in run(count_words, [["a b", "a"], ["b"]])]
[[('a', 2), ('b', 1)], [('b', 1)]]

Record functions run in CPython here. ``stream.explain()`` says which tier they have in a program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from millrace.pyspark import RDD, SparkConf, SparkContext
from millrace.pyspark.streaming import DStream, StreamingContext

__all__ = ["Clock", "run"]


def run(
    program: Callable[..., Any],
    *inputs: Sequence[list[Any] | RDD[Any]],
    interval: float = 1,
    conf: Mapping[str, Any] | None = None,
) -> Any:
    """Runs `program` on lists of batches, and gives the records that every batch had.

    `program` takes as many streams as there are `inputs`, and returns a stream or a tuple of
    streams. An input is a list of batches, and a batch a list of records or an RDD. An input
    that has ended has empty batches until the longest has ended. For one stream the result
    is a list with a list of records per batch, for a tuple a tuple of such lists. A batch
    in which the stream has no RDD, between two slides of a window, is None.

    `interval` is in seconds. `conf` holds settings beside those of `SparkConf`.

    >>> def sums(numbers):
    ...     return numbers.reduce(lambda a, b: a + b), numbers.window(2).count()
    >>> run(sums, [[1, 2], [3, 4]])
    ([[3], [7]], [[2], [4]])
    """
    with Clock(interval, conf) as clock:
        streams = [clock.input() for _ in inputs]
        returned = program(*streams)
        several = isinstance(returned, tuple)
        results = [clock.collect(stream) for stream in (returned if several else (returned,))]
        for number in range(max(map(len, inputs), default=0)):
            for stream, batches in zip(streams, inputs):
                clock.give(stream, batches[number] if number < len(batches) else [])
            clock.advance()
        return tuple(results) if several else results[0]


class Clock:
    """A streaming context whose batches run when `advance` is called.

    >>> with Clock(interval=1) as clock:
    ...     numbers = clock.input()
    ...     seen = clock.collect(numbers.window(2))
    ...     clock.give(numbers, [1, 2])
    ...     clock.advance()
    ...     clock.advance(2)
    >>> seen
    [[1, 2], [1, 2], []]

    ``clock.context`` is the `StreamingContext`, for ``union`` or ``transform``. A `SparkContext`
    that is there is used and left alone; else one is made, and stopped at the end.
    """

    def __init__(self, interval: float = 1, conf: Mapping[str, Any] | None = None) -> None:
        own = SparkConf().setIfMissing("spark.app.name", "testing")
        own.setIfMissing("spark.master", "local[2]").set("spark.ui.enabled", False)
        own.setAll((conf or {}).items())
        active = SparkContext._active_spark_context
        if active is not None and conf:
            raise ValueError("conf has no effect: a SparkContext is there already; stop it first")
        self._stops_spark = active is None
        self._spark = active or SparkContext(conf=own)
        try:
            self.context = _Undisturbed(self._spark, interval)
        except BaseException:
            self._leave()
            raise
        self._waiting = {}
        self._collected = []
        #: The time of the batch that ran last, in milliseconds since the epoch.
        self.now = 0
        self._is_running = False

    def __enter__(self) -> Clock:
        return self

    def __exit__(self, *raised: Any) -> None:
        self.context.stop(stopSparkContext=False)
        self._leave()

    def _leave(self) -> None:
        if self._stops_spark:
            self._spark.stop()

    def input(self) -> DStream[Any]:
        """A new stream, whose batches are what `give` hands over."""
        waiting = []

        def compute(time):
            return waiting.pop(0) if waiting else self._spark.parallelize([], 1)

        stream = DStream(self.context, self.context._interval, compute)
        self._waiting[stream] = waiting
        return stream

    def give(self, stream: DStream[Any], batch: list[Any] | RDD[Any]) -> None:
        """Queues a list of records, or an RDD, as the next batch of an input."""
        if stream not in self._waiting:
            raise ValueError("give takes a stream that input() of this clock has made")
        dataset = batch if hasattr(batch, "_iterator") else self._spark.parallelize(batch)
        self._waiting[stream].append(dataset)

    def collect(self, stream: DStream[Any]) -> list[list[Any] | None]:
        """A list that gets the records of `stream` with every batch: a list, or None."""
        if not isinstance(stream, DStream):
            raise TypeError("a stream is collected, not %r; return it" % (stream,))
        results = []
        self._collected.append(results)
        stream.foreachRDD(lambda rdd: results.append(rdd.collect()))
        return results

    def advance(self, batches: int = 1) -> None:
        """Moves the time by so many batch intervals, and runs the batch of each.

        Raises what a function of the program raised, as `awaitTermination` does.
        """
        for _ in range(batches):
            self._run_batch()

    def _run_batch(self):
        graph = self.context._graph
        if graph.natives:
            raise ValueError("a test gives its batches itself: take a stream of input() instead")
        if not graph.outputs:
            raise ValueError("there is no output: collect a stream, or register another output")
        if not self._is_running:
            self._is_running = True
            graph.prepare()
        self.now += graph.interval
        before = [len(results) for results in self._collected]
        for number in range(len(graph.outputs)):
            graph.run(number, self.now)
        self.context._raise_failure()
        for results, length in zip(self._collected, before):
            if len(results) == length:
                results.append(None)


class _Undisturbed(StreamingContext):
    """A context that nobody but the clock runs."""

    def start(self):
        """Refuses: the test runs the batches."""
        raise RuntimeError("the clock of the test runs the batches; call advance() instead")
