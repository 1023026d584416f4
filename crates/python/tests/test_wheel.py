"""Programs that `pip install .` puts on PATH."""

import os
import re
import sys
import types

import pytest

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")


@pytest.fixture
def backend(monkeypatch):
    """The backend of the wheel, without maturin, which only a build needs."""
    maturin = types.ModuleType("maturin")
    for name in ("editable", "sdist", "wheel"):
        setattr(maturin, "get_requires_for_build_" + name, None)
    maturin.build_sdist = None
    monkeypatch.setitem(sys.modules, "maturin", maturin)
    monkeypatch.syspath_prepend(os.path.join(ROOT, "crates", "python"))
    monkeypatch.delitem(sys.modules, "backend", raising=False)
    import backend

    return backend


def test_every_program_of_the_repository_is_in_the_wheel(backend):
    with open(os.path.join(ROOT, "bins", "Cargo.toml"), encoding="utf-8") as file:
        programs = re.findall(r'\[\[bin\]\]\nname = "([^"]+)"', file.read())
    assert "millrace-submit" in programs
    assert sorted(backend.PROGRAMS) == sorted(programs)


def test_what_a_debugger_reads_is_left_out_unless_it_is_asked_for(backend, monkeypatch):
    monkeypatch.setattr(os, "environ", {"CARGO_PROFILE_RELEASE_DEBUG": "1"})
    backend._leave_symbols_out()
    assert os.environ == {
        "CARGO_PROFILE_RELEASE_DEBUG": "1", "CARGO_PROFILE_RELEASE_STRIP": "true"
    }
