#!/usr/bin/env bash
# Checks the count by which texts share a block (crates/text/src/model_check.rs) and the hand-off
# from receivers to batches (block generators, budget, tracker, write-ahead log:
# crates/runtime/src/receiver/model_check) in many schedules of their threads.
#
# A schedule that fails is printed, and is run again by shuttle's `replay`. MODEL_SCHEDULES says
# how many are tried for each property and scheduler (5000 if unset). Nothing is written outside
# of target/model_check.
#
#   --quick       a hundred schedules
#   -h, --help    show this
#   WORDS...      options of cargo test
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

case ${1:-} in
    -h | --help)
        help_of_head
        exit 0
        ;;
    --quick)
        MODEL_SCHEDULES=${MODEL_SCHEDULES:-100}
        shift
        ;;
esac
export MODEL_SCHEDULES=${MODEL_SCHEDULES:-5000}
export RUSTFLAGS="--cfg shuttle ${RUSTFLAGS:-}"
export CARGO_TARGET_DIR=${MODEL_TARGET_DIR:-target/model_check}
exec cargo test -p millrace-text -p millrace-runtime --lib "$@" model_check
