#!/usr/bin/env bash
# Measures what durability costs, on this machine's disk:
#
#   state     bytes and time of a batch's checkpoint, for states of three sizes and batches of a
#             thousand distinct words; the disk's part of it apart. Resident bytes per key.
#   recovery  from start to running, of the largest state: from the log alone and from a
#             snapshot; and the worst batch while a snapshot is written
#   tool      millrace-state on two million keys, next to what a recovery of them takes: wall time and
#             peak memory of get, verify, export and diff
#   flood     bytes per second with the receivers' write-ahead log on and off, in turn, next to
#             what the disk takes in sequence
#
# Times are of the wall clock. Prints a line for each bar of docs/BENCHMARKS.md, and fails if one
# is missed, or if a program did not end.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

usage() {
    cat <<'TEXT'
usage: scripts/bench_durability.sh [options]
  --only SECTION   state, recovery, tool or flood; repeatable (all of them)
  --keys N         keys of the largest state (10000000)
  --batches N      small batches for each state (50)
  --rounds N       rounds of the flood (3)
  --seconds S      how long a round feeds each program (6)
  --dir DIR        where the checkpoints are written (target/durability)
  --limit S        how long a program may take (900; with --quick 60); a section with one that
                   does not end is named and left out
  --quick          every section for a moment, with unoptimised programs: the script is tried,
                   nothing is measured and no bar is missed
TEXT
}

sections=() keys=10000000 batches=50 rounds=3 seconds=6 dir= limit= most=900
quick=no profile=release middle=1000000 tool_keys=2000000 size=100000000
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help)
            usage
            exit 0
            ;;
        --quick)
            quick=yes profile=dev keys=20000 middle=15000 tool_keys=10000 batches=3 rounds=1
            seconds=1 size=1000000 most=60
            shift
            ;;
        --only | --keys | --batches | --rounds | --seconds | --dir | --limit)
            value_of "$1" $#
            case $1 in
                --only) sections+=("$2") ;;
                --keys) keys=$2 ;;
                --batches) batches=$2 ;;
                --rounds) rounds=$2 ;;
                --seconds) seconds=$2 ;;
                --dir) dir=$2 ;;
                --limit) limit=$2 ;;
            esac
            shift 2
            ;;
        *) die "there is no option $1; --help shows those that there are" ;;
    esac
done
: "${limit:=$most}"
for section in ${sections[@]+"${sections[@]}"}; do
    case $section in
        state | recovery | tool | flood) ;;
        *) die "no section $section: state, recovery, tool or flood" ;;
    esac
