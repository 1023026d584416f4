#!/usr/bin/env bash
# The whole kill matrix: programs times failpoints, each kill followed by a recovery that is
# judged. Prints a table; fails if one line of it has a mismatch.
#
#   scripts/kill_matrix.sh [RECOVERIES]      3000 of them if nothing is said
#
# MILLRACE_KILL_SEED   what the kills are drawn from
# MILLRACE_KILL_LANES  programs side by side, for each of the two tests; most of it is waiting
set -euo pipefail
cd "$(dirname "$0")/.."

export MILLRACE_KILL_RECOVERIES="${1:-3000}"
export MILLRACE_KILL_LANES="${MILLRACE_KILL_LANES:-4}"
echo "| program | killed at | kills | mismatches |"
echo "|---|---|---|---|"
exec cargo test -q -p millrace-bins --test acceptance -- --nocapture however_often
