#!/usr/bin/env bash
# Measures the release binaries over a loopback socket, next to what the same
# bytes cost at least on the same machine in the same minutes.
#
#   throughput  fed as fast as they read: `read and discard`, the limit line (a
#               program that can do nothing but this count), a plain counter
#               such as one writes without an engine, and the two programs, in
#               alternating rounds; medians, and the median of the rounds'
#               ratios
#   latency     end of a batch's interval to its output, at half of that load
#   start       from start to connected
#   idle        memory and CPU time of a connected program that gets nothing
#   keys        memory of stateful_network_wordcount with five million words of eight bytes, and CPU
#               time of a batch that brings it nothing then
#
# One figure alone says little about a machine that others use too. The ratios,
# and the CPU seconds per gigabyte, say more.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

usage() {
    cat <<'TEXT'
usage: scripts/bench.sh [options]
  --only SECTION   throughput, latency, start, idle or keys; repeatable (all of them)
  --rounds N       rounds of the throughput section (3)
  --seconds S      how long a round feeds each program (8)
  --corpus NAME    natural or zipf; repeatable (both)
  --bytes N        size of a corpus, which is sent over and over (100000000)
  --master MASTER  where the programs run (local[2])
  --limit S        how long a program may take; one that does not end is named and left out of
                   the table (60 more than it is fed)
  --quick          every section for a moment, with unoptimised programs: the script is tried,
                   and nothing is measured
TEXT
}

sections=() corpora=() rounds=3 seconds=8 size=100000000 master='local[2]' limit=
quick=no profile=release waits=20 starts=20 idles=10 keys=5000000
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help)
            usage
            exit 0
            ;;
        --quick)
            quick=yes profile=dev rounds=1 seconds=1 size=1000000 waits=2 starts=2 idles=1 \
                keys=50000
            shift
            ;;
        --only | --rounds | --seconds | --corpus | --bytes | --master | --limit)
            value_of "$1" $#
            case $1 in
                --only) sections+=("$2") ;;
                --rounds) rounds=$2 ;;
                --seconds) seconds=$2 ;;
                --corpus) corpora+=("$2") ;;
                --bytes) size=$2 ;;
                --master) master=$2 ;;
                --limit) limit=$2 ;;
            esac
            shift 2
            ;;
        *) die "there is no option $1; --help shows those that there are" ;;
    esac
