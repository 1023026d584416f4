"""States that lack a batch.

In Spark a state is computed from the one before it: where the function failed once it fails again,
and no later batch of the stream has anything to show. So it is here, but that nothing is tried
again. The law: a state that lacks a batch is never shown, and never in the checkpoint; a run that
goes on from there begins with the batch that failed.
"""

from ..errors.exceptions import Py4JJavaError, in_operator, task_failed
from ..rdd import RDD
from ._graph import local_time


def unless_lost(stream, time, compute):
    """The batch that `compute(time)` makes of a stream's states; it may be one that has failed."""
    states, operator = stream._states, "%s at %s:%d" % stream._called
    if states.lacks is None:
        try:
            return compute(time)
        except (Exception, SystemExit) as error:
            states.lacks = time
            stream._ssc._graph.lack()
            in_operator(error, local_time(time), operator)
            failed = error if isinstance(error, Py4JJavaError) else task_failed(error)
    else:
        failed = Py4JJavaError(
            "batch %s, %s: batch %s failed, and the states lack it: nothing is shown of them any "
            "more, and no batch is committed; a run that goes on from the checkpoint has all of them"
            % (local_time(time), operator, local_time(states.lacks))
        )
    return RDD(stream._sc, 1, None)._fail(failed)
