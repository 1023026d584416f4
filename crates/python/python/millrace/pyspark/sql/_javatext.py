"""Values as texts, the way Java and Spark write them: in ``show``, in casts, in files."""

import decimal
import struct

from . import types as T


def double_text(value):
    """A float as ``Double.toString`` writes it."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return _plain_or_scientific(repr(value), value)


def float_text(value):
    """A float of 32 bits as ``Float.toString`` writes it."""
    if value != value or value in (float("inf"), float("-inf")):
        return double_text(value)
    single = struct.unpack("f", struct.pack("f", value))[0]
    for digits in range(1, 10):
        shown = "%.*e" % (digits - 1, single)
        if struct.unpack("f", struct.pack("f", float(shown)))[0] == single:
            break
    return _plain_or_scientific(shown, single)


def _plain_or_scientific(shown, value):
    sign = "-" if shown.startswith("-") else ""
    if value == 0:
        return sign + "0.0"
    number = decimal.Decimal(shown.lstrip("-")).normalize().as_tuple()
    digits = "".join(map(str, number.digits))
    exponent = len(digits) + number.exponent - 1
    if -3 <= exponent < 7:
        if exponent < 0:
            return sign + "0." + "0" * (-exponent - 1) + digits
        whole = digits[: exponent + 1].ljust(exponent + 1, "0")
        return sign + whole + "." + (digits[exponent + 1 :] or "0")
    return "%s%s.%sE%d" % (sign, digits[0], digits[1:] or "0", exponent)


def decimal_text(value):
    """A decimal without an exponent."""
    return format(value, "f")


def timestamp_text(value):
    """A point in time; the fraction only if there is one, and no zeros at its end."""
    shown = value.strftime("%H:%M:%S")
    if value.microsecond:
        shown += (".%06d" % value.microsecond).rstrip("0")
    return "%s %s" % (value.date().isoformat(), shown)


def java_text(value):
    """Java's ``toString`` of a Python value that Spark was given for a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return double_text(value)
    if isinstance(value, (list, tuple)):
        return "[%s]" % ", ".join(map(java_text_in, value))
    if isinstance(value, dict):
        return "{%s}" % ", ".join(
            "%s=%s" % (java_text_in(key), java_text_in(item)) for key, item in value.items()
        )
    if isinstance(value, decimal.Decimal):
        return decimal_text(value)
    return str(value)


def java_text_in(value):
    """As `java_text`, inside a list or a dict."""
    return "null" if value is None else java_text(value)


def shown(value, kind):
    """A value as ``show`` prints it, before it is cut."""
    if value is None:
        return "NULL"
    made = _SHOWN.get(type(kind))
    return made(value, kind) if made else str(value)


def inside(value, kind):
    """As `shown`, inside an array, a map or a struct."""
    return "NULL" if value is None else cast_text(value, kind)


def cast_text(value, kind):
    """A value as a cast to a text has it."""
    if isinstance(kind, T.BinaryType):
        return bytes(value).decode("utf-8", "replace")
    return shown(value, kind)


def _binary(value, kind):
    return "[%s]" % " ".join("%02X" % byte for byte in bytes(value))


def _array(value, kind):
    return "[%s]" % ", ".join(inside(item, kind.elementType) for item in value)


def _map(value, kind):
    return "{%s}" % ", ".join(
        "%s -> %s" % (inside(key, kind.keyType), inside(item, kind.valueType))
        for key, item in value.items()
    )


def _struct(value, kind):
    items = value.values() if isinstance(value, dict) else value
    return "{%s}" % ", ".join(
        inside(item, field.dataType) for item, field in zip(items, kind.fields)
    )


_SHOWN = {
    T.BooleanType: lambda value, kind: "true" if value else "false",
    T.DoubleType: lambda value, kind: double_text(value),
    T.FloatType: lambda value, kind: float_text(value),
    T.DecimalType: lambda value, kind: decimal_text(value),
    T.TimestampType: lambda value, kind: timestamp_text(value),
    T.DateType: lambda value, kind: value.isoformat(),
    T.BinaryType: _binary,
    T.ArrayType: _array,
    T.MapType: _map,
    T.StructType: _struct,
}
