#!/usr/bin/env bash
# Shows the stateless word count at work: builds it, serves sample text on port
# 9999 (MILLRACE_DEMO_PORT) and counts ten batches of it. Needs nothing but a
# Rust toolchain; `nc` serves the text where there is one.
#
#   --quick       two batches, by a program that is not optimised
#   -h, --help    show this
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

profile=release built=release batches=10
for word in "$@"; do
    case $word in
        -h | --help)
            help_of_head
            exit 0
            ;;
        --quick) profile=dev built=debug batches=2 ;;
        *) die "there is no option $word; --help shows those that there are" ;;
    esac
done

port=${MILLRACE_DEMO_PORT:-9999}
target=${CARGO_TARGET_DIR:-target}

say() {
    echo "demo: $*" >&2
}

if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    say "something listens on port $port already; free it, or set MILLRACE_DEMO_PORT"
    exit 1
fi

say "building ($profile)"
programs=(--bin network_wordcount --example feeder)
if [ $profile = release ]; then
    # Nothing here needs Kafka, whose library takes as long to build as much of the rest.
    cargo build --quiet --release -p millrace-bins --no-default-features "${programs[@]}"
else
    build --profile $profile "${programs[@]}"
fi

# Four lines per second, for as long as somebody reads them.
sample_text() {
    while true; do
        while read -r line; do
            echo "$line" || return 0
            sleep 0.25
        done <<'TEXT'
to be or not to be that is the question
whether tis nobler in the mind to suffer
the slings and arrows of outrageous fortune
or to take arms against a sea of troubles
and by opposing end them to die to sleep
no more and by a sleep to say we end
the heart ache and the thousand natural shocks
that flesh is heir to tis a consummation
TEXT
    done
}

server=
stop_server() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
        server=
    fi
}
trap stop_server EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Starts a server in the background; fails if it is gone after a moment.
serve() {
    "$@" < <(sample_text 2>/dev/null) >/dev/null 2>&1 &
    server=$!
    sleep 0.3
    if kill -0 "$server" 2>/dev/null; then
        say "serving sample text on port $port with: $*"
        return 0
    fi
    server=
    return 1
}

# The family of nc decides how it is told to listen.
nc_listens() {
    case $(nc -h 2>&1 || true) in
        *OpenBSD* | *Ncat*) serve nc -lk 127.0.0.1 "$port" ;;
        *v1.10* | *BusyBox*) serve nc -l -p "$port" ;;
        *) return 1 ;;
    esac
}

if ! { command -v nc >/dev/null && nc_listens; } &&
    ! serve "$target/$built/examples/feeder" "$port"; then
    say "cannot listen on port $port"
    exit 1
fi

"$target/$built/network_wordcount" --master 'local[*]' \
    --conf "millrace.maxBatches=$batches" localhost "$port"
