"""The tokens of a text of SQL."""

import re

from .._errors import syntax

_PATTERN = re.compile(
    r"""
    (?P<blank>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<number>(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?(?:BD|[LSYDFlsydf](?![A-Za-z_0-9]))?(?![A-Za-z_]))
    |(?P<quoted>`(?:[^`]|``)*`)
    |(?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")
    |(?P<word>[A-Za-z_0-9]+|[^\W\d]\w*)
    |(?P<sign><=>|<>|!=|==|<=|>=|\|\||->|=>|::|[-+*/%=<>(),.\[\]!;?:&|^~{}])
    """,
    re.VERBOSE | re.DOTALL,
)


class Token:
    """A token: its kind, its text, where it stands."""

    def __init__(self, kind, text, position):
        self.kind, self.text, self.position = kind, text, position
        self.upper = text.upper() if kind == "word" else text


class Tokens:
    """The tokens of a text, one after the other."""

    def __init__(self, text):
        self.text = text
        self.tokens = list(_tokens(text))
        self.index = 0

    @property
    def next(self):
        """The token that comes."""
        return self.tokens[self.index]

    def ahead(self, count=1):
        """The token that comes after that."""
        return self.tokens[min(self.index + count, len(self.tokens) - 1)]

    def take(self):
        """The token that comes; goes on behind it."""
        token = self.next
        self.index = min(self.index + 1, len(self.tokens) - 1)
        return token

    def at(self, *words):
        """True if these words or signs come next."""
        return all(
            self.ahead(index).upper == word and self.ahead(index).kind in ("word", "sign")
            for index, word in enumerate(words)
        )

    def accept(self, *words):
        """Goes on behind these words or signs if they come."""
        if not self.at(*words):
            return False
        self.index += len(words)
        return True

    def expect(self, *words):
        """Goes on behind these words or signs; an error if others come."""
        for word in words:
            if not self.accept(word):
                raise self.error()

    def place(self, token=None):
        """Line and position of a token."""
        position = (token or self.next).position
        before = self.text[:position]
        return before.count("\n") + 1, position - (before.rfind("\n") + 1)

    def error(self, token=None):
        """The error of a token that does not fit."""
        token = token or self.next
        if token.kind == "end":
            return syntax(self.text, token.position, "end of input")
        return syntax(self.text, token.position, "'%s'" % token.text)

    def end(self):
        """An error unless the text ends here."""
        self.accept(";")
        if self.next.kind != "end":
            raise self.error()


def _tokens(text):
    position = 0
    while position < len(text):
        found = _PATTERN.match(text, position)
        if found is None:
            raise syntax(text, position, "'%s'" % text[position])
        if found.lastgroup != "blank":
            yield Token(found.lastgroup, found.group(), position)
        position = found.end()
    yield Token("end", "", len(text.rstrip()))


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}


def text_of(token):
    """The text that stands in quotes."""
    quote, inside = token[0], token[1:-1]
    inside = inside.replace(quote * 2, quote)

    def replaced(found):
        letter = found.group(1)
        if letter in "%_":
            return "\\" + letter
        return _ESCAPES.get(letter, letter)

    return re.sub(r"\\(.)", replaced, inside, flags=re.DOTALL)
