# What the scripts share. Sourced, never run.

# The comment at the head of a script, which is its help.
help_of_head() {
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"
}

# Ends a script that cannot go on, under its own name.
die() {
    echo "$(basename "$0" .sh): $*" >&2
    exit 1
}

# The value of an option, or the end of the script.
value_of() { # option words left
    [ "$2" -ge 2 ] || die "$1 needs a value; --help shows the options"
}

# The value of a number in a flat JSON object.
field() { # file name
    local value
    value=$(tr -d ' \n' <"$1" | sed -n "s/.*\"$2\":\\([-+0-9.eE]*\\).*/\\1/p")
    [ -n "$value" ] || die "no $2 in $(cat "$1")"
    echo "$value"
}

median() { # numbers on stdin
    sort -g | awk '{ value[NR] = $1 } END {
        if (NR % 2) print value[(NR + 1) / 2]; else print (value[NR / 2] + value[NR / 2 + 1]) / 2 }'
}

# Builds programs. With the features that the whole workspace asks for, so that no script builds
# anew what another one has built. Unoptimised programs are built beside an example: Cargo gives
# every crate the features that tests ask for then, so that nothing is built anew that a test has
# built.
build() { # options of cargo build
    case " $* " in
        *' --profile dev '*) cargo build --quiet --workspace --example feeder "$@" ;;
        *) cargo build --quiet --workspace "$@" ;;
    esac
}

# Builds the extension module of the Python package. One that is optimised is built as pip builds
# it, with no other kind of library beside it: Cargo leaves link-time optimisation out of a library
# of two kinds.
build_extension() { # profile
    if [ "$1" = dev ]; then
        build --profile dev --lib
    else
        cargo rustc --quiet --profile "$1" --package millrace-python --lib --crate-type cdylib
    fi
}

# Runs a program for at most $limit seconds. A program that hangs would hold the script for ever;
# 124 or 137 says that it did not end.
limited() { # program words...
    timeout --foreground --kill-after=5 "$limit" "$@"
}

# The same in the background; $! is the one to signal and to wait for.
behind() { # program words...
    (exec timeout --foreground --kill-after=5 "$limit" "$@") &
}

# Whether a code says that the time was over.
is_late() { # code
    [ "$1" = 124 ] || [ "$1" = 137 ]
}

# Starts the feeder in the background; its port is in $port then. It has the time limit too: a
# program that never connects would leave it waiting.
feed() { # options of feed
    : >"$work/port"
    behind "$bin/feed" --port 0 "$@" >"$work/port" 2>"$work/fed"
    feeder=$!
    local tries=0
    until [ -s "$work/port" ]; do
        kill -0 "$feeder" 2>/dev/null || die "the feeder: $(cat "$work/fed")"
        tries=$((tries + 1))
        [ $tries -lt 500 ] || die 'the feeder does not listen'
        sleep 0.02
    done
    port=$(cat "$work/port")
}

stop_feeder() {
    if [ -n "$feeder" ]; then
        kill "$feeder" 2>/dev/null || true
        wait "$feeder" 2>/dev/null || true
        feeder=
    fi
}
