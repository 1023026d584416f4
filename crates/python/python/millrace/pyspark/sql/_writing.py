"""Puts what is written where it belongs, as a whole."""

import os
import shutil
import uuid

from .._rdd.files import _directory as local_path
from . import _partitions
from ._errors import analysis


def put(df, path, ending, write, mode, by):
    """Writes a part beside the target, and then puts it there.

    `write` gives of a DataFrame what writes its rows to a file; `by` names the columns whose values
    are directories.
    """
    target = os.path.abspath(local_path(path))
    if os.path.exists(target):
        if mode == "ignore":
            return
        if mode in ("errorifexists", "default"):
            raise analysis(
                "PATH_ALREADY_EXISTS",
                "Path file:%s already exists. Set mode as \"overwrite\" to overwrite the "
                "existing path." % target,
            )
    name = "part-00000-%s-c000%s" % (uuid.uuid4(), ending)
    parts = _partitions.split(df, by)
    building = "%s._temporary-%s" % (target, uuid.uuid4())
    os.makedirs(building)
    try:
        for below, rows in parts:
            os.makedirs(os.path.join(building, below), exist_ok=True)
            write(rows)(os.path.join(building, below, name))
        open(os.path.join(building, "_SUCCESS"), "wb").close()
        if os.path.exists(target) and mode == "append":
            for made in [*(os.path.join(below, name) for below, _ in parts), "_SUCCESS"]:
                place = os.path.join(target, made)
                os.makedirs(os.path.dirname(place), exist_ok=True)
                os.replace(os.path.join(building, made), place)
            return
        if os.path.exists(target):
            shutil.rmtree(target)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.rename(building, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def text(lines):
    """Writes lines to a file."""

    def write(name):
        with open(name, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(line + "\n" for line in lines)

    return write
