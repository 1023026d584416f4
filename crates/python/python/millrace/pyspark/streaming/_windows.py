"""Operators over a number of batches."""

from .._paths import named_as
from ..resultiterable import ResultIterable
from ._windowed import Inverse


class Windows:
    """Windows."""

    def _check_window(self, window, slide):
        """Refuses, with PySpark's words, what is no multiple of this stream's slide."""
        duration = self._slide
        for name, value in (("windowDuration", window), ("slideDuration", slide)):
            if value is not None and int(value * 1000) % duration != 0:
                raise ValueError(
                    "%s must be multiple of the parent dstream's slide (batch) duration (%d ms)"
                    % (name, duration)
                )
        if slide is not None and slide <= 0:
            raise ValueError("slideDuration must be positive, and is %s" % slide)

    def window(self, windowDuration, slideDuration=None):
        """A stream of the records of the last `windowDuration` seconds, every `slideDuration`."""
        self._check_window(windowDuration, slideDuration)
        from .dstream import TransformedDStream

        window = int(windowDuration * 1000)
        slide = self._slide if slideDuration is None else int(slideDuration * 1000)

        @named_as(TransformedDStream)
        class Windowed(TransformedDStream):
            def _needs(own):
                return [(self, window)]

        def parts(time):
            return self._between(time - window, time)

        made = Windowed(self._ssc, slide, lambda time: self._as_one(parts(time)), (self,))
        made._window = parts
        return made

    def _between(self, after, until):
        """The RDDs of the times behind `after` and up to `until`."""
        times = range(after + self._slide, until + 1, self._slide)
        return [rdd for rdd in map(self._rdd, times) if rdd is not None]

    def _as_one(self, rdds):
        return self._sc.union(rdds) if rdds else self._sc.emptyRDD()

    def reduceByWindow(self, reduceFunc, invReduceFunc, windowDuration, slideDuration):
        """The one record that `reduceFunc` makes of all records of the window."""
        keyed = self.map(lambda x: (1, x))
        reduced = keyed.reduceByKeyAndWindow(
            reduceFunc, invReduceFunc, windowDuration, slideDuration, 1
        )
        return reduced.map(lambda pair: pair[1])

    def countByWindow(self, windowDuration, slideDuration):
        """The number of records of the window."""
        return self.map(lambda x: 1).reduceByWindow(
            lambda a, b: a + b, lambda a, b: a - b, windowDuration, slideDuration
        )

    def countByValueAndWindow(self, windowDuration, slideDuration, numPartitions=None):
        """Pairs of a record and how often it is in the window."""
        counted = self.map(lambda x: (x, 1)).reduceByKeyAndWindow(
            lambda a, b: a + b, lambda a, b: a - b, windowDuration, slideDuration, numPartitions
        )
        return counted.filter(lambda pair: pair[1] > 0)

    def groupByKeyAndWindow(self, windowDuration, slideDuration, numPartitions=None):
        """All values of a key in the window."""
        grouped = self.mapValues(lambda x: [x]).reduceByKeyAndWindow(
            lambda a, b: a + b,
            lambda a, b: a[len(b) :],
            windowDuration,
            slideDuration,
            numPartitions,
        )
        return grouped.mapValues(lambda values: ResultIterable(values))

    def reduceByKeyAndWindow(
        self,
        func,
        invFunc,
        windowDuration,
        slideDuration=None,
        numPartitions=None,
        filterFunc=None,
    ):
        """Makes of all values of a key in the window one, two at a time.

        With `invFunc`, which takes values out again, a window of at least five slides is made of
        the one before it; a key stays until `filterFunc` is false for it. Without, `filterFunc`
        has no effect, as in PySpark.
        """
        self._check_window(windowDuration, slideDuration)
        numPartitions = self._partitions_or(numPartitions)
        reduced = self.reduceByKey(func, numPartitions)
        if not invFunc:
            windowed = reduced.window(windowDuration, slideDuration)
            return windowed.reduceByKey(func, numPartitions)
        return self._incremental(
            reduced, func, invFunc, windowDuration, slideDuration, numPartitions, filterFunc
        )

    def _incremental(self, reduced, func, invFunc, window, slide, count, filterFunc):
        from .dstream import TransformedDStream

        window = int(window * 1000)
        slide = self._slide if slide is None else int(slide * 1000)
        self._ssc._keeps_state()

        def enter(before, more):
            made = more.reduceByKey(func, count)
            if before is not None:
                made = before.union(made).reduceByKey(func, count)
            return made.filter(filterFunc)._whole() if filterFunc else made

        def leave(before, gone):
            joined = before.leftOuterJoin(gone.reduceByKey(func, count), count)
            return joined.mapValues(
                lambda pair: invFunc(pair[0], pair[1]) if pair[1] is not None else pair[0]
            )._whole()

        @named_as(TransformedDStream)
        class Incremental(TransformedDStream):
            _keeps = "reduceByKeyAndWindow"
            _is_by_key = True

            def _needs(own):
                # The window before this one, and what has left since.
                own._is_held = True
                own._remember = max(own._remember, 2 * slide)
                return [(reduced, window + slide)]

        def parts(time):
            before = made._made.get(time - slide)
            if before is None or before._failure is not None or window < slide * 5:
                return None, [], reduced._between(time - window, time)
            gone = reduced._between(time - slide - window, time - window)
            return before, gone, reduced._between(time - slide, time)

        def compute(time):
            before, gone, more = parts(time)
            gone = self._as_one(gone)
            if gone.getNumPartitions():
                before = leave(before, gone)
            return enter(before, self._as_one(more))

        made = Incremental(self._ssc, slide, compute, (reduced,))
        made._inverse = Inverse(parts, (func, invFunc, filterFunc or None), count)
        return made
