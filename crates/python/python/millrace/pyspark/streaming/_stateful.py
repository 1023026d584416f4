"""State that lives from batch to batch."""


class Stateful:
    """``updateStateByKey``, and ``mapWithState``, which PySpark does not have."""

    def updateStateByKey(self, updateFunc, numPartitions=None, initialRDD=None):
        """Keeps a state for every key.

        Every batch `updateFunc(new_values, state)` is called for every key that has a state or new
        values; what it returns is the state from then on, and None removes the key. `initialRDD`
        is an RDD or a list of pairs that are there at the beginning.
        """
        from .dstream import TransformedDStream

        if numPartitions is None:
            numPartitions = self._sc.defaultParallelism
        if initialRDD and not hasattr(initialRDD, "_iterator"):
            initialRDD = self._sc.parallelize(initialRDD)
        self._ssc._keeps_state()

        def update(before, new):
            if before is None:
                grouped = new.groupByKey(numPartitions).mapValues(lambda own: (list(own), None))
            else:
                both = before.cogroup(new.partitionBy(numPartitions), numPartitions)
                grouped = both.mapValues(
                    lambda pair: (list(pair[1]), next(iter(pair[0]), None))
                )
            updated = grouped.mapValues(lambda pair: updateFunc(pair[0], pair[1]))._whole()
            return updated.filter(lambda pair: pair[1] is not None)

        class State(TransformedDStream):
            _keeps = "updateStateByKey"
            _is_by_key = True

            def _needs(own):
                own._is_held = True
                own._remember = max(own._remember, 2 * own._slide)
                return [(self, 0)]

        def compute(time):
            # The last one there is: a batch that failed has left none.
            earlier = [made for made in state._made if made < time]
            before = state._made[max(earlier)] if earlier else initialRDD
            new = self._rdd(time)
            return before if new is None else update(before, new)

        state = State(self._ssc, self._slide, compute, (self,))
        options = {"partitions": numPartitions, "initial": initialRDD}
        state._operator = ("updateStateByKey", updateFunc, options)
        return state

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
