"""Names, calls and windows."""

from .._expr import nodes as N
from .._expr.call import Call, Over
from .tokens import Tokens


class CallReader(Tokens):
    """Reads names and calls."""

    def _name_or_call(self):
        place = self.place()
        parts = [self.identifier()]
        if self.at("("):
            return self._call(parts[0], place)
        while self.at("."):
            if self.ahead().text == "*":
                self.index += 2
                return N.Star(".".join(parts))
            self.take()
            parts.append(self.identifier())
        return N.Ref(parts, place)

    def _call(self, name, place):
        self.expect("(")
        distinct = self.accept("DISTINCT")
        arguments = []
        if not self.at(")"):
            arguments = self.several(self.expression)
        options = {}
        if self.accept("IGNORE", "NULLS"):
            options["ignore_nulls"] = True
        self.expect(")")
        made = Call(name, arguments, distinct, at=place, options=options)
        if self.accept("OVER"):
            return self._over(made)
        return made

    def _over(self, call):
        self.expect("(")
        partitions, orders, frame = [], [], None
        if self.accept("PARTITION", "BY"):
            partitions = self.several(self.expression)
        if self.accept("ORDER", "BY"):
            orders = self.several(self.sort_key)
        if self.at("ROWS") or self.at("RANGE"):
            words = []
            while not self.at(")"):
                words.append(self.take().upper)
            frame = " ".join(words)
        self.expect(")")
        return Over(call, partitions, orders, frame)

    def sort_key(self):
        """An expression to sort by."""
        made = self.expression()
        ascending = True
        if self.accept("DESC"):
            ascending = False
        else:
            self.accept("ASC")
        nulls_first = None
        if self.accept("NULLS", "FIRST"):
            nulls_first = True
        elif self.accept("NULLS", "LAST"):
            nulls_first = False
        return N.SortKey(made, ascending, nulls_first)
