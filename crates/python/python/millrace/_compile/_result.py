"""The result of lowering a function."""

from collections import namedtuple


class Refused(Exception):
    """A function cannot be lowered; the text says why, for the user to read."""

    def __init__(self, reason, node=None):
        super().__init__(reason)
        self.reason = reason
        self.line = getattr(node, "lineno", None)


class Lowered(namedtuple("Lowered", "json reason name line")):
    """A function as the engine takes it.

    Its parts: the lowered program as JSON, None if only CPython can run the function; why that is,
    empty for a function that is lowered; the function as its source calls it, a name or the text
    of a lambda; the line where it stands, 0 for a function without a source.
    """

    __slots__ = ()
