"""State that lives from batch to batch."""


class Stateful:
    """``updateStateByKey``, and ``mapWithState``, which PySpark does not have."""

    def updateStateByKey(self, updateFunc, numPartitions=None, initialRDD=None):
        """Keeps a state for every key.

        Every batch `updateFunc(new_values, state)` is called for every key that has a state or new
        values; what it returns is the state from then on, and None removes the key. `initialRDD`
        is an RDD or a list of pairs that are there at the beginning.
        """
        from ._updated import Updated

        if initialRDD is not None and not hasattr(initialRDD, "_iterator"):
            initialRDD = self._sc.parallelize(initialRDD)
        self._ssc._keeps_state()
        return Updated(self, updateFunc, self._partitions_or(numPartitions), initialRDD)

    def mapWithState(self, spec):
        """Maps every record of pairs by a function that sees and changes the state of its key.

        `spec` is a `StateSpec`, or the function alone. The function is called once for every
        record, those of a key in the order in which they came. A batch costs its records, whatever
        the states are. ``stateSnapshots()`` of what this gives is a stream of all states.
        """
        from ._mapped import MapWithStateDStream
        from .state import StateSpec

        self._ssc._keeps_state()
        return MapWithStateDStream(self, spec if isinstance(spec, StateSpec) else StateSpec(spec))
