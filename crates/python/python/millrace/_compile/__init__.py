"""Lowers pure record functions to programs that the engine evaluates without the interpreter.

``lower`` takes a function as a program wrote it and gives its lowered form, or the reason why
only CPython can run it. The law: the lowered form gives what CPython gives, or it gives up and
the same record runs in CPython; so nothing that has an effect beyond its result is lowered.
"""

from ._callables import lower
from ._result import Lowered

__all__ = ["Lowered", "lower"]
