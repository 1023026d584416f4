"""The lines that are shown of an exception that ends the program.

Python's own traceback, without the frames of this package: a bad record shows the line of the
function that met it. After a SIGINT that was asked for there is nothing to show.
"""

import os
import sys

from ._native import _engine
from ._say import trouble
from .errors.exceptions import own_traceback

#: Names that a shell of Spark's makes, and a program has to make itself.
_OF_A_SHELL = ("sc", "spark", "sqlContext")

#: Packages that a program's own file may hide.
_PACKAGES = ("millrace", "py4j", "pyspark")


def install():
    """Shows uncaught exceptions so, unless the program has a way of its own."""
    if sys.excepthook is sys.__excepthook__ or getattr(sys.excepthook, "is_millraces", False):
        sys.excepthook = _show


def _show(kind, error, trace):
    sys.stdout.flush()
    if isinstance(error, KeyboardInterrupt) and getattr(error, "was_announced", False):
        return
    trouble(own_traceback(error))
    for note in getattr(error, "where", ()):
        trouble("millrace: " + note)
    hint(error)


def show_early(error):
    """Shows an exception that came before the program had a context, and so its log."""
    try:
        _engine.log_as(_engine.settings())
    except (RuntimeError, ValueError):
        # The context would have said which setting is wrong; this error is shown as text.
        pass
    _show(type(error), error, error.__traceback__)


def hint(error):
    """Says what Python 2 an error is about, or that the program was pasted from a shell."""
    from millrace import _python2

    while error is not None:
        line = _python2.hint(error) or _of_a_shell(error) or _of_a_hidden_package(error)
        if line is not None:
            trouble("millrace: " + line)
        error = error.__cause__


def _of_a_shell(error):
    if not isinstance(error, NameError):
        return None
    names = [name for name in _OF_A_SHELL if str(error).startswith("name '%s' is not" % name)]
    if not names:
        return None
    return "%s is made by a shell: run the program by 'millrace-submit --shell'" % names[0]


def _of_a_hidden_package(error):
    """A file of the program's own that is found where the package was meant."""
    name = (getattr(error, "name", None) or "").partition(".")[0]
    if not isinstance(error, ImportError) or name not in _PACKAGES:
        return None
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec(name)
    if spec is None or os.path.basename(spec.origin or "") != name + ".py":
        return None
    return "%s hides the package %s: give it another name" % (spec.origin, name)
