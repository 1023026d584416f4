#!/usr/bin/env bash
# Runs every script of this directory in its short form, each with a time limit, and prints a table:
# script, seconds, result. Fails if one of them does. What a script measures is not looked at: an
# unoptimised program on a busy machine says nothing.
#
#   --nightly     those too that take long, or need what not every machine has: the kill matrix, the
#                 model check, the sanitizers, the fuzz targets, the cases of Spark
#   --only NAME   this one alone; repeatable
#   --limit S     how long a script may take, what it builds included (900)
#   -h, --help    show this
#
# Before each, the programs that are there are taken away (what they were made of stays): a script
# that does not build what it runs does not find it.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

ALWAYS='bench bench_durability bench_peers bench_python check_compiled demo'
NIGHTLY='kill_matrix model_check sanitize fuzz compare_with_spark'
# Those that .ci/run calls by itself, this one, and one that needs a real Spark.
ELSEWHERE='check_layers check_words check_scripts compare_with_cluster'

limit=900 only=() wanted=$ALWAYS
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
                --only) only+=("${2%.sh}") ;;
                --limit) limit=$2 ;;
            esac
            shift
            ;;
        *) die "there is no option $1; --help shows those that there are" ;;
    esac
    shift
done
[ ${#only[@]} -eq 0 ] || wanted="${only[*]}"

for script in scripts/*.sh; do
    name=$(basename "$script" .sh)
    case " $ALWAYS $NIGHTLY $ELSEWHERE " in
        *" $name "*) ;;
        *) die "$script is run by nobody: name it in scripts/check_scripts.sh" ;;
    esac
done

short_form() { # name
    case $1 in
        compare_with_spark) echo --recorded ;;
        *) echo --quick ;;
    esac
}

# Why a script cannot run here; nothing if it can.
lacks() { # name
    case $1 in
        fuzz)
            rustc +nightly --version >/dev/null 2>&1 || echo 'no nightly toolchain'
            cargo fuzz --version >/dev/null 2>&1 || echo 'no cargo-fuzz'
            ;;
        bench_python | check_compiled | compare_with_spark)
            command -v python3 >/dev/null || echo 'no python3'
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
    [ -x "scripts/$name.sh" ] || die "there is no script $name"
    missing=$(lacks "$name" | paste -sd, -)
    if [ -n "$missing" ]; then
        rows+=("$(printf '%-20s | %7s | skipped: %s' "$name" - "$missing")")
        continue
    fi
    form=$(short_form "$name")
    echo "check_scripts: scripts/$name.sh $form" >&2
    take_programs_away
    began=$SECONDS code=0
    # With all that it has started.
    timeout --kill-after=10 "$limit" "scripts/$name.sh" "$form" >"$work/$name" 2>&1 || code=$?
    result=ends
    if [ $code != 0 ]; then
        status=1 result="ends with code $code"
        ! is_late $code || result="does not end within $limit s"
        echo "check_scripts: scripts/$name.sh $form $result; its last lines:" >&2
        tail -n 40 "$work/$name" >&2
    fi
    rows+=("$(printf '%-20s | %7s | %s' "$name" $((SECONDS - began)) "$result")")
done

echo
printf '%-20s | %7s | %s\n' script seconds result
printf '%s\n' "${rows[@]}"
exit $status
