#!/usr/bin/env bash
# Runs the cases of tests/spark on real PySpark 3.5.9 and on millrace, and prints
# a table: case, operator, same or different, and for a difference the entry of
# docs/DIFFERENCES.md that explains it. Fails if there is none. The very files that
# run on PySpark then run on the Python package, in CPython and lowered.
#
#   --record      rewrite tests/spark/recorded with what PySpark prints
#   --spark-only  leave millrace out: is the recording still what PySpark prints?
#   --recorded    leave Spark out: compare millrace with the recording
#   CASE...       only these cases
#   -h, --help    show this
#
# Needs CPython 3.11 with venv, Java 8, 11 or 17, and, the first time, a package
# index for pip. PySpark goes into $MILLRACE_SPARK_VENV, by default a directory
# of the user's cache; nothing of it comes into the repository. Takes about seven
# minutes. --recorded needs any Python 3, and the time to build the tests.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

SPARK=3.5.9
PYTHON=3.11
venv=${MILLRACE_SPARK_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace/pyspark-$SPARK}
here=tests/spark

say() {
    echo "compare_with_spark: $*" >&2
}
fail() {
    say "$*"
    exit 1
}

record=no
spark=yes
millrace=yes
cases=()
for word in "$@"; do
    case $word in
        --record) record=yes ;;
        --spark-only) millrace=no ;;
        --recorded) spark=no ;;
        -h | --help)
            help_of_head
            exit 0
            ;;
        -*) fail "unknown option $word; --help shows the options" ;;
        *) cases+=("$word") ;;
    esac
done

find_java() {
    local java=java version
    if [ -n "${JAVA_HOME:-}" ]; then
        java=$JAVA_HOME/bin/java
        [ -x "$java" ] || fail "JAVA_HOME is set, but there is no bin/java in it"
    elif ! command -v java >/dev/null; then
        fail "there is no java; install it (Debian: openjdk-17-jre-headless) or set JAVA_HOME"
    fi
    # 1.8.0_402 is Java 8.
    version=$("$java" -version 2>&1 | sed -nE 's/.*version "(1\.)?([0-9]+).*/\2/p' | head -n 1)
    case $version in
        8 | 11 | 17) ;;
        *) fail "Spark $SPARK needs Java 8, 11 or 17, not ${version:-this one}; set JAVA_HOME" ;;
    esac
}

installed() {
    local ask='import pyspark, sys; print(pyspark.__version__, "%d.%d" % sys.version_info[:2])'
    [ "$("$venv/bin/python" -c "$ask" 2>/dev/null)" = "$SPARK $PYTHON" ]
}

install_pyspark() {
    installed && return
    command -v "python$PYTHON" >/dev/null ||
        fail "there is no python$PYTHON; the order of keys is that of this CPython"
    say "installing PySpark $SPARK; this downloads about 300 MB, once"
    "python$PYTHON" -m venv "$venv" ||
        fail "python$PYTHON cannot make virtual environments (Debian: python$PYTHON-venv)"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "pyspark==$SPARK" ||
        fail "pip could not install pyspark==$SPARK"
    installed || fail "the environment in MILLRACE_SPARK_VENV is not right; delete it and try again"
}

# A Spark that is installed elsewhere must not get in between.
play_on_spark() {
    env -u SPARK_HOME -u SPARK_CONF_DIR -u PYSPARK_DRIVER_PYTHON -u HADOOP_CONF_DIR \
        PYTHONHASHSEED=0 SPARK_LOCAL_IP=127.0.0.1 \
        nice -n 10 "$venv/bin/python" -B $here/python/run.py "$work/spark" "${cases[@]}" \
        2> >(grep -v -e '^Setting ' -e '^To adjust ' -e 'NativeCodeLoader' >&2)
}

# The tests compare with the recording; here only what they wrote counts.
play_on_millrace() {
    MILLRACE_SPARK_TRANSCRIPTS=$work/millrace \
        cargo test --quiet -p millrace-spark-cases >"$work/cargo.log" 2>&1 || true
    [ -n "$(ls -A "$work/millrace" 2>/dev/null)" ] || {
        tail -n 30 "$work/cargo.log" >&2
        fail "the tests of millrace wrote no transcripts; see above"
    }
}

# The same files by the Python package. The tests compare with the recording, too.
play_on_the_package() {
    local python=${MILLRACE_TEST_PYTHON:-python3} package=$PWD/crates/python expression
    "$python" -c 'import pytest' 2>/dev/null || {
        say "the Python package is left out: $python has no pytest; see MILLRACE_TEST_PYTHON"
        return
    }
    build --profile dev --lib
    expression=$(printf ' or -%s]' ${cases[@]+"${cases[@]}"})
    say "running the same files on the Python package"
    env MILLRACE_ENGINE="${CARGO_TARGET_DIR:-$PWD/target}/debug/libmillrace_python.so" TZ=UTC \
        PYTHONPATH="$package/python/millrace/_as_pyspark:$package/python" \
        "$python" -B -m pytest -q -p no:cacheprovider ${cases[@]+-k "${expression# or }"} \
        "$package/tests/test_spark_cases.py"
}

compare() {
    "$python" -B $here/python/compare.py "$@" "${cases[@]}"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/spark" "$work/millrace"

if [ $spark = yes ]; then
    find_java
    install_pyspark
    python=$venv/bin/python
    say "running the cases on PySpark"
    play_on_spark || fail "PySpark did not run every case; see above"
else
    [ $record$millrace = noyes ] || fail "--recorded goes alone; --help shows the options"
    python=$(command -v python3) || fail "there is no python3"
    cp $here/recorded/*.out "$work/spark/"
fi

if [ $record = yes ]; then
    mkdir -p $here/recorded
    [ ${#cases[@]} -gt 0 ] || rm -f $here/recorded/*.out
    cp "$work"/spark/*.out $here/recorded/
    say "wrote $here/recorded"
elif [ $spark = yes ]; then
    for fresh in "$work"/spark/*.out; do
        diff -u "$here/recorded/$(basename "$fresh")" "$fresh" >&2 ||
            fail "PySpark does not print what was recorded; if that is right, use --record"
    done
    say "PySpark prints what was recorded"
fi

if [ $millrace = yes ]; then
    say "running the cases on millrace"
    play_on_millrace
    compare "$work/spark" "$work/millrace"
    play_on_the_package
fi
