#!/usr/bin/env bash
# Measures a batch of Spark's sql_network_wordcount.py in a Python program: 10,000 words
# through createDataFrame, a view, GROUP BY and show.
#
#   --rows N, --different N, --batches N   see scripts/bench_sql.py
#   -h, --help                             show this
#
# Needs a python3 with duckdb; MILLRACE_TEST_PYTHON names another one.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh
case ${1:-} in
    -h | --help)
        help_of_head
        exit 0
        ;;
esac
cargo build --release --quiet -p millrace-python
package=$PWD/crates/python/python
export PYTHONPATH=$package/millrace/_as_pyspark:$package PYTHONDONTWRITEBYTECODE=1
export MILLRACE_ENGINE=${MILLRACE_ENGINE:-${CARGO_TARGET_DIR:-$PWD/target}/release/libmillrace_engine.so}
exec "${MILLRACE_TEST_PYTHON:-python3}" scripts/bench_sql.py "$@"
