"""Spark's own daemon of Python workers, without archives on its path.

A worker looks its import path over at the start of every task, and CPython 3.11 reads the whole
table of contents of every archive on it again: 0.2 s per task for Spark's jars, in which there is
nothing to import. The results of tasks are the same.
"""

import os
import sys

sys.path[:] = [place for place in sys.path if not os.path.isfile(place)]

from pyspark.daemon import manager  # noqa: E402

for place in list(sys.path_importer_cache):
    if os.path.isfile(place):
        del sys.path_importer_cache[place]

if __name__ == "__main__":
    manager()
