"""Datasets out of local files, cut as Hadoop would cut them."""

import bz2
import glob
import gzip
import io
import os
import pickle
import re

from .._paths import named_as
from ..rdd import RDD
from .files import _directory

#: A split is at most what a local file system calls a block.
BLOCK = 32 * 1024 * 1024
#: The last split may be a tenth larger, so that there is no tiny one behind it.
SLOP = 1.1
_PACKED = {".gz": gzip.open, ".bz2": bz2.open}
_ENDS = re.compile(rb"\r\n|\n|\r")


@named_as(RDD)
class _Read(RDD):
    """A dataset out of files, which are looked for when somebody asks for its partitions."""

    def __init__(self, sc, names, cut, read):
        places = _places(names)
        self._cut = lambda: cut(paths(places))
        self._parts = None
        super().__init__(sc, None, lambda index: read(self._known()[index]))

    def _known(self):
        if self._parts is None:
            self._parts = self._cut()
        return self._parts

    def _partition_count(self):
        return len(self._known()) if self._count is None else self._count


def _places(names):
    """The paths and patterns of a list with commas; one that is not of this machine is refused."""
    return [_directory(name.strip()) for name in names.split(",")]


def paths(places):
    """The files that some files, directories and patterns stand for."""
    found = []
    for path in places:
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

    def read(split):
        own = lines_of(*split)
        return (line.decode("utf-8", "replace") for line in own) if use_unicode else own

    return _Read(sc, names, lambda files: splits(files, least), read)


def whole(sc, names, least, made):
    """Pairs of a file's address and what `made` makes of its bytes."""

    def cut(files):
        count = min(len(files), least or sc.defaultMinPartitions) or 1
        places = [len(files) * index // count for index in range(count + 1)]
        return [files[first:last] for first, last in zip(places, places[1:])]

    def read(files):
        for path in files:
            with open(path, "rb") as file:
                yield "file:" + os.path.abspath(path), made(file.read())

    return _Read(sc, names, cut, read)


def records(sc, names, length):
    """The records of files, each of `length` bytes."""

    def read(split):
        path, start, end = split
        with open(path, "rb") as file:
            data = file.read()
        first = -(-start // length) * length
        last = len(data) if end is None else end
        for place in range(first, last, length):
            yield data[place : place + length]

    return _Read(sc, names, lambda files: splits(files, sc.defaultMinPartitions), read)


def pickles(sc, names):
    """The records that `saveAsPickleFile` has written; each file is a partition."""

    def read(path):
        with open(path, "rb") as file:
            data = io.BytesIO(file.read())
        while data.tell() < len(data.getbuffer()):
            yield from pickle.load(data)

    return _Read(sc, names, lambda files: files, read)
