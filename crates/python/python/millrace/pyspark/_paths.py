"""Which files are this package's, so that tracebacks and names show the program alone."""

import os
import sys
import types

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def is_ours(filename):
    """True if a frame's file belongs to this package."""
    return os.path.abspath(filename).startswith(ROOT)


def caller():
    """The file and the line of the program that called into this package."""
    return called()[1:]


def called():
    """The function of this package that the program called, and the file and the line of the call."""
    frame, name = sys._getframe(1), ""
    while frame.f_back is not None and is_ours(frame.f_code.co_filename):
        name = frame.f_code.co_name
        frame = frame.f_back
    return name, frame.f_code.co_filename, frame.f_lineno


def own_names(kind):
    """Gives the methods that a class has from its parts its own name, for errors and help."""
    for part in kind.__mro__[1:-1]:
        for name, value in vars(part).items():
            if isinstance(value, types.FunctionType):
                value.__qualname__ = "%s.%s" % (kind.__name__, name)


def named_as(kind):
    """Has a class called as one is that PySpark has: a program sees no other."""

    def rename(own):
        own.__module__, own.__name__, own.__qualname__ = (
            kind.__module__, kind.__name__, kind.__qualname__
        )
        return own

    return rename
