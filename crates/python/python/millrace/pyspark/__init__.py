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

    __version__ = "3.5.9"

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
        """What PySpark has here for old programs; SQL is loaded by those alone that use it."""
        if name in ("HiveContext", "Row", "SQLContext"):
            from . import sql

            return getattr(sql, name)
        raise AttributeError("module 'pyspark' has no attribute %r" % name)
