"""SIGINT, SIGTERM and SIGHUP: the first one asks for an end, the second one does not ask.

As with the programs that are not Python: what was received is run first, then the program ends,
with 130 after SIGINT. SIGHUP is left alone if whoever started the program had it ignored (nohup),
and is never the second one: a terminal that is closed sends several. A program that is in ``awaitTermination`` gets its KeyboardInterrupt when
the stream has ended, and one that does something else gets it at once. A child of a fork has no stream:
signals are to it what they are to any process.
"""

import os
import signal
import sys
import threading
import weakref
from contextlib import contextmanager

from .._native import _engine
from .._say import info


_OURS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

#: The signals that are heard in this process.
_heard_here = weakref.WeakSet()


#: The signals that a thread held back before it has forked.
_held = threading.local()


def _hold_back():
    """Runs before a fork: a pool may end its child by SIGTERM before that has left our handlers.

    A signal that comes meanwhile waits, for the child as for this process.
    """
    if len(_heard_here):
        _held.before = signal.pthread_sigmask(signal.SIG_BLOCK, _OURS)


def _let_through():
    before = getattr(_held, "before", None)
    if before is not None:
        _held.before = None
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _leave_to_the_child():
    """Runs in a child of a fork, to which signals are what they are to any process."""
    for signals in list(_heard_here):
        signals.forget()
    _let_through()


os.register_at_fork(
    before=_hold_back, after_in_parent=_let_through, after_in_child=_leave_to_the_child
)


class Signals:
    """The signals of a context."""

    def __init__(self, ssc):
        self._ssc = ssc
        self._heard = None
        self._waiting = 0
        self._before = {}

    def watch(self):
        """Takes over the signals that the program has left as they were."""
        if threading.current_thread() is not threading.main_thread():
            return
        own = {
            signal.SIGINT: signal.default_int_handler,
            signal.SIGTERM: signal.SIG_DFL,
            signal.SIGHUP: signal.SIG_DFL,
        }
        for number, default in own.items():
            if signal.getsignal(number) == default:
                _heard_here.add(self)
                self._before[number] = default
                signal.signal(number, self._hear)

    def forget(self):
        """Gives the signals back."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number, before in self._before.items():
            if signal.getsignal(number) == self._hear:
                signal.signal(number, before)
        self._before = {}

    def _hear(self, number, frame):
        if self._heard is not None:
            if number == signal.SIGHUP:
                return
            sys.stdout.flush()
            os._exit(128 + number)
        self._heard = number
        conf = self._ssc._sc._conf
        graceful = conf.get("spark.streaming.stopGracefullyOnShutdown", "true") != "false"
        # A second one ends the process where it stands.
        _engine.retire_live_line()
        info(
            "millrace: stopping: what was received is run first; a second signal ends at once"
            if graceful
            else "millrace: stopping: what was received and not run is left"
        )
        self._ssc._engine.ask_to_stop(graceful)
        if not self._waiting:
            if number == signal.SIGINT:
                raise _announced()
            raise SystemExit(0)

    def asked(self):
        """True if a signal has come."""
        return self._heard is not None

    @contextmanager
    def waiting(self):
        """Marks what runs inside as waiting for the end of the stream."""
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    def raise_if_interrupted(self):
        """The stream has ended: what SIGINT does to a Python program, it does now."""
        if self._heard == signal.SIGINT:
            raise _announced()


def _announced():
    """A KeyboardInterrupt of which everything has been said."""
    interrupt = KeyboardInterrupt()
    interrupt.was_announced = True
    return interrupt