done
[ ${#sections[@]} -gt 0 ] || sections=(state recovery tool flood)

target=${CARGO_TARGET_DIR:-target}
case $target in /*) ;; *) target=$PWD/$target ;; esac
bin=$target/release texts=$target/corpora
[ $quick = no ] || bin=$target/debug
mkdir -p "${dir:-$target/durability}"
# On a disk, and not where temporary files are: that may be memory.
work=$(mktemp -d "${dir:-$target/durability}/XXXXXX")
# The real texts stay as they are.
[ $quick = no ] || texts=$work/corpora
feeder=
trap 'stop_feeder; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

MISSED=3 LATE=4 missed=0
bar() { # what value comparison limit
    if [ $quick = yes ]; then
        printf '  tried   %-64s %8.2f\n' "$1" "$2"
    elif awk "BEGIN { exit !($2 $3 $4) }"; then
        printf '  met     %-64s %8.2f %s %s\n' "$1" "$2" "$3" "$4"
    else
        printf '  MISSED  %-64s %8.2f %s %s\n' "$1" "$2" "$3" "$4"
        missed=1
    fi
}

# Ends a section, which runs in a shell of its own.
late() { # program
    echo "left out: $section, since $1 did not end within $limit s"
    exit $LATE
}

durability() { # file mode options...
    local file=$1
    shift
    echo "bench_durability: $*" >&2
    local code=0
    limited "$durability" "$@" >"$file" || code=$?
    ! is_late $code || late "durability $1"
    [ $code = 0 ] || die "durability $* failed"
}

state_row() { # name prefix file
    printf '%-26s %8.1f %11.3f %11.3f %10.2f %10.2f %12.2f %12.2f\n' "$1" \
        "$(awk "BEGIN { print $(field "$3" "$2bytes") / 1000 }")" \
        "$(field "$3" "$2write_ms")" "$(field "$3" "$2write_ms_worst")" \
        "$(field "$3" "$2sync_ms")" "$(field "$3" "$2sync_ms_worst")" \
        "$(field "$3" "$2without_sync_ms")" "$(field "$3" "$2without_sync_ms_worst")"
}
state_head() {
    printf '%-26s %8s %23s %21s %25s\n' '' '' 'written, ms' 'synced, ms' 'batch without sync, ms'
    printf '%-26s %8s %11s %11s %10s %10s %12s %12s\n' '' kB mean worst mean worst mean worst
}

state() {
    local size
    echo "Checkpoint of a batch of 1000 distinct words, $batches batches, local[2]"
    state_head
    for size in 10000 "$middle" "$keys"; do
        durability "$work/state-$size" load --dir "$work/$size" --keys "$size" --batches "$batches"
        state_row "$size keys" '' "$work/state-$size"
        [ "$size" = "$keys" ] || rm -rf "${work:?}/$size"
    done
    durability "$work/every" load --dir "$work/every.d" --keys "$middle" --batches 10 --operator every
    state_row "$middle keys, all visited" '' "$work/every"
    rm -rf "$work/every.d"
    for size in mapped timed; do
        durability "$work/$size" load --dir "$work/$size.d" --keys "$keys" --batches 10 --operator $size
        rm -rf "$work/$size.d"
    done
    bar "$keys keys: batch and checkpoint without sync, mean ms" \
        "$(field "$work/state-$keys" without_sync_ms)" '<' 5
    bar "bytes of a checkpoint at $keys keys / at 10000" \
        "$(awk "BEGIN { print $(field "$work/state-$keys" bytes) / $(field "$work/state-10000" bytes) }")" '<' 1.5
    bar "resident bytes per key, update_state_by_key" \
        "$(field "$work/state-$keys" resident_bytes_per_key)" '<=' 100
    bar "resident bytes per key, map_with_state" "$(field "$work/mapped" resident_bytes_per_key)" '<=' 100
    bar "resident bytes per key, map_with_state with a timeout" \
        "$(field "$work/timed" resident_bytes_per_key)" '<=' 100
}

recovery() {
    [ -d "$work/$keys" ] || durability "$work/state-$keys" \
        load --dir "$work/$keys" --keys "$keys" --batches "$batches"
    local from=$work/$keys
    echo "Recovery of $keys word counts, $(du -sm "$from" | cut -f1) MB of log, local[2]"
    durability "$work/from-log" recover --dir "$from" --keys "$keys" --batches 5
    durability "$work/beside" recover --dir "$from" --keys "$keys" --snapshot yes
    durability "$work/from-snapshot" recover --dir "$from" --keys "$keys" --batches 5
    local way
    for way in log snapshot; do
        printf 'from the %-9s start %6.2f s, first batch %6.2f s, peak %6.0f MiB\n' "$way:" \
            "$(field "$work/from-$way" start_s)" "$(field "$work/from-$way" first_batch_s)" \
            "$(awk "BEGIN { print $(field "$work/from-$way" peak_bytes) / 1048576 }")"
    done
    echo "Batches beside a snapshot of $keys keys: $(field "$work/beside" snapshot_batches)"
    state_head
    state_row 'beside a snapshot' snapshot_ "$work/beside"
    bar 'recovery from the log, s' "$(field "$work/from-log" first_batch_s)" '<' 3
    bar 'recovery from a snapshot, s' "$(field "$work/from-snapshot" first_batch_s)" '<' 3
}

# Seconds and MiB of a command, whose output goes to a file.
measured() { # row command...
    local row=$1
    shift
    local code=0
    python3 - "$limit" "$work/tool.out" "$@" >"$work/tool.$row" <<'PY' || code=$?
import resource, subprocess, sys, time
with open(sys.argv[2], "wb") as out:
    start = time.monotonic()
    try:
        code = subprocess.call(sys.argv[3:], stdout=out, timeout=float(sys.argv[1]))
    except subprocess.TimeoutExpired:
        sys.exit(124)
    seconds = time.monotonic() - start
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(f"{seconds:.3f} {peak:.0f}")
sys.exit(code > 1)
PY
    ! is_late $code || late "millrace-state $row"
    [ $code = 0 ] || die "millrace-state $row failed"
    printf '%-10s %8.3f s %8.0f MiB\n' "$row" $(cat "$work/tool.$row")
}

tool() {
    local keys=$tool_keys from=$work/tool.d row size
    durability "$work/tool-load" load --dir "$from" --keys $keys --batches 5
    durability "$work/tool-snapshot" recover --dir "$from" --keys $keys --snapshot yes
    durability "$work/tool-recovery" recover --dir "$from" --keys $keys --batches 5
    cp -r "$from" "$from.copy"
    size=$(du -sm "$from" | cut -f1)
    local recovery
    recovery=$(field "$work/tool-recovery" start_s)
    echo "millrace-state on $keys counts, $size MiB of files; a recovery starts in $recovery s"
    measured get "$bin/millrace-state" get "$from" "$("$bin/millrace-state" export "$from" |
        sed -n "$((keys / 2))"'{s/.*"key":"\([^"]*\)".*/\1/p;q}')"
    measured verify "$bin/millrace-state" verify "$from"
    measured export "$bin/millrace-state" export "$from"
    measured diff "$bin/millrace-state" diff "$from" "$from.copy"
    bar 'get, s' "$(cut -d' ' -f1 "$work/tool.get")" '<' 0.5
    for row in verify export; do
        bar "$row / recovery" \
            "$(awk "BEGIN { print $(cut -d' ' -f1 "$work/tool.$row") / $recovery }")" '<=' 2
    done
    bar 'diff / recovery of both' \
        "$(awk "BEGIN { print $(cut -d' ' -f1 "$work/tool.diff") / $recovery / 2 }")" '<=' 2
    for row in get verify export diff; do
        bar "peak memory of $row, MiB / MiB of one state's files" \
            "$(awk "BEGIN { print $(cut -d' ' -f2 "$work/tool.$row") / $size }")" '<' 1
    done
    rm -rf "$from" "$from.copy"
}

