#!/usr/bin/env bash
# Runs every script of this directory in its short form, each with a time limit, and prints a table:
# script, seconds, result. Fails if one of them does. What a script measures is not looked at: an
# unoptimised program on a busy machine says nothing.
#
#   --nightly     those too that take long, or need what not every machine has: the kill matrix, the
#                 model check, the sanitizers, the fuzz targets, comparisons with Spark
#   --only NAME   this one alone; repeatable
#   --limit S     how long a script may take, what it builds included (1800)
#   -h, --help    show this
#
# Before each, the programs that are there are taken away (what they were made of stays): a script
# that does not build what it runs does not find it. A script whose needs the machine lacks is
# skipped, and the table says so. MILLRACE_TEST_PYTHON names a python3 with duckdb.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

ALWAYS='bench bench_durability bench_kafka bench_peers bench_python bench_sql bench_ui check_compiled
    demo gen_python_tables soak_python'
NIGHTLY='compare_with_spark compare_sql_with_spark compare_with_cluster kill_matrix model_check
    sanitize fuzz'
# Those that .ci/run calls by itself, what others call, and this one.
ELSEWHERE='check_layers check_words install_needs bench_sql.py soak_python.py
    check_scripts'

limit=1800 only=() wanted=$ALWAYS
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help)
            help_of_head
            exit 0
            ;;
        --nightly) wanted="$ALWAYS $NIGHTLY" ;;
        --only | --limit)
            value_of "$1" $#
            case $1 in
                --only) only+=("${2%.*}") ;;
                --limit) limit=$2 ;;
            esac
            shift
            ;;
        *) die "there is no option $1; --help shows those that there are" ;;
    esac
    shift
done
[ ${#only[@]} -eq 0 ] || wanted="${only[*]}"

for script in scripts/*.sh scripts/*.py; do
    file=$(basename "$script")
    case " $(echo $ALWAYS $NIGHTLY $ELSEWHERE) " in
        *" $file "* | *" ${file%.*} "*) ;;
        *) die "$script is run by nobody: name it in scripts/check_scripts.sh" ;;
    esac
done

# The command of a script's short form.
short_form() { # name
    case $1 in
        compare_with_spark) echo "scripts/$1.sh --recorded" ;;
        gen_python_tables) echo "env PYTHONHASHSEED=0 python3.11 scripts/$1.py --check" ;;
        *) echo "scripts/$1.sh --quick" ;;
    esac
}

has() { # command words...
    "$@" >/dev/null 2>&1
}

# Why a script cannot run here; nothing if it can.
lacks() { # name
    local spark=${MILLRACE_SPARK_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace/pyspark-3.5.9}
    case $1 in
        fuzz)
            has rustc +nightly --version || echo 'no nightly toolchain'
            has cargo fuzz --version || echo 'no cargo-fuzz'
            ;;
        bench_python | bench_durability | check_compiled | compare_with_spark | \
            soak_python)
            has python3 --version || echo 'no python3'
            ;;
        bench_sql)
            has "${MILLRACE_TEST_PYTHON:-python3}" -c 'import duckdb' || echo 'no python3 with duckdb'
            ;;
        gen_python_tables) has python3.11 --version || echo 'no python3.11' ;;
        compare_sql_with_spark | compare_with_cluster)
            has "$spark/bin/python" -c 'import pyspark' || echo "no PySpark in $spark"
            has java -version || echo 'no java'
            ;;
    esac
}

take_programs_away() {
    local directory
    for directory in "${CARGO_TARGET_DIR:-target}" benches/peers/target; do
        find "$directory"/debug "$directory"/debug/examples -maxdepth 1 -type f \
            \( -perm -u+x -o -name '*.so' \) -delete 2>/dev/null || true
    done
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# A demo beside one that somebody looks at.
export MILLRACE_DEMO_PORT=${MILLRACE_DEMO_PORT:-$((20000 + RANDOM % 10000))}

status=0 rows=()
for name in $wanted; do
    case " $(echo $ALWAYS $NIGHTLY) " in
        *" $name "*) ;;
        *) die "there is no short form of $name" ;;
    esac
    missing=$(lacks "$name" | paste -sd, -)
    if [ -n "$missing" ]; then
        rows+=("$(printf '%-22s | %7s | skipped: %s' "$name" - "$missing")")
        continue
    fi
    form=$(short_form "$name")
    echo "check_scripts: $form" >&2
    take_programs_away
    began=$SECONDS code=0
    # With all that it has started.
    timeout --kill-after=10 "$limit" $form >"$work/$name" 2>&1 || code=$?
    result=ends
    if [ $code != 0 ]; then
        status=1 result="ends with code $code"
        ! is_late $code || result="does not end within $limit s"
        echo "check_scripts: $form $result; its last lines:" >&2
        tail -n 40 "$work/$name" >&2
    fi
    rows+=("$(printf '%-22s | %7s | %s' "$name" $((SECONDS - began)) "$result")")
done

echo
printf '%-22s | %7s | %s\n' script seconds result
printf '%s\n' "${rows[@]}"
exit $status
