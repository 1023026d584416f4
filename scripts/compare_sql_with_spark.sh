#!/usr/bin/env bash
# Runs the cases of crates/python/tests/sql on real PySpark 3.5.9, and says in which
# of them it prints something else than what is recorded.
#
#   --record     rewrite crates/python/tests/sql/recorded with what PySpark prints
#   --quick      one case alone
#   CASE...      only these cases
#   -h, --help   show this
#
# Needs CPython 3.11 with venv, Java 8, 11 or 17, and, the first time, a package
# index for pip. PySpark goes into $MILLRACE_SPARK_VENV, by default a directory of
# the user's cache. Takes about four minutes, with --quick
# half a minute. The tests of the Python package
# compare millrace with the recording and need no Spark.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

SPARK=3.5.9
venv=${MILLRACE_SPARK_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace/pyspark-$SPARK}
here=crates/python/tests/sql

record=no quick=no limit=1800
cases=()
for word in "$@"; do
    case $word in
        --record) record=yes ;;
        --quick) quick=yes ;;
        -h | --help)
            help_of_head
            exit 0
            ;;
        -*) die "there is no option $word; --help shows those that there are" ;;
        *) cases+=("$word") ;;
    esac
done
if [ $quick = yes ]; then
    [ $record = no ] || die '--quick records nothing; --help shows the options'
    limit=300
    [ ${#cases[@]} -gt 0 ] || cases=("$(find $here/recorded -name '*.out' -exec basename {} .out \; |
        sort | sed -n 1p)")
fi

if [ ! -x "$venv/bin/python" ]; then
    python3.11 -m venv "$venv"
fi
"$venv/bin/python" -c 'import pyspark, pandas' 2>/dev/null ||
    "$venv/bin/pip" install --quiet "pyspark==$SPARK" pandas pyarrow
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
code=0
PYSPARK_PYTHON=$venv/bin/python PYTHONPATH=$here TZ=UTC PYTHONDONTWRITEBYTECODE=1 limited \
    "$venv/bin/python" "$here/run.py" "$made" ${cases[@]+"${cases[@]}"} 2>"$made/log" || code=$?
if [ $code != 0 ]; then
    tail -n 20 "$made/log" >&2
    ! is_late $code || die "PySpark did not end within $limit s"
    exit 1
fi
rm "$made/log"
if [ "$record" = yes ]; then
    mkdir -p "$here/recorded"
    cp "$made"/*.out "$here/recorded/"
    exit 0
fi
differ=0
for file in "$made"/*.out; do
    diff -u "$here/recorded/$(basename "$file")" "$file" || differ=1
done
exit "$differ"
