"""Which files are this package's, so that tracebacks and names show the program alone."""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def is_ours(filename):
    """Whether a frame's file belongs to this package."""
    return os.path.abspath(filename).startswith(ROOT)


def caller():
    """The file and the line of the program that called into this package."""
    return called()[1:]


def called():
    """What the program called of this package, and the file and the line where it did."""
    frame, name = sys._getframe(1), ""
    while frame.f_back is not None and is_ours(frame.f_code.co_filename):
        name = frame.f_code.co_name
        frame = frame.f_back
    return name, frame.f_code.co_filename, frame.f_lineno
