#!/usr/bin/env bash
# Compiled equals interpreted: calls random functions on random values, lowered
# and in CPython, in every Python that is there. Ends with an error at the first
# difference, and prints the function, its arguments and the seed.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

usage() {
    cat <<'TEXT'
usage: scripts/check_compiled.sh [options]
  --cases N        calls in each Python (100000)
  --seed N         where the random numbers begin (1)
  --python PATH    an interpreter; repeatable (those of pyenv from 3.9 on, else python3)
  --limit S        how long an interpreter may take (3600; with --quick 60)
  --quick          200 calls, by an engine that is not optimised
TEXT
}

cases=100000 seed=1 pythons=() limit= most=3600 profile=release built=release
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help)
            usage
            exit 0
            ;;
        --quick)
            cases=200 most=60 profile=dev built=debug
            shift
            ;;
        --cases | --seed | --python | --limit)
            value_of "$1" $#
            case $1 in
                --cases) cases=$2 ;;
                --seed) seed=$2 ;;
                --python) pythons+=("$2") ;;
                --limit) limit=$2 ;;
            esac
            shift 2
            ;;
        *) die "there is no option $1; --help shows those that there are" ;;
    esac
done
: "${limit:=$most}"
if [ ${#pythons[@]} -eq 0 ]; then
    for python in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python; do
        if [ -x "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))'; then
            pythons+=("$python")
        fi
    done
fi
[ ${#pythons[@]} -gt 0 ] || pythons=(python3)

build_extension $profile
target=${CARGO_TARGET_DIR:-target}
case $target in /*) ;; *) target=$PWD/$target ;; esac
export MILLRACE_ENGINE=$target/$built/libmillrace_python.so
export PYTHONPATH=$PWD/crates/python/python PYTHONDONTWRITEBYTECODE=1
for python in "${pythons[@]}"; do
    code=0
    limited "$python" crates/python/tests/compiled/trial.py --cases "$cases" --seed "$seed" || code=$?
    ! is_late $code || die "$python did not end within $limit s"
    [ $code = 0 ] || exit $code
done
