#!/usr/bin/env bash
# Compiled equals interpreted: calls random functions on random values, lowered
# and in CPython, in every Python that is there. Ends with an error at the first
# difference, and prints the function, its arguments and the seed.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    cat <<'TEXT'
usage: scripts/check_compiled.sh [options]
  --cases N        calls in each Python (100000)
  --seed N         where the random numbers begin (1)
  --python PATH    an interpreter; repeatable (those of pyenv from 3.9 on, else python3)
TEXT
}

cases=100000 seed=1 pythons=()
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help)
            usage
            exit 0
            ;;
        --cases | --seed | --python)
            [ $# -ge 2 ] || { usage >&2; exit 1; }
            case $1 in
                --cases) cases=$2 ;;
                --seed) seed=$2 ;;
                --python) pythons+=("$2") ;;
            esac
            shift 2
            ;;
        *)
            usage >&2
            exit 1
            ;;
    esac
done
if [ ${#pythons[@]} -eq 0 ]; then
    for python in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python; do
        if [ -x "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))'; then
            pythons+=("$python")
        fi
    done
fi
[ ${#pythons[@]} -gt 0 ] || pythons=(python3)

cargo build --release -p millrace-python
export MILLRACE_ENGINE=$PWD/${CARGO_TARGET_DIR:-target}/release/libmillrace_engine.so
export PYTHONPATH=$PWD/crates/python/python PYTHONDONTWRITEBYTECODE=1
for python in "${pythons[@]}"; do
    "$python" crates/python/tests/compiled/trial.py --cases "$cases" --seed "$seed"
done
