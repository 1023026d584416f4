"""Lets errors that come before a program's first line say what Python 2 is in it.

The interpreter imports this on its way to a program, if this directory is on its path, and then
what else there is by this name, which this one hides.
"""

import os
import sys


def _others():
    """Runs the ``sitecustomize`` that would have been imported without this one."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    own = os.path.dirname(os.path.abspath(__file__))
    path = [entry for entry in sys.path if os.path.abspath(entry or ".") != own]
    spec = PathFinder.find_spec("sitecustomize", path)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(module_from_spec(spec))


def _show(kind, error, trace):
    """Shows an error as the package does, and as ever if the package cannot be loaded."""
    try:
        from millrace.pyspark import _last_words
    except Exception:
        sys.__excepthook__(kind, error, trace)
    else:
        _last_words.show_early(error)


def _last_on_the_path():
    """Puts the directory of the package last, for an interpreter that has other libraries."""
    here = os.path.dirname(os.path.abspath(__file__))
    root = os.path.dirname(os.path.dirname(here))
    if root not in map(os.path.abspath, sys.path):
        sys.path.append(root)


_others()
_last_on_the_path()
if sys.excepthook is sys.__excepthook__:
    _show.is_millraces = True
    sys.excepthook = _show
