"""Random values: everyday ones, and those that break what was only meant for them."""

import math

WORDS = ["", "a", "b", "hello", "Hello World", "a b  c", " x ", "1", "-7", "12.5", "a,b,c", "k=v"]
LONG = ["a text that is longer than fifteen bytes", "x" * 70, "a b " * 20, "1 2 3 4 5 6 7 8 9 10"]
ODD_TEXTS = [
    "é", "ß", "İ", "ﬁ", "你好 世界", "\U0001f600a", "e\u0301", "ΑΣ", "\u00a0x\u2003", "\x1ca\x1fb\x85",
    "\ud800", "a\udfff", "1_000", "\u0663", "+5", "- 5", "nan", "inf", "-Infinity", "1e400", "0x10",
    "1e5", ".5", "5.", "1e", "--1", "9223372036854775808", "-9223372036854775808", "a\nb\r\nc\x0bd\u2028e",
    "{}", "{0}", "{{}}", "{x}", "%s", "%d%%", "%", "'\"", "\x00", "\x7f", "\xad",
    '{"a": 1, "b": [1, 2.5, null], "a": 2}', "[1e2, -0, -0.0, 1E400]", '"\\ud83d\\ude00"', '"\\ud800"',
    "[01]", "[1,]", "NaN", '"\\x"', " {} ", "12345678901234567890", '"\t"', "nul", "", "\ufeff1",
]
INTS = [0, 1, -1, 2, -2, 3, -3, 5, 7, -7, 10, -10, 255, 1000]
ODD_INTS = [
    2**31, 2**53, 2**53 + 1, -(2**53) - 1, 2**62, 2**63 - 1, -(2**63), 2**63, -(2**63) - 1, 2**64, 10**30,
]
FLOATS = [0.0, 1.0, -1.5, 0.1, 0.2, 0.5, 1.5, 2.5, 2.675, 1e10, 3.0]
ODD_FLOATS = [
    -0.0, math.inf, -math.inf, math.nan, 1e308, -1e308, 5e-324, 1e16, 1e22, 2.0**53, 2.0**63, -(2.0**63), 1e-7,
    123456789.123456789, 0.30000000000000004,
]


class Odd:
    """An object that no compiled form knows."""

    def __repr__(self):
        return "Odd()"


def scalar(random, odd):
    """A value without parts; ``odd`` is how likely it is a hostile one."""
    hostile = random.random() < odd
    kind = random.random()
    if kind < 0.4:
        return random.choice(ODD_TEXTS if hostile else WORDS + LONG)
    if kind < 0.65:
        return random.choice(ODD_INTS if hostile else INTS)
    if kind < 0.85:
        return random.choice(ODD_FLOATS if hostile else FLOATS)
    if hostile and kind < 0.9:
        return random.choice([b"", b"ab\xff", b"abc"])
    return random.choice([None, True, False])


def value(random, odd=0.2, deep=2):
    """Any value."""
    kind = random.random()
    if deep == 0 or kind < 0.55:
        return scalar(random, odd)
    count = random.choice([0, 1, 2, 2, 3, 5])
    if kind < 0.7:
        return tuple(value(random, odd, deep - 1) for _ in range(count))
    if kind < 0.88:
        return [value(random, odd, deep - 1) for _ in range(count)]
    if kind < 0.98 or random.random() > odd:
        return {scalar(random, odd): value(random, odd, deep - 1) for _ in range(count)}
    return random.choice([Odd(), {1, 2}, frozenset("a"), 1j, range(3), bytearray(b"x")])


def text(random, odd):
    """A text, most of the time."""
    if random.random() < odd / 4:
        return value(random, odd)
    return random.choice(ODD_TEXTS if random.random() < odd else WORDS + LONG)


def number(random, odd):
    """A number, most of the time."""
    if random.random() < odd / 4:
        return value(random, odd)
    if random.random() < odd:
        return random.choice(ODD_INTS + ODD_FLOATS)
    return random.choice(INTS + FLOATS + [True])


def several(random, odd, item):
    """A list or tuple of items, most of the time."""
    if random.random() < odd / 4:
        return value(random, odd)
    items = [item(random, odd) for _ in range(random.choice([0, 1, 2, 3, 6]))]
    return tuple(items) if random.random() < 0.3 else items


def mapping(random, odd):
    """A dict of texts, most of the time."""
    if random.random() < odd / 4:
        return value(random, odd)
    if random.random() < 0.5:
        return {"a": number(random, odd), "b": text(random, odd)}
    keys = [random.choice(WORDS + ODD_TEXTS) for _ in range(random.choice([0, 1, 2, 4]))]
    return {key: number(random, odd) for key in keys}


KINDS = {
    "text": text,
    "number": number,
    "texts": lambda random, odd: several(random, odd, text),
    "numbers": lambda random, odd: several(random, odd, number),
    "dict": mapping,
    "pair": lambda random, odd: (text(random, odd), number(random, odd)),
    "any": value,
}