done
: "${limit:=$((seconds + waits + 60))}"
[ ${#sections[@]} -gt 0 ] || sections=(throughput latency start idle keys)
[ ${#corpora[@]} -gt 0 ] || corpora=(natural zipf)

target=${CARGO_TARGET_DIR:-target}
bin=$target/release
texts=$target/corpora
work=$(mktemp -d)
if [ $quick = yes ]; then
    # The real texts stay as they are.
    bin=$target/debug texts=$work/corpora
fi
feeder= running=

stop_running() {
    if [ -n "$running" ]; then
        kill "$running" 2>/dev/null || true
        wait "$running" 2>/dev/null || true
        running=
    fi
}
trap 'stop_running; stop_feeder; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

calculate() {
    awk "BEGIN { printf \"%.12g\\n\", $1 }"
}

# Runs one of the two programs against the feeder; its figures are in
# $work/figures then. Gives the code of a program that did not end.
program() { # name, options
    local name=$1 code=0
    shift
    (cd "$work" && limited "$bin/$name" --master "$master" --conf millrace.stopAtEof=true \
        --conf "millrace.summary=$work/figures" "$@" 127.0.0.1 "$port") \
        >/dev/null 2>"$work/said" || code=$?
    ! is_late $code || return $code
    [ $code = 0 ] || die "$name: $(cat "$work/said")"
    [ "$(field "$work/figures" bytes_dropped)" = 0 ] || die "$name lost bytes"
}

# What one program makes of one text: appends `MB/s Mwords/s CPU-seconds
# CPU-seconds/GB peak-MiB` to the row's file. A row that is late once is out.
measure() { # row corpus
    [ ! -e "$work/late.$2.$1" ] || return 0
    feed --seconds "$seconds" "$texts/$2.txt"
    local wall=seconds code=0
    case $1 in
        discard | limit | plain) limited "$bin/$1" 127.0.0.1 "$port" >"$work/figures" || code=$? ;;
        *)
            program "$1" || code=$?
            wall=wall_seconds
            ;;
    esac
    if is_late $code; then
        stop_feeder
        rm -f "$work/$2.$1"
        : >"$work/late.$2.$1"
        echo "bench: $1 on $2 text did not end within $limit s" >&2
        return 0
    fi
    [ $code = 0 ] || die "$1 failed"
    wait "$feeder" || die "the feeder: $(cat "$work/fed")"
    feeder=
    local bytes sent
    bytes=$(field "$work/figures" bytes)
    sent=$(field "$work/fed" bytes)
    [ "$bytes" = "$sent" ] || die "$1 read $bytes bytes of $sent"
    local words peak=0
    words=$(calculate "$bytes * $(field "$texts/$2.json" words) / $(field "$texts/$2.json" bytes)")
    [ "$1" = discard ] || peak=$(field "$work/figures" peak_rss_bytes)
    awk -v bytes="$bytes" -v words="$words" -v wall="$(field "$work/figures" $wall)" \
        -v cpu="$(field "$work/figures" cpu_seconds)" -v peak="$peak" 'BEGIN {
            printf "%.1f %.2f %.2f %.3f %.1f\n",
                bytes / wall / 1e6, words / wall / 1e6, cpu, cpu / bytes * 1e9, peak / 1048576
        }' >>"$work/$2.$1"
}

column() { # file number: the column's median
    cut -d' ' -f"$2" "$1" | median
}

# The median of what each round says of two rows; 0 if one of them is out.
ratio() { # corpus row to-row
    if [ ! -s "$work/$1.$2" ] || [ ! -s "$work/$1.$3" ]; then
        echo 0
        return
    fi
    paste -d' ' "$work/$1.$2" "$work/$1.$3" | awk '{ print $1 / $6 }' | median
}

rows=(discard limit plain network_wordcount stateful_network_wordcount)

throughput() {
    local corpus round row
    for round in $(seq "$rounds"); do
        for corpus in "${corpora[@]}"; do
            for row in "${rows[@]}"; do
                echo "bench: round $round of $rounds, $corpus, $row" >&2
                measure "$row" "$corpus"
            done
        done
    done
    echo "Throughput: medians of $rounds rounds of $seconds s, --master $master"
    for corpus in "${corpora[@]}"; do
        echo
        echo "$corpus text: $(field "$texts/$corpus.json" distinct) distinct words in" \
            "$(field "$texts/$corpus.json" words), sent over and over"
        printf '%-28s %8s %9s %7s %9s %9s %9s\n' \
            '' MB/s Mwords/s 'CPU s' 'CPU s/GB' 'peak MiB' 'of limit'
        for row in "${rows[@]}"; do
            [ -s "$work/$corpus.$row" ] || continue
            local name=$row peak words
            peak=$(printf %.1f "$(column "$work/$corpus.$row" 5)")
            words=$(printf %.1f "$(column "$work/$corpus.$row" 2)")
            case $row in
                discard) name='read and discard' peak=- words=- ;;
                limit) name='limit line' ;;
                plain) name='plain counter' ;;
            esac
            printf '%-28s %8.1f %9s %7.2f %9.3f %9s %9.2f\n' "$name" \
                "$(column "$work/$corpus.$row" 1)" "$words" \
                "$(column "$work/$corpus.$row" 3)" "$(column "$work/$corpus.$row" 4)" \
                "$peak" "$(ratio "$corpus" "$row" limit)"
        done
        printf 'stateful / stateless %37s %.2f\n' '' \
            "$(ratio "$corpus" stateful_network_wordcount network_wordcount)"
        for row in "${rows[@]}"; do
            [ ! -e "$work/late.$corpus.$row" ] || echo "left out: $row did not end within $limit s"
        done
    done
}

latency() {
    local corpus load
    echo "Latency: end of interval to output, at half load for $waits s, --master $master"
    for corpus in "${corpora[@]}"; do
        # What it can do, from the first section or from a short look.
        [ -s "$work/$corpus.network_wordcount" ] || measure network_wordcount "$corpus"
        if [ ! -s "$work/$corpus.network_wordcount" ]; then
            echo "$corpus: left out, network_wordcount did not end within $limit s"
            continue
        fi
        load=$(calculate "$(column "$work/$corpus.network_wordcount" 1) / 2")
        echo "bench: $corpus at $load MB/s" >&2
        feed --seconds "$waits" --rate "$load" "$texts/$corpus.txt"
        if ! program network_wordcount; then
            stop_feeder
            echo "$corpus: left out, network_wordcount did not end within $limit s"
            continue
        fi
        wait "$feeder" || die "the feeder: $(cat "$work/fed")"
        feeder=
        printf '%-10s %6.1f MB/s   p50 %6.1f ms   p99 %6.1f ms   peak %6.1f MiB\n' "$corpus" \
            "$load" "$(field "$work/figures" latency_p50_ms)" \
            "$(field "$work/figures" latency_p99_ms)" \
            "$(calculate "$(field "$work/figures" peak_rss_bytes) / 1048576")"
    done
}

