"""Builds the wheel: maturin's extension module, and beside it the programs of this repository.

A wheel may carry executables of its own, which pip puts on PATH. They have to be there before
maturin packs the wheel, so they are built here first.
"""

import os
import shlex
import shutil
import subprocess

import maturin
from maturin import (  # noqa: F401
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
)

#: The directory that maturin puts into the wheel besides; see pyproject.toml.
DATA = os.path.join("target", "wheel.data")

PROGRAMS = (
    "millrace-submit",
    "millrace-state",
    "millrace-history",
    "custom_receiver",
    "direct_kafka_wordcount",
    "hdfs_wordcount",
    "network_wordcount",
    "network_wordjoinsentiments",
    "queue_stream",
    "recoverable_network_wordcount",
    "stateful_network_wordcount",
    "windowed_network_wordcount",
)


#: The program that is not there without the feature `kafka`.
NEEDS_KAFKA = "direct_kafka_wordcount"


def _features():
    """The features among the words that maturin gets: the programs have the same ones."""
    words = shlex.split(os.environ.get("MATURIN_PEP517_ARGS", ""))
    made = []
    for word, after in zip(words, [*words[1:], ""]):
        if word in ("--features", "-F"):
            made += [word, after]
        elif word == "--no-default-features" or word.startswith("--features="):
            made.append(word)
    return made


def _leave_symbols_out():
    """Keeps what a debugger reads out of the wheel: it would be nine tenths of the programs.

    The programs and the extension module share what they are built of, so both get the same words.
    """
    os.environ.setdefault("CARGO_PROFILE_RELEASE_DEBUG", "0")
    os.environ.setdefault("CARGO_PROFILE_RELEASE_STRIP", "true")


def _build_programs():
    """Puts the programs where maturin packs them, with the features that maturin was told."""
    _leave_symbols_out()
    build = ["cargo", "build", "--release", "--locked", "-p", "millrace-bins", *_features()]
    subprocess.run(build, check=True)
    built = os.environ.get("CARGO_TARGET_DIR", "target")
    scripts = os.path.join(DATA, "scripts")
    shutil.rmtree(scripts, ignore_errors=True)
    os.makedirs(scripts)
    for name in PROGRAMS:
        if name == NEEDS_KAFKA and "--no-default-features" in build:
            continue
        shutil.copy2(os.path.join(built, "release", name), scripts)


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    """Says what the wheel will be. maturin wants the directory of the programs by then."""
    os.makedirs(DATA, exist_ok=True)
    return maturin.prepare_metadata_for_build_wheel(metadata_directory, config_settings)


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Builds a wheel."""
    _build_programs()
    return maturin.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """Builds a wheel that leaves the Python files where they are."""
    _build_programs()
    return maturin.build_editable(wheel_directory, config_settings, metadata_directory)
