"""The table that ``show`` prints."""

import unicodedata

from ._javatext import cast_text, shown
from .types import BinaryType

_ESCAPES = str.maketrans(
    {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f", "\b": "\\b", "\v": "\\v", "\a": "\\a"}
)


def show_text(rows, schema, count, truncate, vertical):
    """The text for the first `count` rows; `rows` may have one more."""
    more = len(rows) > count
    names = [field.name.translate(_ESCAPES) for field in schema.fields]
    cells = [
        [_cell(value, field.dataType, truncate) for value, field in zip(row, schema.fields)]
        for row in rows[:count]
    ]
    made = _vertical(names, cells) if vertical else _table(names, cells, truncate)
    if vertical and not cells:
        return "(0 rows)\n"
    if more:
        made += "only showing top %d %s\n" % (count, "row" if count == 1 else "rows")
    return made


def _cell(value, kind, truncate):
    text = shown(value, kind) if isinstance(kind, BinaryType) or value is None else cast_text(value, kind)
    return _cut(text.translate(_ESCAPES), truncate)


def _cut(text, truncate):
    if 0 < truncate < len(text):
        return text[:truncate] if truncate < 4 else text[: truncate - 3] + "..."
    return text


def _width(text):
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text, width, left):
    blanks = " " * (width - _width(text))
    return blanks + text if left else text + blanks


def _table(names, cells, truncate):
    widths = [max(3, _width(name)) for name in names]
    for row in cells:
        widths = [max(width, _width(cell)) for width, cell in zip(widths, row)]
    line = "+" + "+".join("-" * width for width in widths) + "+\n"
    if not widths:
        line = "++\n"
    left = truncate > 0

    def shown_row(row):
        inside = "|".join(_padded(cell, width, left) for cell, width in zip(row, widths))
        return "|" + inside + "|\n" if widths else "||\n"

    return line + shown_row(names) + line + "".join(map(shown_row, cells)) + line


def _vertical(names, cells):
    name_width = max([3] + [_width(name) for name in names])
    cell_width = max([3] + [_width(cell) for row in cells for cell in row])
    made = ""
    for index, row in enumerate(cells):
        head = "-RECORD %d" % index
        made += head.ljust(name_width + cell_width + 5, "-") + "\n"
        for name, cell in zip(names, row):
            made += " %s | %s \n" % (_padded(name, name_width, False), _padded(cell, cell_width, False))
    return made
