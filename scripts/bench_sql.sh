#!/usr/bin/env bash
# Measures a batch of Spark's sql_network_wordcount.py in a Python program: 10,000 words
# through createDataFrame, a view, GROUP BY and show.
#
#   --rows N, --different N, --batches N   see scripts/bench_sql.py
#   --limit S                              how long it may take (900)
#   --quick                                two small batches by an engine that is not optimised: the
#                                          script is tried, and nothing is measured
#   -h, --help                             show this
#
# Needs a python3 with duckdb; MILLRACE_TEST_PYTHON names another one.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

limit=900 profile=release built=release options=()
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help)
            help_of_head
            exit 0
            ;;
        --quick)
            profile=dev built=debug
            options+=(--rows 200 --different 20 --batches 2)
            ;;
        --limit | --rows | --different | --batches)
            value_of "$1" $#
            case $1 in
                --limit) limit=$2 ;;
                *) options+=("$1" "$2") ;;
            esac
            shift
            ;;
        *) die "there is no option $1; --help shows those that there are" ;;
    esac
    shift
done

build_extension $profile
target=${CARGO_TARGET_DIR:-target}
case $target in /*) ;; *) target=$PWD/$target ;; esac
package=$PWD/crates/python/python
export PYTHONPATH=$package/millrace/_as_pyspark:$package PYTHONDONTWRITEBYTECODE=1
export MILLRACE_ENGINE=${MILLRACE_ENGINE:-$target/$built/libmillrace_python.so}
code=0
limited "${MILLRACE_TEST_PYTHON:-python3}" scripts/bench_sql.py ${options[@]+"${options[@]}"} || code=$?
! is_late $code || die "the batches did not end within $limit s"
exit $code
