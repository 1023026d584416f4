"""Spark's hash of a row, which decides the order of groups that nobody has sorted.

It is Murmur3 of 32 bits over the values one after the other, with 42 to begin with.
"""

import datetime
import decimal
import struct

from . import types as T

_MASK = 0xFFFFFFFF
_EPOCH_DAY = datetime.date(1970, 1, 1).toordinal()
_texts = {}


def _mixed(state, word):
    word = word * 0xCC9E2D51 & _MASK
    word = (word << 15 | word >> 17) * 0x1B873593 & _MASK
    state ^= word
    return ((state << 13 | state >> 19) * 5 + 0xE6546B64) & _MASK


def _finished(state, length):
    state ^= length
    state = (state ^ state >> 16) * 0x85EBCA6B & _MASK
    state = (state ^ state >> 13) * 0xC2B2AE35 & _MASK
    return state ^ state >> 16


def _of_int(value, seed):
    return _finished(_mixed(seed, value & _MASK), 4)


def _of_long(value, seed):
    state = _mixed(seed, value & _MASK)
    return _finished(_mixed(state, value >> 32 & _MASK), 8)


def _of_bytes(data, seed):
    whole = len(data) & ~3
    state = seed
    for word in struct.unpack_from("<%dI" % (whole // 4), data):
        word = word * 0xCC9E2D51 & _MASK
        word = (word << 15 | word >> 17) * 0x1B873593 & _MASK
        state ^= word
        state = ((state << 13 | state >> 19) * 5 + 0xE6546B64) & _MASK
    for byte in data[whole:]:
        state = _mixed(state, byte if byte < 128 else byte | 0xFFFFFF00)
    return _finished(state, len(data))


def _of_text(value, seed):
    if seed != 42:
        return _of_bytes(value.encode("utf-8"), seed)
    made = _texts.get(value)
    if made is None:
        if len(_texts) > 200_000:
            _texts.clear()
        made = _texts[value] = _of_bytes(value.encode("utf-8"), 42)
    return made


def _of_float(pattern, of):
    def hashed(value, seed):
        if value == 0:
            value = 0.0
        return of(int.from_bytes(struct.pack(pattern, value), "little"), seed)

    return hashed


def _of_decimal(value, seed, kind):
    unscaled = int(value.scaleb(kind.scale, decimal.Context(prec=80)))
    if kind.precision <= 18:
        return _of_long(unscaled, seed)
    size = (unscaled.bit_length() + 8) // 8
    return _of_bytes(unscaled.to_bytes(size, "big", signed=True), seed)


def _micros(value):
    return (value - datetime.datetime(1970, 1, 1)) // datetime.timedelta(microseconds=1)


_BY_TYPE = {
    T.StringType: _of_text,
    T.LongType: _of_long,
    T.IntegerType: _of_int,
    T.ShortType: _of_int,
    T.ByteType: _of_int,
    T.BooleanType: lambda value, seed: _of_int(int(value), seed),
    T.DoubleType: _of_float("<d", _of_long),
    T.FloatType: _of_float("<f", _of_int),
    T.BinaryType: lambda value, seed: _of_bytes(bytes(value), seed),
    T.DateType: lambda value, seed: _of_int(value.toordinal() - _EPOCH_DAY, seed),
    T.TimestampType: lambda value, seed: _of_long(_micros(value), seed),
}


def hash_of(value, kind, seed=42):
    """The hash of a value, with the one before it to begin with."""
    if value is None:
        return seed
    simple = _BY_TYPE.get(type(kind))
    if simple is not None:
        return simple(value, seed)
    if isinstance(kind, T.DecimalType):
        return _of_decimal(value, seed, kind)
    if isinstance(kind, T.ArrayType):
        for item in value:
            seed = hash_of(item, kind.elementType, seed)
        return seed
    if isinstance(kind, T.StructType):
        for item, field in zip(value.values(), kind.fields):
            seed = hash_of(item, field.dataType, seed)
    return seed


def partition_of(values, kinds, count):
    """The partition that a row of keys goes to, of so many."""
    seed = 42
    for value, kind in zip(values, kinds):
        seed = hash_of(value, kind, seed)
    signed = seed - (1 << 32) if seed >= 1 << 31 else seed
    return signed % count
