#!/usr/bin/env bash
# Measures Python programs next to the native ones that do the same, in one run,
# alternating: words counted by Spark's two examples, the same count by functions
# that only CPython can run, batches of 10 ms, functions of RDDs, windows, start to
# connected, an idle program, a million keys of state. With --pyspark PYTHON, an
# interpreter that has pyspark 3.5.9, the same file runs there too.
#
# Figures are CPU seconds per gigabyte of text, so that a busy machine says much the
# same; the ratios, from rounds that follow each other, say most.
#
# --quick tries the script with unoptimised programs and measures nothing; a program that does not
# end is named and left out. --help shows the other options.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh
profile=release built=release
for word in "$@"; do
    case $word in
        -h | --help) exec python3 scripts/bench_python --help ;;
        --quick) profile=dev built=debug ;;
    esac
done
build --profile $profile --bin millrace-submit --bin network_wordcount \
    --bin stateful_network_wordcount
build_extension $profile
target=${CARGO_TARGET_DIR:-target}
case $target in /*) ;; *) target=$PWD/$target ;; esac
# As pip does.
python3 -m compileall -q crates/python/python/millrace
export MILLRACE_BIN=$target/$built
exec python3 scripts/bench_python "$@"
