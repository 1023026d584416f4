"""PySpark's modules, on millrace.

Programs say ``from pyspark import SparkContext`` and find these under ``millrace-submit``; with
the package installed, ``import millrace.pyspark as pyspark`` finds them too.
"""

if __name__ == "millrace.pyspark":
    from millrace._alias import take_the_name

    take_the_name(__path__[0])
else:
    from .accumulators import Accumulator, AccumulatorParam
    from .broadcast import Broadcast
    from .conf import SparkConf
    from .context import SparkContext
    from .files import SparkFiles
    from .rdd import RDD
    from .statcounter import StatCounter
    from .storagelevel import StorageLevel
    from .version import __version__  # noqa: F401
    from ._missing import missing_name, watch_imports

    watch_imports()

    __all__ = [
        "Accumulator",
        "AccumulatorParam",
        "Broadcast",
        "RDD",
        "SparkConf",
        "SparkContext",
        "SparkFiles",
        "StatCounter",
        "StorageLevel",
    ]

    def __getattr__(name):
        """A name that PySpark has here for old programs; SQL is loaded by those alone that use it."""
        if name in ("HiveContext", "Row", "SQLContext"):
            from . import sql

            return getattr(sql, name)
        if name in ("InheritableThread", "inheritable_thread_target"):
            from . import util

            return getattr(util, name)
        if name in ("CPickleSerializer", "MarshalSerializer"):
            from . import serializers

            return getattr(serializers, name)
        if name in ("serializers", "sql", "util"):
            # Modules that PySpark itself imports, and that take time to load here.
            from importlib import import_module

            return import_module("pyspark." + name)
        refusal = missing_name(name)
        if refusal is not None:
            raise refusal
        raise AttributeError("module 'pyspark' has no attribute %r" % name)
