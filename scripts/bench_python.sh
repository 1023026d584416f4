#!/usr/bin/env bash
# Measures Python programs next to the native ones that do the same, in one run,
# alternating: words counted by Spark's two examples, the same count by functions
# that only CPython can run, batches of 10 ms, start to connected, an idle program,
# a million keys of state. With --pyspark PYTHON, an interpreter that has pyspark
# 3.5.9, the same file runs there too.
#
# Figures are CPU seconds a gigabyte of text, so that a busy machine says much the
# same; the ratios, from rounds that follow each other, say most.
set -euo pipefail
cd "$(dirname "$0")/.."
case ${1:-} in
    -h | --help) exec python3 scripts/bench_python.py --help ;;
esac
cargo build --release --quiet -p millrace-python
cargo build --release --quiet -p millrace-bins --bin millrace-submit \
    --bin network_wordcount --bin stateful_network_wordcount
export MILLRACE_BIN=${CARGO_TARGET_DIR:-$PWD/target}/release
exec python3 scripts/bench_python.py "$@"