flood_once() { # row options...
    local row=$1
    shift
    feed --seconds "$seconds" "$text"
    local code=0
    (cd "$work" && limited "$bin/network_wordcount" --master 'local[2]' \
        --conf millrace.stopAtEof=true --conf "millrace.summary=$work/figures" "$@" \
        127.0.0.1 "$port") >/dev/null 2>"$work/said" || code=$?
    ! is_late $code || late network_wordcount
    [ $code = 0 ] || die "network_wordcount: $(cat "$work/said")"
    wait "$feeder" || die "the feeder: $(cat "$work/fed")"
    feeder=
    [ "$(field "$work/figures" bytes)" = "$(field "$work/fed" bytes)" ] || die "$row lost bytes"
    awk "BEGIN { print $(field "$work/figures" bytes) / $(field "$work/figures" wall_seconds) / 1e6 }" \
        >>"$work/flood.$row"
}

# Bytes of the disk's own: the text, written once and synced at the end.
disk_once() {
    local before=$EPOCHREALTIME after written
    dd if="$text" of="$work/sequence" bs=1M conv=fdatasync 2>/dev/null
    after=$EPOCHREALTIME
    written=$(stat -c %s "$work/sequence")
    rm "$work/sequence"
    awk "BEGIN { print $written / (${after/,/.} - ${before/,/.}) / 1e6 }" >>"$work/flood.disk"
}

flood() {
    local round row
    text=$texts/natural.txt
    "$bin/corpus" --dir "$texts" --bytes "$size" --kind natural >&2
    for round in $(seq "$rounds"); do
        for row in off block batch; do
            echo "bench_durability: round $round of $rounds, log $row" >&2
            case $row in
                off) flood_once off ;;
                *)
                    flood_once $row --checkpoint-dir "$work/flood.d" \
                        --conf spark.streaming.receiver.writeAheadLog.enable=true \
                        --conf millrace.wal.sync=$row
                    rm -rf "$work/flood.d"
                    ;;
            esac
        done
        disk_once
    done
    echo "Flood of natural text, medians of $rounds rounds of $seconds s, local[2], MB/s"
    for row in off block batch disk; do
        printf '%-28s %8.1f\n' "$row" "$(median <"$work/flood.$row")"
    done
    bar 'with the log / without it or the disk, whichever is lower' \
        "$(paste -d' ' "$work/flood.block" "$work/flood.off" "$work/flood.disk" |
            awk '{ print $1 / ($2 < $3 ? $2 : $3) }' | median)" '>=' 0.5
}

echo "bench_durability: building ($profile)" >&2
case " ${sections[*]} " in
    *' tool '*) build --profile $profile --bin millrace-state ;;
esac
case " ${sections[*]} " in
    *' flood '*) build --profile $profile --bin network_wordcount --bin feed --bin corpus ;;
esac
bench=bench
[ $quick = no ] || bench=dev
durability=$(cargo bench --quiet --workspace --bench durability --no-run --profile $bench \
    --message-format=json | sed -n 's/.*"executable":"\([^"]*durability-[^"]*\)".*/\1/p' | tail -n 1)
[ -x "$durability" ] || die 'cargo names no program'
status=0
for section in "${sections[@]}"; do
    # With `||` behind it the shell would go on behind what fails in there.
    set +e
    (
        set -e
        trap stop_feeder EXIT
        "$section"
        [ $missed = 0 ] || exit $MISSED
    )
    code=$?
    set -e
    case $code in
        0) ;;
        "$MISSED" | "$LATE") status=1 ;;
        *) exit $code ;;
    esac
    echo
done
exit $status
