"""Schemas as texts: ``word string, n int``, ``array<struct<a:int>>``."""

import re

from ..errors.exceptions import ParseException
from .types import BY_NAME, ArrayType, DecimalType, MapType, StringType, StructField, StructType

_TOKEN = re.compile(r"\s*(`(?:[^`]|``)*`|'[^']*'|[\w.]+|[<>(),:])")


class _Reader:
    def __init__(self, text):
        self.text = text
        self.at = 0

    def peek(self):
        found = _TOKEN.match(self.text, self.at)
        return found.group(1) if found else None

    def take(self, expected=None):
        found = _TOKEN.match(self.text, self.at)
        token = found.group(1) if found else None
        if token is None or (expected is not None and token != expected):
            raise self.error()
        self.at = found.end()
        return token

    def error(self):
        rest = self.text[self.at :].strip()
        near = "'%s'" % self.peek() if rest else "end of input"
        position = len(self.text) - len(self.text[self.at :].lstrip())
        return ParseException(
            "\n[PARSE_SYNTAX_ERROR] Syntax error at or near %s.(line 1, pos %d)\n\n== SQL ==\n%s\n%s^^^\n"
            % (near, position, self.text, "-" * position)
        )

    def name(self):
        token = self.take()
        if token.startswith("`"):
            return token[1:-1].replace("``", "`")
        return token

    def type(self):
        name = self.take().lower()
        if name in ("decimal", "dec", "numeric"):
            return self._decimal()
        if name == "array":
            self.take("<")
            inner = self.type()
            self.take(">")
            return ArrayType(inner)
        if name == "map":
            self.take("<")
            key = self.type()
            self.take(",")
            value = self.type()
            self.take(">")
            return MapType(key, value)
        if name == "struct":
            return self._struct()
        if name in ("varchar", "char", "character"):
            self.take("(")
            self.take()
            self.take(")")
            return StringType()
        if name not in BY_NAME:
            raise ParseException(
                '\n[UNSUPPORTED_DATATYPE] Unsupported data type "%s".(line 1, pos %d)\n\n'
                "== SQL ==\n%s\n%s^^^\n"
                % (name.upper(), self.at - len(name), self.text, "-" * (self.at - len(name)))
            )
        return BY_NAME[name]()

    def _decimal(self):
        if self.peek() != "(":
            return DecimalType()
        self.take("(")
        precision, scale = int(self.take()), 0
        if self.peek() == ",":
            self.take(",")
            scale = int(self.take())
        self.take(")")
        return DecimalType(precision, scale)

    def _struct(self):
        self.take("<")
        fields = [] if self.peek() == ">" else self.fields()
        self.take(">")
        return StructType(fields)

    def fields(self):
        fields = [self.field()]
        while self.peek() == ",":
            self.take(",")
            fields.append(self.field())
        return fields

    def field(self):
        name = self.name()
        if self.peek() == ":":
            self.take(":")
        kind = self.type()
        nullable = True
        if (self.peek() or "").lower() == "not":
            self.take()
            self.take()
            nullable = False
        if (self.peek() or "").lower() == "comment":
            self.take()
            self.take()
        return StructField(name, kind, nullable)

    def end(self, made):
        if self.text[self.at :].strip():
            raise self.error()
        return made


def parsed_type(text):
    """The type that a text names; a text of fields is a StructType."""
    reader = _Reader(text)
    try:
        return reader.end(reader.type())
    except ParseException as error:
        try:
            return parsed_schema(text)
        except ParseException as other:
            raise other if "UNSUPPORTED_DATATYPE" in str(other) else error


def parsed_schema(text):
    """The StructType of a text like ``word string, n int``."""
    reader = _Reader(text)
    if (reader.peek() or "").lower() == "struct" and text.lstrip()[6:].lstrip().startswith("<"):
        return reader.end(reader.type())
    return reader.end(StructType(reader.fields()))
