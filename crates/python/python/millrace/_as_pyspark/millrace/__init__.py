"""Stands in for the package ``millrace`` where this directory is first on the path.

So the directory that the package is installed in need not be on the path: much else is in it.
"""

import os

import _interpreter  # noqa: F401

_here = os.path.dirname(os.path.abspath(__file__))
__path__ = [os.path.dirname(os.path.dirname(_here))]
_init = os.path.join(__path__[0], "__init__.py")
with open(_init, encoding="utf-8") as _source:
    exec(compile(_source.read(), _init, "exec"))
