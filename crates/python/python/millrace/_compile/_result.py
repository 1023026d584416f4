"""What lowering a function gives."""

from typing import NamedTuple, Optional


class Refused(Exception):
    """A function cannot be lowered; the text says why, for the user to read."""

    def __init__(self, reason, node=None):
        super().__init__(reason)
        self.reason = reason
        self.line = getattr(node, "lineno", None)


class Lowered(NamedTuple):
    """A function as the engine takes it."""

    #: The lowered program as JSON; None if only CPython can run the function.
    json: Optional[str]
    #: Why not; empty for a function that is lowered.
    reason: str
    #: The function as its source calls it: a name, or the text of a lambda.
    name: str
    #: The line where it stands, 0 for a function without a source.
    line: int
