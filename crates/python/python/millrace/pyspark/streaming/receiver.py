"""Receivers that a program writes itself: ``Receiver``, which PySpark does not have.

The methods are those of Scala's class. The engine bounds what a receiver stores and slows it
down, starts it again when it asks for that, and tells listeners, as with every other receiver.
"""

import threading

from .._say import Repeats
from ..errors.exceptions import own_traceback
from ..storagelevel import StorageLevel

#: The receiver, and the handle of its start, that a thread of the engine works for.
_own = threading.local()


class Receiver:
    """A source of records that a program writes itself.

    The simple way is a generator: `receive` gives the records, on a thread of its own.

    >>> class Countdown(Receiver):
    ...     def receive(self):
    ...         yield from range(3, 0, -1)
    >>> ssc.receiverStream(Countdown()).pprint()

    A program that needs more overrides `onStart`, which starts threads (`spawn`) that call `store`
    until `isStopped` says that they should end, and returns; and `onStop`, if the threads have to be
    woken for that. After `restart`, `onStop` is called and, after a delay, `onStart` again.

    `storageLevel` has no effect: what is received waits in memory.
    """

    _handle = None
    _repeats = None

    def __init__(self, storageLevel=StorageLevel.MEMORY_AND_DISK_2):
        self.storageLevel = storageLevel

    # What a program overrides.

    def onStart(self):
        """Starts to receive, on threads of its own, and returns. By default it spawns `receive`."""
        self.spawn(self._store_all)

    def onStop(self):
        """Makes what `onStart` has started end. Threads that ask `isStopped` need nothing more."""

    def receive(self):
        """Gives the records one by one, a generator. When it ends, the receiver has stopped."""
        raise NotImplementedError("%s has neither receive nor onStart" % type(self).__name__)

    # What a program calls.

    def store(self, record):
        """Stores one record; says whether it was stored, which is so until the context has stopped.

        Waits while ``spark.streaming.receiver.maxRate`` is reached, and while the memory for what
        was received (``millrace.receiver.maxBytesInFlight``) is full.
        """
        return self._started().store(record)

    def storeBlock(self, records, metadata=None):
        """Stores records together, as one block of one batch, and returns when that is done.

        `metadata`, a text, is shown to listeners with the batch. Not limited by the rate.
        """
        return self._started().store_block(list(records), metadata)

    def reportError(self, message, error=None):
        """Tells listeners and standard error about an error; the receiver goes on."""
        self._started().report_error(message, _text_of(error))

    def restart(self, message, error=None, millisecond=None):
        """Stops the receiver and starts it again, after `millisecond` or the usual delay.

        The usual delay is ``spark.streaming.receiverRestartDelay``, two seconds. Returns at once.
        """
        self._started().restart(message, _text_of(error), millisecond)

    def stop(self, message, error=None):
        """Stops the receiver for the rest of the run; what it has stored is run. Returns at once."""
        if error is not None:
            self.reportError(message, error)
        self._started().stop(message)

    def isStarted(self):
        """True if the receiver has been started and not been stopped or restarted since."""
        handle = self._current()
        return handle is not None and handle.is_started()

    def isStopped(self):
        """True if the receiver should end: it was stopped or restarted, or the context stops.

        In a thread that `spawn` has started it says so of the start that the thread belongs to.
        """
        return not self.isStarted()

    @property
    def streamId(self):
        """The number of the receiver's stream, once it has started."""
        return self._started().stream_id()

    def spawn(self, function, *arguments):
        """Calls `function(*arguments)` on a thread of its own.

        If it raises an exception, that is shown and the receiver is restarted. When the context
        stops it waits for such threads, ten seconds at most.
        """
        handle = self._started()
        name = getattr(function, "__name__", type(function).__name__)

        def run():
            _own.works_for = (self, handle)
            self._guarded(handle, function, *arguments)

        handle.spawn(name, run)

    # What the engine calls.

    def _start(self, handle):
        self._handle = handle
        if self._repeats is None:
            self._repeats = Repeats()
        self._guarded(handle, self.onStart)

    def _stop(self):
        try:
            self.onStop()
        except Exception as error:
            self._show("onStop", error)
            self._handle.report_error("onStop raised %s" % _line_of(error), _text_of(error))

    def _guarded(self, handle, function, *arguments):
        try:
            function(*arguments)
        except BaseException as error:
            if not handle.is_started():
                return  # It was to end, and has ended.
            name = getattr(function, "__name__", type(function).__name__)
            self._show(name, error)
            shown = "receive" if function == self._store_all else name
            handle.restart("%s raised %s" % (shown, _line_of(error)), _text_of(error), None)

    def _show(self, name, error):
        kind = "%s %s" % (name, type(error).__name__)
        self._repeats.trouble(kind, own_traceback(error))

    def _store_all(self):
        for record in self.receive():
            if not self.store(record) or self.isStopped():
                return
        self.stop("it has no more records")

    def _current(self):
        receiver, handle = getattr(_own, "works_for", (None, None))
        return handle if receiver is self else self._handle

    def _started(self):
        handle = self._current()
        if handle is None:
            raise RuntimeError(
                "the receiver has not been started: give it to receiverStream, and start the context"
            )
        return handle


def _text_of(error):
    """An error in full, as listeners get it."""
    return own_traceback(error) if isinstance(error, BaseException) else str(error or "")


def _line_of(error):
    return ("%s: %s" % (type(error).__name__, error)).rstrip(": ")


Receiver.__class_getitem__ = classmethod(lambda cls, _item: cls)
