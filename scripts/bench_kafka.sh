#!/usr/bin/env bash
# Records per second of a Kafka stream beside those of the client library alone, from librdkafka's
# mock cluster on this machine, in turn. Both read the same records of the same topic to its end;
# the time is that from the first record to the last. Fails if the stream has less than 0.8 of what
# the library has, by the median of the rounds.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

usage() {
    cat <<'TEXT'
usage: scripts/bench_kafka.sh [options]
  --rounds N       alternating rounds (5)
  --records N      records of the topic (2600000)
  --partitions N   partitions; the cluster keeps five megabytes of each (64)
  --bytes N        bytes of a record's value (100)
  --conf K=V       a setting of the stream; repeatable
  --producer K=V   a setting of the producer, such as compression.type=zstd; repeatable. The cluster
                   keeps records as they were sent, so that compressed ones may be many more
  --limit S        how long a program may take (120; with --quick 60)
  --quick          a few records, unoptimised: the script is tried, and nothing is measured
TEXT
}

rounds=5 records=2600000 partitions=64 bytes=100 limit= most=120 settings=() producing=()
profile=release built=release quick=
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help)
            usage
            exit 0
            ;;
        --quick)
            quick=yes profile=dev built=debug rounds=1 records=20000 partitions=4 most=60
            shift
            ;;
        --rounds | --records | --partitions | --bytes | --conf | --producer | --limit)
            value_of "$1" $#
            case $1 in
                --rounds) rounds=$2 ;;
                --records) records=$2 ;;
                --partitions) partitions=$2 ;;
                --bytes) bytes=$2 ;;
                --conf) settings+=("$2") ;;
                --producer) producing+=("$2") ;;
                --limit) limit=$2 ;;
            esac
            shift 2
            ;;
        *) die "there is no option $1; --help shows those that there are" ;;
    esac
done
: "${limit:=$most}"

echo "bench_kafka: building ($profile)" >&2
build --profile $profile --bin kafka
program=${CARGO_TARGET_DIR:-target}/$built/kafka
work=$(mktemp -d)
cluster=
stop_cluster() {
    if [ -n "$cluster" ]; then
        kill "$cluster" 2>/dev/null || true
        wait "$cluster" 2>/dev/null || true
        cluster=
    fi
}
trap 'stop_cluster; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# It serves until its standard input is closed, or it is killed.
mkfifo "$work/open"
"$program" serve "$records" "$partitions" "$bytes" "${producing[@]}" <"$work/open" \
    >"$work/brokers" 2>"$work/said" &
cluster=$!
exec 9>"$work/open"
tries=0
until [ -s "$work/brokers" ]; do
    kill -0 "$cluster" 2>/dev/null || die "the cluster: $(cat "$work/said")"
    tries=$((tries + 1))
    [ $tries -lt $((limit * 10)) ] || die 'the cluster was not filled in time'
    sleep 0.1
done
brokers=$(cat "$work/brokers")

measured() { # row words...
    local row=$1 code=0
    shift
    limited "$program" "$@" >"$work/one" 9>&- || code=$?
    ! is_late $code || die "$row did not end within $limit s"
    [ $code = 0 ] || die "$row failed"
    [ "$(field "$work/one" records)" = "$records" ] ||
        die "$row has read $(field "$work/one" records) records, not $records"
    echo "$(field "$work/one" records_per_s) $(field "$work/one" cpu_seconds) \
$(field "$work/one" peak_bytes)" >>"$work/$row"
}

for round in $(seq "$rounds"); do
    echo "bench_kafka: round $round of $rounds" >&2
    measured client client "$brokers" "$records" "$partitions"
    measured stream stream "$brokers" "$records" "${settings[@]}"
done

echo "Kafka: $records records of $bytes bytes in $partitions partitions, medians of $rounds rounds"
printf '%-26s %14s %10s %10s\n' '' 'records/s' 'CPU, s' 'peak, MiB'
for row in client stream; do
    printf '%-26s %14.0f %10.2f %10.0f\n' "$row" "$(awk '{ print $1 }' "$work/$row" | median)" \
        "$(awk '{ print $2 }' "$work/$row" | median)" \
        "$(awk '{ print $3 / 1048576 }' "$work/$row" | median)"
done
ratio=$(paste -d' ' "$work/stream" "$work/client" | awk '{ print $1 / $4 }' | median)
printf 'stream / client library alone: %.2f\n' "$ratio"
[ -z "$quick" ] || exit 0
awk "BEGIN { exit !($ratio >= 0.8) }" || die 'the bar is 0.8'
