#!/usr/bin/env bash
# The same programs on millrace, timely dataflow and renoir, on the same records, on two workers,
# side by side. Fetches and builds benches/peers, which is a workspace of its own. All engines
# must come to the same result; otherwise the script fails. An engine that does not end within a time
# limit is named and left out of the table.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

usage() {
    cat <<'TEXT'
usage: scripts/bench_peers.sh [options]
  --only PROGRAM   wordcount, join, window, window-read or window-each; repeatable (all of them)
  --rounds N       alternating rounds (3)
  --keys N         keys of the joined streams and of the window (1000000)
  --bytes N        bytes of a batch of text (10000000)
  --limit S        how long an engine may take for a program (300; with --quick 60)
  --quick          every program for a moment, unoptimised: the script is tried, and nothing is
                   measured
TEXT
}

programs=() rounds=3 keys=1000000 bytes=10000000 limit= most=300 profile=release built=release
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help)
            usage
            exit 0
            ;;
        --quick)
            profile=dev built=debug rounds=1 keys=2000 bytes=20000 most=60
            shift
            ;;
        --only | --rounds | --keys | --bytes | --limit)
            value_of "$1" $#
            case $1 in
                --only) programs+=("$2") ;;
                --rounds) rounds=$2 ;;
                --keys) keys=$2 ;;
                --bytes) bytes=$2 ;;
                --limit) limit=$2 ;;
            esac
            shift 2
            ;;
        *) die "there is no option $1; --help shows those that there are" ;;
    esac
done
: "${limit:=$most}"
[ ${#programs[@]} -gt 0 ] || programs=(wordcount join window window-read window-each)
engines=(millrace timely renoir)

echo "bench_peers: building ($profile)" >&2
cargo build --profile $profile --quiet --locked --manifest-path benches/peers/Cargo.toml
bin=${CARGO_TARGET_DIR:-benches/peers/target}/$built
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

for program in "${programs[@]}"; do
    for round in $(seq "$rounds"); do
        for engine in "${engines[@]}"; do
            # Whoever is late once is out.
            [ ! -e "$work/late.$program.$engine" ] || continue
            echo "bench_peers: $program, round $round of $rounds, $engine" >&2
            code=0
            line=$(limited "$bin/$engine" --keys "$keys" --bytes "$bytes" "$program") || code=$?
            if is_late $code; then
                echo "bench_peers: $engine did not end within $limit s in $program" >&2
                rm -f "$work/$program.$engine"
                : >"$work/late.$program.$engine"
                continue
            fi
            [ $code = 0 ] || die "$engine failed in $program"
            [ "$line" = - ] || echo "$line" >>"$work/$program.$engine"
        done
    done
    # One result, whatever the engine and the round.
    results=$(find "$work" -name "$program.*" -exec cut -d' ' -f1,5 {} + | sort -u)
    [ "$(wc -l <<<"$results")" -le 1 ] || die "$program has more than one result: $results"
done

echo '| program | engine | M records/s | of millrace | CPU ns per record | peak MiB |'
echo '|---|---|---|---|---|---|'
for program in "${programs[@]}"; do
    for engine in "${engines[@]}"; do
        figures=$work/$program.$engine
        [ ! -e "$work/late.$program.$engine" ] || continue
        if [ ! -s "$figures" ]; then
            echo "| $program | $engine | - | - | - | - |"
            continue
        fi
        speed=$(awk '{ print $1 / $2 / 1e6 }' "$figures" | median)
        ratio=-
        if [ -s "$work/$program.millrace" ]; then
            ratio=$(paste -d' ' "$figures" "$work/$program.millrace" | awk '{ print $7 / $2 }' | median)
            ratio=$(printf %.2f "$ratio")
        fi
        cpu=$(awk '{ print $3 / $1 * 1e9 }' "$figures" | median)
        peak=$(awk '{ print $4 / 1048576 }' "$figures" | median)
        printf '| %s | %s | %.1f | %s | %.0f | %.0f |\n' "$program" "$engine" "$speed" \
            "$ratio" "$cpu" "$peak"
    done
done
for late in "$work"/late.*; do
    [ -e "$late" ] || continue
    name=${late##*/late.}
    echo "left out: ${name##*.} did not end within $limit s in ${name%%.*}"
done
