"""Refuses an interpreter that is too old for the package. Has to be readable for Python 2."""

import sys

if sys.version_info < (3, 9):
    sys.exit(
        "millrace: Python 3.9 or later is needed, and %s is %s; name another one by PYSPARK_PYTHON "
        "or spark.pyspark.python" % (sys.executable, ".".join(map(str, sys.version_info[:3])))
    )
