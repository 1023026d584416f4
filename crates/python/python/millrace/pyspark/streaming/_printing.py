"""Batches as ``pprint`` shows them, in PySpark's form or one that ``millrace.print.format`` names.

A batch is written in one piece, by the engine: it gives an output up that nobody reads when the
run is to end, and minds no terminal that was closed. Where the program has put something else in
the place of ``sys.stdout``, as notebooks do, the batch goes there.
"""

import sys

from .._native import _engine

_RULE = "-------------------------------------------"


def print_batch(engine, time, milliseconds, records, more, printed):
    """Prints a batch: its time, records, and whether there are `more`; notes them in `printed`."""
    form = engine.print_format()
    if form == "json":
        line = '{"records":[%s],"time":%d,"truncated":%s}' % (
            ",".join(map(engine.printed, records)),
            milliseconds,
            "true" if more else "false",
        )
        printed.add(line)
        _write([line])
        return
    show = str
    if form == "scala":
        show, time = engine.printed, "%d ms" % milliseconds
    lines = [_RULE, "Time: %s" % time, _RULE]
    try:
        for record in records:
            lines.append(show(record))
            printed.add(lines[-1])
    except BaseException:
        # As in PySpark: what is before a record that cannot be shown is.
        _write(lines)
        raise
    if more:
        lines.append("...")
        printed.add("...")
    _write([*lines, ""])


def _write(lines):
    text = "\n".join(lines)
    if _is_own(sys.stdout):
        sys.stdout.flush()
        _engine.show(text)
    else:
        print(text, flush=True)


def _is_own(output):
    try:
        return output.fileno() == 1 and output.encoding.lower() in ("utf-8", "utf8")
    except (AttributeError, OSError, ValueError):
        return False
