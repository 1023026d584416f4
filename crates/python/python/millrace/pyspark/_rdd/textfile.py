"""Datasets out of local files, cut as Hadoop would cut them."""

import bz2
import glob
import gzip
import io
import os
import pickle
import re

from ..rdd import RDD
from .files import _directory

#: A split is at most what a local file system calls a block.
BLOCK = 32 * 1024 * 1024
#: The last split may be a tenth larger, so that there is no tiny one behind it.
SLOP = 1.1
_PACKED = {".gz": gzip.open, ".bz2": bz2.open}
_ENDS = re.compile(rb"\r\n|\n|\r")


def paths(names):
    """The files that a comma-separated list of files, directories and patterns stands for."""
    found = []
    for name in names.split(","):
        path = _directory(name.strip())
        matched = sorted(glob.glob(path)) if glob.has_magic(path) else [path]
        if not matched or not all(map(os.path.exists, matched)):
            from ..errors.exceptions import Py4JJavaError

            kind = "pattern matches 0 files" if glob.has_magic(path) else "path does not exist"
            raise Py4JJavaError(
                "org.apache.hadoop.mapred.InvalidInputException: Input %s: file:%s"
                % (kind, os.path.abspath(path))
            )
        for own in matched:
            found.extend(_files_in(own) if os.path.isdir(own) else [own])
    return found


def _files_in(directory):
    inside = sorted(os.listdir(directory))
    named = [os.path.join(directory, name) for name in inside if name[0] not in "._"]
    return [path for path in named if os.path.isfile(path)]


def splits(files, least):
    """Triples of a file, where a split of it begins, and where it ends (None: the file's end)."""
    sizes = [os.path.getsize(path) for path in files]
    goal = sum(sizes) // max(least, 1)
    cut = []
    for path, size in zip(files, sizes):
        length = max(1, min(goal, BLOCK))
        if os.path.splitext(path)[1] in _PACKED:
            cut.append((path, 0, None))
            continue
        start = 0
        while (size - start) / length > SLOP:
            cut.append((path, start, start + length))
            start += length
        if start < size or size == 0:
            cut.append((path, start, size))
    return cut


def lines_of(path, start, end):
    """The lines that begin in a split, as bytes without their ends."""
    opened = _PACKED.get(os.path.splitext(path)[1], open)
    with opened(path, "rb") as file:
        data = file.read()
    if end is None:
        end = len(data)
    place = start
    if start > 0:
        # The line that a split begins in is the one's before it, and is read there to its end.
        found = _ENDS.search(data, start)
        place = found.end() if found else len(data)
    elif data.startswith(b"\xef\xbb\xbf"):
        place = 3
    # A line that begins exactly where the split ends is this split's, as in Hadoop.
    while place < len(data) and place <= end:
        found = _ENDS.search(data, place)
        if found is None:
            yield data[place:]
            return
        yield data[place : found.start()]
        place = found.end()


def lines(sc, names, least, use_unicode):
    """The lines of files."""
    cut = splits(paths(names), least)

    def compute(index):
        own = lines_of(*cut[index])
        return (line.decode("utf-8", "replace") for line in own) if use_unicode else own

    return RDD(sc, len(cut), compute)


def whole(sc, names, least, made):
    """Pairs of a file's address and what `made` makes of its bytes."""
    files = paths(names)
    count = min(len(files), least or sc.defaultMinPartitions) or 1

    def compute(index):
        for path in files[len(files) * index // count : len(files) * (index + 1) // count]:
            with open(path, "rb") as file:
                yield "file:" + os.path.abspath(path), made(file.read())

    return RDD(sc, count, compute)


def records(sc, names, length):
    """The records of files, each of `length` bytes."""
    cut = splits(paths(names), sc.defaultMinPartitions)

    def compute(index):
        path, start, end = cut[index]
        with open(path, "rb") as file:
            data = file.read()
        first = -(-start // length) * length
        last = len(data) if end is None else end
        for place in range(first, last, length):
            yield data[place : place + length]

    return RDD(sc, len(cut), compute)


def pickles(sc, names):
    """What `saveAsPickleFile` has written, a partition a file."""
    files = paths(names)

    def compute(index):
        with open(files[index], "rb") as file:
            data = io.BytesIO(file.read())
        while data.tell() < len(data.getbuffer()):
            yield from pickle.load(data)

    return RDD(sc, len(files), compute)
