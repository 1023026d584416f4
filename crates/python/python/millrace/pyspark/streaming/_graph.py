"""The streams and outputs that a program has described, and one batch after the other of them.

The engine tells when a batch is due, output by output. With the first one all streams say what
they have for the batch, as Spark generates its jobs, and then every output runs. An error of the
program ends its output or batch, not the run: whoever waits is told.
"""

import os
import sys
import threading
import weakref
from datetime import datetime

from .._last_words import hint
from .._say import Repeats, trouble
from ..errors.exceptions import (
    Py4JJavaError,
    cause_of,
    in_operator,
    operator_of,
    own_traceback,
    stream_failed,
)
from ._kept import Kept


def local_time(milliseconds):
    """A batch time as PySpark hands it to functions: naive, in local time."""
    return datetime.fromtimestamp(milliseconds / 1000.0)


class Graph:
    """The streams and outputs of a context."""

    def __init__(self, interval, stop):
        self.interval = interval
        self.stop = stop
        self.zero = None
        self.outputs = []
        self.streams = []
        self.natives = []
        self.remember = 0
        self.now = None
        self._jobs = []
        self._fresh = []
        #: The lines that the output that runs has printed, if it prints records.
        self._printed = None
        #: State of streams over a restart, if there is some and a place for it.
        self.kept = None
        self._failure = None
        #: The batch time and the exception of the program's own that was told last.
        self._told = None
        self._failed = threading.Lock()
        self._repeats = Repeats()

    def add_output(self, stream, function, name):
        """Registers an output: `function(time, rdd)`."""
        self.outputs.append((stream, function, name))

    def prepare(self):
        """Settles what has to be kept for how long; called once, at the start."""
        for stream in reversed(self.streams):
            stream._remember = max(stream._remember, stream._slide, self.remember)
            for parent, longer in stream._needs():
                parent._remember = max(parent._remember, stream._remember + longer)
                parent._is_held = parent._is_held or longer > 0
        for stream in self.streams:
            if self.remember > stream._slide:
                stream._is_held = stream._is_eager = True
            stream._is_eager = stream._is_eager or self._is_timely(stream)

    def _is_timely(self, stream):
        """True if a stream has to be looked at in every batch, because later it cannot be."""
        if stream._engine_stream is not None or stream._is_by_key or stream._states is not None:
            return True
        return any(parent._is_eager or self._is_timely(parent) for parent in stream._parents)

    def keep(self, engine, is_durable):
        """Lets the checkpoint have what the streams of Python keep from batch to batch.

        Without a checkpoint it is there for those who watch the run, and for nobody else.
        """
        held = [each for each in self.streams if each._is_held or each._states is not None]
        if held:
            self.kept = Kept(self, engine, held, is_durable)

    def run(self, number, time):
        """Runs output number `number` of the batch; called by the engine, in order.

        Gives why it failed, if it did, and the lines that it has printed, if it has.
        """
        reason = self._printed = None
        try:
            if self.zero is None:
                self._begin(time)
            if number == 0:
                self._generate(time)
            if number < len(self._jobs) and self._jobs[number] is not None:
                self._jobs[number]()
        except BrokenPipeError:
            self._nobody_reads()
        except BaseException as error:
            output = self.outputs[number][2] if self._jobs else "transform"
            reason = own_traceback(error)
            self._tell(error, local_time(time), output)
        if number == len(self.outputs) - 1:
            self._end(time)
        return reason, None if self._printed is None else self._printed.lines

    def prints(self):
        """A new place for the lines that the output that runs prints."""
        self._printed = Printed()
        return self._printed

    def _begin(self, time):
        self.zero = time - self.interval
        if self.kept is not None:
            self.kept.restore()

    def _nobody_reads(self):
        """The output was closed: that is no failure, and the program ends quietly."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        self.stop()

    def _generate(self, time):
        self.now = time
        self._jobs = []
        try:
            for stream in self.streams:
                # A queue gives its items to the batches that are read, as in PySpark.
                if stream._states is not None or stream._is_held and stream._is_eager:
                    stream._rdd(time)
            self._jobs = [self._job(output, time) for output in self.outputs]
        except BaseException as error:
            for stream in self.streams:
                stream._miss(time, error)
            raise

    def _job(self, output, time):
        stream, function, _ = output
        rdd = stream._rdd(time)
        if rdd is None:
            return None
        return lambda: _accepted(function(local_time(time), rdd))

    def made(self, rdd):
        """Notes a dataset that can be read only while its batch runs."""
        self._fresh.append(weakref.ref(rdd))

    def _end(self, time):
        """Forgets what no later batch needs; what the program itself has kept is read now."""
        self._jobs = []
        try:
            for stream in self.streams:
                stream._forget(time)
            for reference in self._fresh:
                rdd = reference()
                if rdd is not None:
                    rdd._hold_or_fail()
            if self.kept is not None:
                self.kept.note()
        except BaseException as error:
            self.fail(error, "batch %s: what the program keeps of it cannot be read" % time)
        self._fresh = []
        self.now = None

    def lack(self):
        """A state lacks the batch that runs."""
        if self.kept is not None:
            self.kept.lack()

    def fail(self, error, where):
        """Notes an error of the program for whoever waits."""
        self._note(stream_failed(error), [where])

    def _tell(self, error, time, output):
        """Notes why an output failed; what several of them have read is told once a batch."""
        told = (time, cause_of(error))
        if self._told is not None and self._told[0] == time and self._told[1] is told[1]:
            return
        self._told = told
        where = operator_of(error) or (time, output)
        self.fail(error, "batch %s: %s failed by this error" % where)

    def told(self, error, place):
        """An error that the engine tells of, with the batch and operator, if it is theirs."""
        if type(error) is RuntimeError and error.__traceback__ is None:
            # The engine's own: its text says where it happened.
            return Py4JJavaError(str(error))
        if place is not None:
            in_operator(error, local_time(place[0]), _as_called(place[1]))
        return error

    def fail_stream(self, error, place):
        """Notes an error that the engine tells of, for whoever waits."""
        error = self.told(error, place)
        if isinstance(error, Py4JJavaError):
            return self._note(error, [])
        where = operator_of(error)
        notes = [] if where is None else ["batch %s: %s failed by this error" % where]
        self._note(stream_failed(error), notes)

    def _note(self, failed, where):
        """Keeps an error for whoever waits; of several the first is raised, the others shown."""
        failed.where = where
        with self._failed:
            first = self._failure is None
            if first:
                self._failure = failed
        if not first:
            self._show(failed, where)

    def _show(self, failed, where):
        """Shows an error, or counts it if the same place failed by its like a short while ago."""
        error = cause_of(failed)
        # Behind the time of the batch.
        places = [note.partition(": ")[2] for note in where]
        kind = " ".join([type(error).__name__, *places])
        if self._repeats.trouble(kind, own_traceback(failed), where):
            hint(failed)

    def failure(self):
        """Takes the error that was noted, if there is one."""
        with self._failed:
            error, self._failure = self._failure, None
            return error

    def log_failure(self):
        """Shows an error that nobody waits for, and says how many more there were."""
        error = self.failure()
        if error is not None:
            show(error, *error.where)
        self._repeats.end("failed batches")


class Printed:
    """The first lines that an output prints of a batch, for those who watch the run."""

    #: Lines and characters of a line; the engine keeps no more.
    LINES, CHARACTERS = 20, 200

    def __init__(self):
        self.lines = []

    def add(self, line):
        """Notes a line that was printed."""
        if len(self.lines) < self.LINES:
            cut = line[: self.CHARACTERS + 1]
            # Half a surrogate pair is no text to anybody but Python.
            self.lines.append(cut.encode("utf-8", "replace").decode("utf-8"))


def show(error, *where):
    """Shows an error on standard error, and in which batch and output it was."""
    trouble(own_traceback(error))
    for note in where:
        trouble("millrace: " + note)
    hint(error)


def _as_called(operator):
    """The name of an operator of the engine's, written as the program calls it."""
    name, at, place = operator.partition(" at ")
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest)) + at + place


def _accepted(returned):
    """PySpark's rule for what a function of ``foreachRDD`` may return."""
    if returned and not hasattr(returned, "_iterator"):
        raise AttributeError("'%s' object has no attribute '_jrdd'" % type(returned).__name__)
