"""The extension module, by its own name, whichever name the package is imported by."""

import importlib
import importlib.machinery
import importlib.util
import os
import sys

_NAME = "millrace._engine"


def _found():
    """The module in the package `millrace`, or the one that a checkout has built beside it."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    try:
        import millrace  # noqa: F401
    except ImportError:
        sys.path.append(root)
    built = os.environ.get("MILLRACE_ENGINE")
    if built is None:
        return importlib.import_module(_NAME)
    loader = importlib.machinery.ExtensionFileLoader(_NAME, built)
    spec = importlib.util.spec_from_file_location(_NAME, built, loader=loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[_NAME] = module
    loader.exec_module(module)
    return module


_engine = sys.modules.get(_NAME) or _found()

__all__ = ["_engine"]
