"""Events of its own run that a program is told.

An event is looked into by Java's getters, as in PySpark:
``batchCompleted.batchInfo().batchTime().milliseconds()``.
"""

from collections import namedtuple

from .._say import Repeats
from ..errors.exceptions import own_traceback


class StreamingListener:
    """Callbacks for what happens to batches and receivers. All are there; override what you need."""

    def onStreamingStarted(self, streamingStarted):
        """The context has started."""

    def onReceiverStarted(self, receiverStarted):
        """A receiver has started."""

    def onReceiverError(self, receiverError):
        """A receiver has reported an error."""

    def onReceiverStopped(self, receiverStopped):
        """A receiver has stopped."""

    def onBatchSubmitted(self, batchSubmitted):
        """A batch is queued."""

    def onBatchStarted(self, batchStarted):
        """A batch is being run."""

    def onBatchCompleted(self, batchCompleted):
        """A batch has been run."""

    def onOutputOperationStarted(self, outputOperationStarted):
        """An output of a batch is being run."""

    def onOutputOperationCompleted(self, outputOperationCompleted):
        """An output of a batch has been run."""


class Time:
    """A batch time."""

    def __init__(self, milliseconds):
        self._milliseconds = milliseconds

    def milliseconds(self):
        """Milliseconds since the epoch."""
        return self._milliseconds

    def __str__(self):
        return "%d ms" % self._milliseconds

    __repr__ = __str__


class Info:
    """The contents of an event: a method for each of its parts."""

    def __init__(self, parts):
        self._parts = {name: _seen(name, value) for name, value in parts.items()}

    def __getattr__(self, name):
        try:
            value = self.__dict__["_parts"][name]
        except KeyError:
            raise AttributeError(name) from None
        return lambda: value

    def __repr__(self):
        return "Info(%s)" % ", ".join("%s=%r" % part for part in self._parts.items())


def _seen(name, value):
    if name == "batchTime":
        return Time(value)
    if isinstance(value, dict):
        return {key: Info(parts) for key, parts in value.items()}
    return value


#: The name of the method by which an event gives what it holds.
_HOLDS = {
    "onReceiverStarted": "receiverInfo",
    "onReceiverError": "receiverInfo",
    "onReceiverStopped": "receiverInfo",
    "onBatchSubmitted": "batchInfo",
    "onBatchStarted": "batchInfo",
    "onBatchCompleted": "batchInfo",
    "onOutputOperationStarted": "outputOperationInfo",
    "onOutputOperationCompleted": "outputOperationInfo",
}


def teller(listener):
    """The function that tells a listener of an event, given its name and parts.

    An error of the listener's is shown, and the run goes on, as in Spark.
    """
    repeats = Repeats()

    def tell(name, parts):
        info = Info(parts)
        holds = _HOLDS.get(name)
        if holds is not None:
            event = namedtuple(name[2:], [holds])
            held = info
            info = event(lambda: held)
        try:
            getattr(listener, name)(info)
        except Exception as error:
            kind = "%s %s" % (name, type(error).__name__)
            repeats.trouble(kind, own_traceback(error))

    return tell
