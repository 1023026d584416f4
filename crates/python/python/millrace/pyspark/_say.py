"""Messages of this package on standard error.

The engine and Python share the screen, so lines go through the engine, which keeps them whole and
knows which are wanted. Where the program has put something else in the place of ``sys.stderr``, as
notebooks do, they go there.
"""

import atexit
import sys

from ._native import _engine

atexit.register(_engine.finish_stderr)


def warn(line):
    """Says a line that the user has to know."""
    _say(line, False)


class Repeats:
    """Says what can come again and again, each kind at growing intervals."""

    def __init__(self):
        self._pauses = _engine.Pauses()

    def warn(self, kind, line):
        """Says a line that the user has to know, or counts it if one of its kind was just said."""
        due = self._pauses.due(kind, line)
        if due is not None:
            warn(due)

    def trouble(self, kind, text, notes=()):
        """Says what the program's own code did wrong, and lines about it, or counts it."""
        due = self._pauses.due(kind, text)
        if due is not None:
            trouble(due)
            for note in notes:
                trouble("millrace: " + note)
        return due is not None

    def end(self, speaker):
        """Says how often something was only counted: nothing comes any more."""
        left = self._pauses.end()
        if left is not None:
            warn("millrace: %s: errors such as those above were left out %s" % (speaker, left))


def info(line):
    """Says a line that is no trouble."""
    _say(line, True)


def _say(line, is_info):
    if _is_own():
        sys.stderr.flush()
        _engine.say(line, is_info)
    elif _engine.says(is_info):
        print(line, file=sys.stderr, flush=True)


def trouble(text):
    """Says what the program's own code did wrong: a traceback may have many lines."""
    if _is_own():
        sys.stderr.flush()
        _engine.say_last(text)
    else:
        print(text, file=sys.stderr, flush=True)


def _is_own():
    try:
        return sys.stderr.fileno() == 2
    except (AttributeError, OSError, ValueError):
        return False


class _Behind:
    """A stream of the program's on the screen that has the live line: the line makes room."""

    def __init__(self, stream):
        self._stream = stream

    def write(self, text):
        _engine.step_aside()
        return self._stream.write(text)

    def writelines(self, lines):
        _engine.step_aside()
        return self._stream.writelines(lines)

    def __getattr__(self, name):
        return getattr(self._stream, name)


class Screen:
    """The program's standard error and output, while a live line may be shown."""

    def __init__(self):
        self._before = {}

    def share(self):
        """Has what the program writes there erase the live line first."""
        if not _engine.has_live_line():
            return
        for name in ("stderr", "stdout"):
            stream = getattr(sys, name)
            if stream is not None and stream.isatty():
                self._before[name] = stream
                setattr(sys, name, _Behind(stream))

    def leave(self):
        """Gives the streams back, unless the program has others by now."""
        for name, stream in self._before.items():
            if isinstance(getattr(sys, name), _Behind):
                setattr(sys, name, stream)
        self._before = {}
