"""Records of the engine as objects of Python, some of them at a time.

A long batch has millions of records. As objects all at once they would take several times the memory
of the batch, and the system would clear most of it for them alone.
"""

import itertools

#: The number of records that become objects together.
_SOME = 1000


def objects(records, index, at, end):
    """The objects of partition number `index` of `records`, from number `at` on, before number `end`."""
    return itertools.chain.from_iterable(
        records.list(index, first, min(first + _SOME, end)) for first in range(at, end, _SOME)
    )
