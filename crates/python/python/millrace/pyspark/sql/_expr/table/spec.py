"""Functions as the tables write them down."""

from ... import types as T
from ..typed import Typed, cast


class Spec:
    """A function: how many arguments it takes, and what it makes of them."""

    def __init__(self, make, least, most=None, plain=None):
        self.make = make
        self.least = least
        self.most = least if most is None else most
        #: An aggregate's text over a window, if it has another one.
        self.plain = plain

    def takes(self, count):
        """True if the function takes so many arguments."""
        return self.least <= count and (self.most < 0 or count <= self.most)

    def wanted(self):
        """The number of arguments that the function takes, for a message."""
        if self.most < 0:
            return "> %d" % (self.least - 1)
        if self.least == self.most:
            return str(self.least)
        return "[%s]" % ", ".join(map(str, range(self.least, self.most + 1)))


STRING, INT, LONG = T.StringType(), T.IntegerType(), T.LongType()
DOUBLE, BOOLEAN, DATE, TIMESTAMP = T.DoubleType(), T.BooleanType(), T.DateType(), T.TimestampType()


def template(sql, result, *kinds, nullable=None, least=None):
    """A function by its text for DuckDB, with the arguments as ``{0}``, ``{1}``.

    `kinds` are the types that the arguments are cast to; None leaves one as it is.
    """

    def make(arguments, call):
        parts = [
            argument if kind is None else cast(argument, kind)
            for argument, kind in zip(arguments, kinds)
        ]
        kind = parts[0].type if result is None else result
        made = any(part.nullable for part in parts) if nullable is None else nullable
        return Typed(sql.format(*(part.sql for part in parts)), kind, made)

    return Spec(make, len(kinds) if least is None else least, len(kinds))
