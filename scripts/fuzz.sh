#!/usr/bin/env bash
# Tries bytes and texts that nobody wrote on everything that reads some from outside: cargo-fuzz,
# the targets of tests/fuzz, one after the other. Prints a table: target, executions, found.
#
#   --seconds N   how long each target runs (600)
#   --quick       ten seconds each
#   --list        show the targets
#   -h, --help    show this
#   TARGET...     only these
#
# Fails if something was found: a panic, a wrong answer, memory that the input does not allow, a
# read outside of what is there. The input that did it stays in target/fuzz/found/TARGET; put it
# into tests/fuzz/corpus/TARGET with the repair, and `cargo test` tries it from then on. What else
# is learned stays in target/fuzz/corpus.
#
# Needs a nightly toolchain and cargo-fuzz (cargo install cargo-fuzz).
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

all=$(ls tests/fuzz/fuzz_targets | sed -n 's/\.rs$//p')
seconds=600 chosen=()
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help)
            help_of_head
            exit 0
            ;;
        --list)
            echo "$all"
            exit 0
            ;;
        --quick) seconds=10 ;;
        --seconds)
            value_of "$1" $#
            seconds=$2
            shift
            ;;
        -*) die "there is no option $1; --help shows those that there are" ;;
        *)
            grep -qx -- "$1" <<<"$all" || die "there is no target $1; --list shows those that there are"
            chosen+=("$1")
            ;;
    esac
    shift
done
[ ${#chosen[@]} -gt 0 ] || mapfile -t chosen <<<"$all"

rustc +nightly --version >/dev/null 2>&1 || die 'there is no nightly toolchain (rustup toolchain install nightly)'
cargo fuzz --version >/dev/null 2>&1 || die 'there is no cargo-fuzz (cargo install cargo-fuzz)'

# What an input of a few kilobytes may make of it, in MiB: the largest allocation, and all of them.
largest=64 most=1024
target=${CARGO_TARGET_DIR:-target}
case $target in /*) ;; *) target=$PWD/$target ;; esac
here=$target/fuzz
options=(--fuzz-dir tests/fuzz --target-dir "$here")

echo 'fuzz: building' >&2
mkdir -p "$here"
cargo +nightly fuzz build "${options[@]}" >"$here/build.log" 2>&1 || {
    cat "$here/build.log" >&2
    die 'the targets do not build'
}

# Runs a target; its executions are in $executions then, and what it says in a file of its own.
executions=0
fuzz() { # target
    local corpus=$here/corpus/$1 found=$here/found/$1 log=$here/$1.log
    # Twice the time is more than it needs to end by itself.
    limit=$((2 * seconds + 60)) limited cargo +nightly fuzz run "${options[@]}" "$1" \
        "$corpus" "tests/fuzz/corpus/$1" -- \
        -max_total_time="$seconds" -timeout=20 -max_len=4096 -print_final_stats=1 \
        -malloc_limit_mb=$largest -rss_limit_mb=$most -artifact_prefix="$found/" \
        >"$log" 2>&1 || true
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
}

status=0 rows=()
for name in "${chosen[@]}"; do
    echo "fuzz: $name for $seconds s" >&2
    mkdir -p "$here/corpus/$name" "$here/found/$name"
    before=$(ls "$here/found/$name" | wc -l)
    fuzz "$name"
    new=$(($(ls "$here/found/$name" | wc -l) - before))
    if [ "$new" -gt 0 ]; then
        what="$new, in $here/found/$name; see $here/$name.log" status=1
    elif [ -z "$executions" ]; then
        what="it did not run; see $here/$name.log" status=1
    else
        what=nothing
    fi
    rows+=("$(printf '%-14s | %12s | %s' "$name" "${executions:--}" "$what")")
done

echo
printf '%-14s | %12s | %s\n' target executions found
printf '%s\n' "${rows[@]}"
exit $status
