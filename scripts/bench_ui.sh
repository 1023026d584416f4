#!/usr/bin/env bash
# Measures what being watched costs a program: its page open in one place (server-sent events),
# and REST and Prometheus asked twice a second in another.
#
#   throughput  network_wordcount fed as fast as it reads, watched and without a page, in
#               alternating rounds: MB/s, CPU seconds per gigabyte, and the median of the rounds'
#               ratios
#   idle        memory and CPU time of a connected program that gets nothing: with the page served,
#               and with the page open
#   start       from start to connected, with the page
#
# Prints a line for each bar of docs/BENCHMARKS.md, and fails if one is missed. A ratio says more
# than a figure about a machine that others use too.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

usage() {
    cat <<'TEXT'
usage: scripts/bench_ui.sh [options]
  --only SECTION   throughput, idle or start; repeatable (all of them)
  --rounds N       rounds of the throughput section (10)
  --seconds S      how long a round feeds each program (5)
  --every MS       interval of the questions (500)
  --master MASTER  where the programs run (local[2])
  --limit S        how long a program may take (60 more than it is fed)
  --quick          every section for a moment, with unoptimised programs: the script is tried,
                   nothing is measured, and no bar is missed
TEXT
}

sections=() rounds=10 seconds=5 every=500 master='local[2]' limit=
quick=no profile=release size=100000000 starts=20 idles=20
while [ $# -gt 0 ]; do
    case $1 in
        -h | --help)
            usage
            exit 0
            ;;
        --quick)
            quick=yes profile=dev rounds=1 seconds=2 size=1000000 starts=2 idles=1
            shift
            ;;
        --only | --rounds | --seconds | --every | --master | --limit)
            value_of "$1" $#
            case $1 in
                --only) sections+=("$2") ;;
                --rounds) rounds=$2 ;;
                --seconds) seconds=$2 ;;
                --every) every=$2 ;;
                --master) master=$2 ;;
                --limit) limit=$2 ;;
            esac
            shift 2
            ;;
        *) die "there is no option $1; --help shows those that there are" ;;
    esac
