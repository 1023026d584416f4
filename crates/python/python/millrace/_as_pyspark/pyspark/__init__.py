"""Stands in for PySpark where this directory is first on the path.

The modules are those of ``millrace/pyspark``, and ``pyspark`` is their real name: what a class
calls itself, and what a pickle says, is then what a program written for PySpark expects.
"""

import os

import _interpreter  # noqa: F401

_here = os.path.dirname(os.path.abspath(__file__))
__path__ = [os.path.normpath(os.path.join(_here, os.pardir, os.pardir, "pyspark"))]
_init = os.path.join(__path__[0], "__init__.py")
with open(_init, encoding="utf-8") as _source:
    exec(compile(_source.read(), _init, "exec"))
