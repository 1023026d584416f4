"""The extension module, by its own name, whichever name the package is imported by."""

import importlib
import importlib.machinery
import importlib.util
import os
import sys

_NAME = "millrace._engine"


def _package():
    """Loads the package `millrace` that this one is of, whatever else has that name on the path."""
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    found = sys.modules.get("millrace")
    if found is not None and own in map(os.path.abspath, getattr(found, "__path__", ())):
        return
    spec = importlib.util.spec_from_file_location(
        "millrace", os.path.join(own, "__init__.py"), submodule_search_locations=[own]
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["millrace"] = module
    spec.loader.exec_module(module)


def _found():
    """The module in the package `millrace`, or the one that a checkout has built beside it."""
    _package()
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