done
: "${limit:=$((seconds + idles + 60))}"
[ ${#sections[@]} -gt 0 ] || sections=(throughput idle start)

target=${CARGO_TARGET_DIR:-target}
case $target in /*) ;; *) target=$PWD/$target ;; esac
bin=$target/release texts=$target/corpora
work=$(mktemp -d)
if [ $quick = yes ]; then
    # The real text stays as it is.
    bin=$target/debug texts=$work/corpora
fi
feeder= running= watcher=

stop_running() {
    local one
    for one in $watcher $running; do
        kill "$one" 2>/dev/null || true
        wait "$one" 2>/dev/null || true
    done
    watcher='' running=''
}
trap 'stop_running; stop_feeder; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

calculate() {
    awk "BEGIN { printf \"%.12g\\n\", $1 }"
}

missed=0
bar() { # what value comparison limit
    local word=MISSED
    if awk "BEGIN { exit !($2 $3 $4) }"; then
        word=met
    elif [ $quick = yes ]; then
        word=tried
    else
        missed=1
    fi
    printf '  %-7s %-58s %9.3f %s %s\n' $word "$1" "$2" "$3" "$4"
}

# Starts the program at the feeder; with a page its port is in $page then.
program() { # on or off, options
    local has=$1
    shift
    : >"$work/said"
    (cd "$work" && exec timeout --foreground --kill-after=5 "$limit" "$bin/network_wordcount" \
        --master "$master" --conf "spark.ui.enabled=$([ "$has" = on ] && echo true || echo false)" \
        --conf spark.ui.port=0 "$@" 127.0.0.1 "$port") >/dev/null 2>"$work/said" &
    running=$!
    [ "$has" = on ] || return 0
    local tries=0
    until page=$(sed -n 's,.*Streaming page is at http://127.0.0.1:\([0-9]*\)/.*,\1,p' "$work/said") \
        && [ -n "$page" ]; do
        kill -0 "$running" 2>/dev/null || die "network_wordcount: $(cat "$work/said")"
        tries=$((tries + 1))
        [ $tries -lt 500 ] || die 'the program says no address of its page'
        sleep 0.02
    done
}

watch() { # milliseconds
    behind "$bin/watch" --every "$1" 127.0.0.1 "$page" >"$work/watched"
    watcher=$!
}

# One program in one round: appends `MB/s CPU-seconds/GB` to its file.
measure() { # on or off
    feed --seconds "$seconds" "$texts/natural.txt"
    program "$1" --conf millrace.stopAtEof=true --conf "millrace.summary=$work/figures"
    [ "$1" = off ] || watch "$every"
    wait "$running" || die "network_wordcount failed, or did not end within $limit s: $(cat "$work/said")"
    running=
    wait "$feeder" || die "the feeder: $(cat "$work/fed")"
    feeder=
    if [ "$1" = on ]; then
        wait "$watcher" || die 'the watcher failed'
        watcher=
        field "$work/watched" answers >>"$work/answers"
        field "$work/watched" events >>"$work/events"
    fi
    [ "$(field "$work/figures" bytes)" = "$(field "$work/fed" bytes)" ] || die 'bytes are missing'
    awk -v bytes="$(field "$work/figures" bytes)" -v wall="$(field "$work/figures" wall_seconds)" \
        -v cpu="$(field "$work/figures" cpu_seconds)" \
        'BEGIN { printf "%.1f %.4f\n", bytes / wall / 1e6, cpu / bytes * 1e9 }' >>"$work/row.$1"
}

throughput() {
    local round
    for round in $(seq "$rounds"); do
        echo "bench_ui: round $round of $rounds" >&2
        # Who goes first takes turns, too.
        if [ $((round % 2)) = 1 ]; then
            measure off
            measure on
        else
            measure on
            measure off
        fi
    done
    echo "Throughput: medians of $rounds alternating rounds of $seconds s, --master $master"
    printf '%-28s %8s %9s\n' '' MB/s 'CPU s/GB'
    local row name
    for row in off on; do
        name='without a page'
        [ $row = off ] || name='watched'
        printf '%-28s %8.1f %9.3f\n' "$name" "$(cut -d' ' -f1 "$work/row.$row" | median)" \
            "$(cut -d' ' -f2 "$work/row.$row" | median)"
    done
    echo "a round's watcher: $(median <"$work/answers") answers, $(median <"$work/events") events"
    paste -d' ' "$work/row.on" "$work/row.off" >"$work/rounds"
    bar 'MB/s watched / without a page' "$(awk '{ print $1 / $3 }' "$work/rounds" | median)" '>=' 0.98
    bar 'CPU s/GB watched / without a page' "$(awk '{ print $2 / $4 }' "$work/rounds" | median)" '<=' 1.02
}

# User and system time of the program, in ticks. `timeout` is in front of it.
cpu_ticks() {
    sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'
}

idle() {
    local ticks before after resident seen id
    [ -r /proc/self/stat ] || { echo 'Idle: skipped, this system has no /proc'; return; }
    ticks=$(getconf CLK_TCK)
    for seen in served open; do
        # A pace too slow to ever send a byte.
        feed --seconds 3600 --rate 0.0000000001 "$texts/natural.txt"
        program on
        # A page that is open asks nothing more than its stream.
        [ $seen = served ] || watch 3600000
        id=$(cut -d' ' -f1 "/proc/$running/task/$running/children")
        sleep 2
        before=$(cpu_ticks "$id")
        sleep "$idles"
        after=$(cpu_ticks "$id")
        resident=$(awk '/^VmRSS/ { print $2 * 1024 / 1e6 }' "/proc/$id/status")
        stop_running
        stop_feeder
        echo "Idle, page $seen, over $idles s"
        bar 'resident MB' "$resident" '<' 20
        bar 'percent of a core' "$(calculate "($after - $before) * 100 / $ticks / $idles")" '<' 1
    done
}

start() {
    local before after
    echo 'one line' >"$work/line"
    : >"$work/starts"
    for _ in $(seq "$starts"); do
        feed "$work/line"
        before=$EPOCHREALTIME
        (exec timeout --foreground --kill-after=5 "$limit" "$bin/network_wordcount" \
            --master "$master" --conf millrace.stopAtEof=true --conf spark.ui.port=0 \
            127.0.0.1 "$port") >/dev/null 2>&1 &
        running=$!
        # It sends its line to whoever connects, and ends.
        wait "$feeder" || die "the feeder: $(cat "$work/fed")"
        after=$EPOCHREALTIME
        feeder=
        wait "$running" || die "network_wordcount failed, or did not end within $limit s"
        running=
        calculate "(${after/,/.} - ${before/,/.}) * 1000" >>"$work/starts"
    done
    echo "Start to connected, median of $starts"
    bar 'milliseconds' "$(median <"$work/starts")" '<' 50
}

echo "bench_ui: building ($profile)" >&2
build --profile $profile --bin network_wordcount --bin corpus --bin feed --bin watch
"$bin/corpus" --dir "$texts" --bytes "$size" --kind natural >&2
for section in "${sections[@]}"; do
    case $section in
        throughput | idle | start) "$section" ;;
        *) die "no section $section: throughput, idle or start" ;;
    esac
    echo
done
exit $missed
