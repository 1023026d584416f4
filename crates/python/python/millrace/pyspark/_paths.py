"""Which files are this package's, so that tracebacks show the program alone."""

import os

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def is_ours(filename):
    """Whether a frame's file belongs to this package."""
    return os.path.abspath(filename).startswith(ROOT)
