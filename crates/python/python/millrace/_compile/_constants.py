"""Constants and captured values as the engine reads them."""

import struct

from ._result import Refused

#: Types whose values cannot be changed, so that a copy cannot be told from the original.
PLAIN = (type(None), bool, int, float, str, bytes)


def is_plain(value):
    """True if a value is of an exact builtin type that nothing can change."""
    if type(value) is tuple:
        return all(map(is_plain, value))
    return type(value) in PLAIN


def encode(value):
    """A constant as JSON data; a set as a dict without values."""
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is int:
        if not -(2**63) <= value < 2**63:
            raise Refused("it holds an integer beyond 64 bits")
        return ["i", str(value)]
    if kind is float:
        return ["f", str(struct.unpack("<Q", struct.pack("<d", value))[0])]
    if kind is str:
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise Refused("it holds text with surrogates") from None
        return value
    if kind is bytes:
        return ["b", list(value)]
    if kind is tuple:
        return ["t"] + [encode(item) for item in value]
    if kind is list:
        return ["l"] + [encode(item) for item in value]
    if kind is dict:
        return ["d"] + [[encode(key), encode(item)] for key, item in value.items()]
    if kind in (set, frozenset):
        return ["d"] + [[encode(item), None] for item in value]
    raise Refused("it holds %s" % article(kind))


def article(kind):
    """The type of something, as a sentence names it."""
    name = kind.__name__
    return "%s %s" % ("an" if name[:1].lower() in "aeiou" else "a", name)


def captured(name, value):
    """A captured value, and whether it may be looked into but not handed on.

    Records that held a captured list would share it with each other and with the program.
    """
    if is_plain(value):
        return encode(value), False
    kind = type(value)
    if kind in (list, tuple, set, frozenset):
        parts = list(value)
    elif kind is dict:
        parts = list(value) + list(value.values())
    else:
        raise Refused("it uses %s, %s" % (name, article(kind)))
    if not all(map(is_plain, parts)):
        raise Refused("it uses %s, which holds values that can be changed" % name)
    if any(part != part for part in parts):
        raise Refused("it uses %s, which holds a NaN" % name)
    return encode(value), True
