#!/usr/bin/env bash
# The same programs on millrace, timely dataflow and renoir, on the same records, on two workers,
# side by side. Fetches and builds benches/peers, which is a workspace of its own. All engines
# must come to the same result; otherwise the script fails.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    cat <<'TEXT'
usage: scripts/bench_peers.sh [options]
  --only PROGRAM   wordcount, join, window or window-read; repeatable (all of them)
  --rounds N       alternating rounds (3)
  --keys N         keys of the joined streams and of the window (1000000)
  --bytes N        bytes of a batch of text (10000000)
TEXT
}

programs=() rounds=3 keys=1000000 bytes=10000000
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help)
            usage
            exit 0
            ;;
        --only | --rounds | --keys | --bytes)
            [ $# -ge 2 ] || { usage >&2; exit 1; }
            case $1 in
                --only) programs+=("$2") ;;
                --rounds) rounds=$2 ;;
                --keys) keys=$2 ;;
                --bytes) bytes=$2 ;;
            esac
            shift 2
            ;;
        *)
            usage >&2
            exit 1
            ;;
    esac
done
[ ${#programs[@]} -gt 0 ] || programs=(wordcount join window window-read)
engines=(millrace timely renoir)

die() {
    echo "bench_peers: $*" >&2
    exit 1
}

median() { # numbers on stdin
    sort -g | awk '{ value[NR] = $1 } END {
        if (NR % 2) print value[(NR + 1) / 2]; else print (value[NR / 2] + value[NR / 2 + 1]) / 2 }'
}

echo 'bench_peers: building (release)' >&2
cargo build --release --quiet --locked --manifest-path benches/peers/Cargo.toml
bin=${CARGO_TARGET_DIR:-benches/peers/target}/release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

for program in "${programs[@]}"; do
    for round in $(seq "$rounds"); do
        for engine in "${engines[@]}"; do
            echo "bench_peers: $program, round $round of $rounds, $engine" >&2
            line=$("$bin/$engine" --keys "$keys" --bytes "$bytes" "$program") ||
                die "$engine failed in $program"
            [ "$line" = - ] || echo "$line" >>"$work/$program.$engine"
        done
    done
    # One result, whatever the engine and the round.
    results=$(cat "$work/$program".* | cut -d' ' -f1,5 | sort -u)
    [ "$(wc -l <<<"$results")" = 1 ] || die "$program has more than one result: $results"
done

echo '| program | engine | M records/s | of millrace | CPU ns a record | peak MiB |'
echo '|---|---|---|---|---|---|'
for program in "${programs[@]}"; do
    for engine in "${engines[@]}"; do
        figures=$work/$program.$engine
        if [ ! -s "$figures" ]; then
            echo "| $program | $engine | - | - | - | - |"
            continue
        fi
        speed=$(awk '{ print $1 / $2 / 1e6 }' "$figures" | median)
        ratio=$(paste -d' ' "$figures" "$work/$program.millrace" | awk '{ print $7 / $2 }' | median)
        cpu=$(awk '{ print $3 / $1 * 1e9 }' "$figures" | median)
        peak=$(awk '{ print $4 / 1048576 }' "$figures" | median)
        printf '| %s | %s | %.1f | %.2f | %.0f | %.0f |\n' "$program" "$engine" "$speed" \
            "$ratio" "$cpu" "$peak"
    done
done
