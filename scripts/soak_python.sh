#!/usr/bin/env bash
# Runs a Python program of each tier (compiled, guarded, CPython) for an hour, all at the same time
# and at a modest rate, and looks for what leaks: resident memory after 1, 10 and 60 minutes, the
# blocks that the interpreter has handed out, its objects, and the reference counts of functions
# and values that every batch uses. Fails if one of them has grown from
# the third quarter of the time to the last.
#
#   --minutes N   how long (60)
#   --quick       a quarter of a minute with unoptimised programs; shows figures and judges none
#   -h, --help    show this
#
# A batch is due five times per second: 18,000 in an hour. MILLRACE_BIN names a directory of
# programs that are built already.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh
profile=release built=release options=()
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help)
            help_of_head
            exit 0
            ;;
        --quick) profile=dev built=debug options=(--minutes 0.25) ;;
        --minutes)
            value_of "$1" $#
            options=(--minutes "$2")
            shift
            ;;
        *) die "there is no option $1; --help shows those that there are" ;;
    esac
    shift
done
if [ -z "${MILLRACE_BIN:-}" ]; then
    build --profile $profile --bin millrace-submit
    build_extension $profile
    target=${CARGO_TARGET_DIR:-target}
    case $target in /*) ;; *) target=$PWD/$target ;; esac
    export MILLRACE_BIN=$target/$built
fi
exec python3 scripts/soak_python.py ${options[@]+"${options[@]}"}
