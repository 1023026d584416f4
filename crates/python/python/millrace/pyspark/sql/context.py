"""``SQLContext`` by the name of its module."""

from .session import SQLContext

__all__ = ["SQLContext"]
