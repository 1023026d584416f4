"""Compiled equals interpreted: some thousand random functions; more by scripts/check_compiled.sh."""

import os
import random
import subprocess
import sys

import millrace

TRIAL = os.path.join(os.path.dirname(__file__), "compiled", "trial.py")
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(millrace.__file__)))


def test_lowered_functions_give_what_cpython_gives():
    # A seed that a failure names, so that it can be tried again.
    seed = random.randrange(1 << 32)
    command = [sys.executable, TRIAL, "--cases", "4000", "--seed", str(seed)]
    environment = dict(os.environ, PYTHONPATH=PACKAGE)
    tried = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert tried.returncode == 0, tried.stdout + tried.stderr
