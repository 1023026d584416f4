"""Makes ``millrace.pyspark`` and ``pyspark`` one set of modules.

A class has to be one class by whichever name it was imported, so every module is loaded once, as
``pyspark``, and found under the other name too.
"""

import importlib
import importlib.abc
import importlib.util
import os
import sys

ALIAS = "millrace.pyspark"


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds ``millrace.pyspark.x`` as ``pyspark.x``."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname.startswith(ALIAS + "."):
            return importlib.util.spec_from_loader(fullname, self)
        return None

    def create_module(self, spec):
        module = importlib.import_module("pyspark" + spec.name[len(ALIAS) :])
        self._spec = module.__spec__
        return module

    def exec_module(self, module):
        module.__spec__ = self._spec


def take_the_name(directory):
    """Loads the package in `directory` as ``pyspark`` and makes it ``millrace.pyspark`` too."""
    found = sys.modules.get("pyspark")
    if found is None:
        spec = importlib.util.spec_from_file_location(
            "pyspark",
            os.path.join(directory, "__init__.py"),
            submodule_search_locations=[directory],
        )
        found = importlib.util.module_from_spec(spec)
        sys.modules["pyspark"] = found
        spec.loader.exec_module(found)
    elif directory not in list(found.__path__):
        raise ImportError(
            "millrace.pyspark cannot be imported behind another pyspark (%s); import it first, "
            "or run the program by millrace-submit" % found.__file__
        )
    sys.meta_path.insert(0, _Finder())
    sys.modules[ALIAS] = found
