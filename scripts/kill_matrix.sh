#!/usr/bin/env bash
# The whole kill matrix: programs times failpoints, each kill followed by a recovery that is
# judged. Prints a table, a row a failpoint; fails if there is a mismatch.
#
#   scripts/kill_matrix.sh [RECOVERIES]            3000 of them if nothing is said
#   scripts/kill_matrix.sh --mutants [NAME...]     shows that the matrix can fail: runs a short one
#                                                  on copies of the sources with a fault each
#   scripts/kill_matrix.sh --quick                 twenty recoveries
#   scripts/kill_matrix.sh --help                  shows this
#
# MILLRACE_KILL_SEED      what the kills are drawn from
# MILLRACE_KILL_PROGRAMS  names of columns, with commas between them; all if nothing is said
# MILLRACE_KILL_LANES     directories of a program side by side; most of it is waiting
# MILLRACE_KILL_KEEP      if set, the directory of a mismatch is left there
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

ALL=acceptance::kills::the_whole_matrix
matrix() {
    cargo test -q --workspace --test acceptance -- --ignored --exact "$ALL" --nocapture
}

case ${1:-} in
    -h | --help)
        help_of_head
        exit 0
        ;;
    --mutants) ;;
    '' | --quick | [0-9]*)
        [ "${1:-}" != --quick ] || set -- 20
        export MILLRACE_KILL_RECOVERIES="${1:-3000}"
        matrix
        exit
        ;;
    *) die "there is no option $1; --help shows those that there are" ;;
esac
shift

# Each patch says in its first line what is wrong, and in its second which programs must notice.
PATCHES=$PWD/tests/acceptance/kills/mutants
[ $# -gt 0 ] || set -- $(cd "$PATCHES" && ls ./*.patch | sed 's/\.patch$//; s/^\.\///')
# Not where the right programs are: a fault must not get among them.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}/mutants"
export MILLRACE_KILL_RECOVERIES="${MILLRACE_KILL_RECOVERIES:-600}" RUST_BACKTRACE=0
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z --cached --others --exclude-standard | tar --null -T - -c | tar x -C "$copy"
cd "$copy"

survived=0
echo "| fault | programs | noticed as |"
echo "|---|---|---|"
for name; do
    patch -s -p1 <"$PATCHES/$name.patch"
    MILLRACE_KILL_PROGRAMS=$(sed -n 's/^programs: //p' "$PATCHES/$name.patch")
    export MILLRACE_KILL_PROGRAMS
    cargo test -q --workspace --test acceptance --no-run 2>"$copy/log" || {
        cat "$copy/log" >&2
        exit 2
    }
    if matrix >"$copy/log" 2>&1; then
        echo "| $name | $MILLRACE_KILL_PROGRAMS | **nothing: it survived** |"
        survived=1
    elif ! grep -q 'mismatches, seed' "$copy/log"; then
        # It failed, but the judge did not say so.
        tail -20 "$copy/log" >&2
        exit 2
    else
        first=$(grep -m1 ', last killed at ' "$copy/log" | sed 's/.*, last killed at //' | cut -c1-100)
        echo "| $name | $MILLRACE_KILL_PROGRAMS | $(grep -o '[0-9]* mismatches' "$copy/log" | tail -1): $first |"
    fi
    patch -s -R -p1 <"$PATCHES/$name.patch"
done
exit $survived
