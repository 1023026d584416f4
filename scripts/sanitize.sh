#!/usr/bin/env bash
# Runs the tests of the crates that have unsafe modules under tools that see what a test cannot:
#
#   AddressSanitizer  millrace-text, the engine, the runtime and millrace,
#                     unit tests, and the laws                          (a nightly toolchain)
#   ThreadSanitizer   the same, unit tests                              (nightly and rust-src)
#   valgrind          millrace-text, unit tests; of the engine, those of
#                     the shuffle and the state                         (valgrind)
#   Miri              millrace-text, unit tests                         (nightly and miri)
#
# A tool that is not installed is skipped, and the table at the end says so. Fails if one of
# those that ran found something. The names of tools (asan, tsan, valgrind, miri) as arguments
# choose among them. PROPTEST_CASES says how hard each property is tried (8 if unset): these
# tools are slow. Nothing is written outside of target/sanitize.
#
#   --quick       millrace-text alone, each property once
#   -h, --help    show this
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

quick=no
chosen=()
for word in "$@"; do
    case $word in
        -h | --help)
            help_of_head
            exit 0
            ;;
        --quick) quick=yes PROPTEST_CASES=${PROPTEST_CASES:-1} ;;
        asan | tsan | valgrind | miri) chosen+=("$word") ;;
        *) die "there is no tool and no option $word; --help shows those that there are" ;;
    esac
done
[ ${#chosen[@]} -gt 0 ] || chosen=(asan tsan valgrind miri)

export PROPTEST_CASES=${PROPTEST_CASES:-8}
host=$(rustc -vV | sed -n 's/^host: //p')
build=$PWD/target/sanitize
report=()
failed=0

wanted() {
    case " ${chosen[*]} " in *" $1 "*) true ;; *) false ;; esac
}
row() { # tool, what, result
    report+=("$(printf '%-17s | %-32s | %s' "$1" "$2" "$3")")
}
has_nightly() {
    rustc +nightly --version >/dev/null 2>&1
}
has_component() {
    rustup component list --toolchain nightly --installed 2>/dev/null | grep -q "^$1"
}

# Runs a command and notes in the table how it ended. Tests that passed are counted.
run() { # tool, what, command...
    local tool=$1 what=$2 log passed start=$SECONDS
    shift 2
    if [ $quick = yes ] && [ "$what" != 'millrace-text, unit tests' ]; then
        row "$tool" "$what" 'left out by --quick'
        return
    fi
    log=$build/$(tr -c 'a-z0-9\n' - <<<"${tool,,} $what").log
    echo
    echo "== $tool: $what"
    if "$@" >"$log" 2>&1; then
        passed=$(grep -oE '[0-9]+ passed' "$log" | awk '{ sum += $1 } END { print sum + 0 }')
        row "$tool" "$what" "clean: $passed tests in $((SECONDS - start)) s"
    else
        failed=1
        tail -n 60 "$log"
        row "$tool" "$what" "FAILED, see $log"
    fi
}

mkdir -p "$build"

if wanted asan; then
    if has_nightly; then
        asan() {
            RUSTFLAGS=-Zsanitizer=address CARGO_TARGET_DIR=$build/asan \
                cargo +nightly test --target "$host" "$@"
        }
        run AddressSanitizer "millrace-text, unit tests" asan -p millrace-text --lib
        run AddressSanitizer "engine, runtime, millrace, units" asan -p millrace-engine -p millrace-runtime -p millrace --lib
        panics_too=window_rules::a_function_that_panics
        run AddressSanitizer "millrace, laws" \
            asan -p millrace --test laws -- --skip blame --skip "$panics_too"
        # A map task whose user code panics forgets its table rather than drop a value twice.
        export ASAN_OPTIONS=detect_leaks=0
        run AddressSanitizer "millrace, laws of panics" \
            asan -p millrace --test laws -- blame "$panics_too"
        unset ASAN_OPTIONS
    else
        row AddressSanitizer "text, engine, runtime, millrace" "skipped: no nightly toolchain"
    fi
fi

if wanted tsan; then
    if ! has_nightly; then
        row ThreadSanitizer "text, engine, runtime, millrace" "skipped: no nightly toolchain"
    elif ! has_component rust-src; then
        # Without the standard library's own locks it sees races that are none.
        row ThreadSanitizer "text, engine, runtime, millrace" "skipped: nightly has no rust-src"
    else
        tsan() {
            RUSTFLAGS=-Zsanitizer=thread CARGO_TARGET_DIR=$build/tsan \
                cargo +nightly test -Zbuild-std --target "$host" "$@"
        }
        run ThreadSanitizer "millrace-text, unit tests" tsan -p millrace-text --lib
        run ThreadSanitizer "engine, runtime, millrace, units" tsan -p millrace-engine -p millrace-runtime -p millrace --lib
    fi
fi

if wanted valgrind; then
    if command -v valgrind >/dev/null; then
        checked() {
            env CARGO_TARGET_DIR="$build/valgrind" \
                "CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<<"$host")_RUNNER=valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite" \
                cargo test --target "$host" --lib "$@"
        }
        run valgrind "millrace-text, unit tests" checked -p millrace-text
        # A million keys show nothing here that a thousand do not.
        run valgrind "millrace-engine, shuffle, state" checked -p millrace-engine -- \
            shuffle:: state:: --skip memory
    else
        row valgrind "millrace-text, millrace-engine" "skipped: not installed"
    fi
fi

if wanted miri; then
    if has_nightly && has_component miri; then
        # What Miri cannot run (vector instructions beyond SSE2) is found out at run time.
        checked() {
            CARGO_TARGET_DIR=$build/miri MIRIFLAGS=-Zmiri-disable-isolation \
                cargo +nightly miri test -p millrace-text --lib
        }
        run Miri "millrace-text, unit tests" checked
    else
        row Miri "millrace-text, unit tests" "skipped: nightly has no miri component"
    fi
fi

echo
printf '%-17s | %-32s | %s\n' tool what result
printf '%s\n' "${report[@]}"
exit "$failed"