start() {
    echo 'one line' >"$work/line"
    : >"$work/starts"
    for _ in $(seq "$starts"); do
        feed "$work/line"
        local before=$EPOCHREALTIME
        behind "$bin/network_wordcount" --master "$master" --conf millrace.stopAtEof=true \
            127.0.0.1 "$port" >/dev/null 2>&1
        running=$!
        # It sends its line to whoever connects, and ends.
        wait "$feeder" || die "the feeder: $(cat "$work/fed")"
        local after=$EPOCHREALTIME
        feeder=
        wait "$running" || die "network_wordcount failed, or did not end within $limit s"
        running=
        calculate "(${after/,/.} - ${before/,/.}) * 1000" >>"$work/starts"
    done
    printf 'Start to connected: %.1f ms, median of %s\n' "$(median <"$work/starts")" "$starts"
}

# User and system time of the program that runs, in ticks; and what of it is resident, in MiB.
cpu_ticks() {
    sed 's/.*) //' "/proc/$running/stat" | awk '{ print $12 + $13 }'
}
resident() {
    awk '/^VmRSS/ { print $2 / 1024 }' "/proc/$running/status"
}

idle() {
    local ticks before after resident
    [ -r /proc/self/stat ] || { echo 'Idle: skipped, this system has no /proc'; return; }
    # A pace too slow to ever send a byte.
    feed --seconds 3600 --rate 0.0000000001 "$texts/${corpora[0]}.txt"
    "$bin/network_wordcount" --master "$master" 127.0.0.1 "$port" >/dev/null 2>&1 &
    running=$!
    sleep 2
    before=$(cpu_ticks)
    sleep "$idles"
    after=$(cpu_ticks)
    resident=$(resident)
    stop_running
    stop_feeder
    ticks=$(getconf CLK_TCK)
    printf 'Idle: %.1f MiB resident, %.2f %% of a core over %s s\n' "$resident" \
        "$(calculate "($after - $before) * 100 / $ticks / $idles")" "$idles"
}

# Every word comes once, at a million words or so in each batch of five seconds.
keys() {
    local before after resident ticks held=$((3 * idles))
    [ -r /proc/self/stat ] || { echo 'Keys: skipped, this system has no /proc'; return; }
    awk -v keys=$keys 'BEGIN {
        for (word = 0; word < keys; word++) printf "%08d%s", word, word % 10 == 9 ? "\n" : " " }' \
        >"$work/keys.txt"
    echo "bench: $keys words" >&2
    feed --rate 2 --hold 3600 "$work/keys.txt"
    (cd "$work" && exec "$bin/stateful_network_wordcount" --master "$master" \
        127.0.0.1 "$port" >/dev/null 2>&1) &
    running=$!
    until [ -s "$work/fed" ]; do
        kill -0 "$running" 2>/dev/null || die 'stateful_network_wordcount ended early'
        sleep 0.2
    done
    # The batch of the last words, and its snapshot.
    sleep 12
    before=$(cpu_ticks)
    sleep $held
    after=$(cpu_ticks)
    resident=$(resident)
    stop_running
    stop_feeder
    ticks=$(getconf CLK_TCK)
    printf 'Keys: %.1f MiB resident with %s of 8 bytes, %.1f bytes each; %.2f ms of CPU an empty batch\n' \
        "$resident" $keys "$(calculate "$resident * 1048576 / $keys")" \
        "$(calculate "($after - $before) * 1000 / $ticks / ($held / 5)")"
}

echo "bench: building ($profile)" >&2
build --profile $profile --bin corpus --bin feed --bin discard --bin limit \
    --bin plain --bin network_wordcount --bin stateful_network_wordcount
case $target in
    /*) ;;
    *)
        target=$PWD/$target bin=$PWD/$bin
        [ $quick = yes ] || texts=$PWD/$texts
        ;;
esac
for corpus in "${corpora[@]}"; do
    "$bin/corpus" --dir "$texts" --bytes "$size" --kind "$corpus" >&2
done
for section in "${sections[@]}"; do
    case $section in
        throughput | latency | start | idle | keys) "$section" ;;
        *) die "no section $section: throughput, latency, start, idle or keys" ;;
    esac
    echo
done
