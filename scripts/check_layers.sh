#!/usr/bin/env bash
# What Cargo cannot say of the layers: which crate may depend on which (Cargo only
# refuses circles), in which order the modules of a crate use each other, that the
# engine knows no file, socket, clock or thread but its workers, that the front
# door starts no thread, and which room of the Python package imports which.
# Prints every arrow that points up, and fails if there is one.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

case ${1:-} in
    '') ;;
    -h | --help)
        help_of_head
        exit 0
        ;;
    *) die "there is no option $1; --help shows those that there are" ;;
esac

# Each crate with the crates of this workspace it may depend on. What only its
# tests use (dev-dependencies) does not count.
FLOORS='
millrace-types:
millrace-text:
millrace-wal:      millrace-types
millrace-pyfn:     millrace-text
millrace-stderr:   millrace-types
millrace-engine:   millrace-text millrace-types
millrace-runtime:  millrace-engine millrace-stderr millrace-text millrace-types millrace-wal
millrace:          millrace-engine millrace-runtime millrace-stderr millrace-text millrace-types millrace-wal
millrace-ui:       millrace-stderr millrace-types
millrace-kafka:    millrace millrace-stderr millrace-text millrace-types
millrace-cli:      millrace millrace-stderr millrace-types millrace-ui
millrace-python:   millrace millrace-cli millrace-kafka millrace-pyfn millrace-stderr millrace-text millrace-types millrace-ui
millrace-bins:     millrace millrace-cli millrace-kafka
millrace-benches:  millrace millrace-types millrace-text millrace-kafka
'

# The rooms of a crate, lowest first. A room may use those before it in its line,
# and itself; so there are no circles.
ROOMS_OF='
engine:   error json data durable panics thread_group role python poison order partition exec shared rdd pipeline shuffle stage keyed store state window fuzz
runtime:  error clock notice zone panics threads stdout sync files graph checkpoint browse listener receiver source scheduler fuzz
millrace: python dstream context testing
'

# What computes does not know where bytes come from or go to, nor what time it is.
PURE_CRATE=engine
THREADS='thread::(spawn|scope|Builder)|threads::spawn'
IMPURE="std::(fs|net|process|env)|Instant|SystemTime|$THREADS"

# The rooms of the Python package, each with what its modules must not import. The modules of `pyspark`
# itself import `sql` and `streaming` in the functions that need them, and not before.
PACKAGE=crates/python/python/millrace
NOT_IN='
_compile           (millrace|pyspark|\.\.+).*
pyspark            (.*\.)?(_compile|sql|streaming)(\..*)?
pyspark/errors     (.*\.)?(_compile|_rdd|sql|streaming)(\..*)?
pyspark/_rdd       (.*\.)?(_compile|sql|streaming)(\..*)?
pyspark/sql        (.*\.)?(_compile|streaming)(\..*)?
pyspark/streaming  (.*\.)?sql(\..*)?
'

# What a program writes with leaves threads to the crates below it.
FRONT=millrace

faults=0
fault() {
    echo "check_layers: $*" >&2
    faults=$((faults + 1))
}

# The name of a manifest's package, and the workspace crates it depends on.
package_name() {
    awk -F'"' '/^\[/ { here = $0 } here == "[package]" && /^name *=/ { print $2; exit }' "$1"
}
package_dependencies() {
    awk '
        /^\[/ {
            counts = $0 ~ /dependencies/ && $0 !~ /dev-dependencies/
            # [dependencies.millrace-text], with or without a target before it
            if (counts && match($0, /dependencies\.[A-Za-z0-9_-]+\]/))
                print substr($0, RSTART + 13, RLENGTH - 14)
            next
        }
        counts && match($0, /^[A-Za-z0-9_-]+/) { print substr($0, 1, RLENGTH) }
    ' "$1" | { grep -E '^millrace' || true; }
}

check_floors() {
    local manifest name allowed used
    for manifest in crates/*/Cargo.toml bins/Cargo.toml benches/Cargo.toml; do
        [ -f "$manifest" ] || continue
        name=$(package_name "$manifest")
        if ! allowed=$(grep -E "^$name:" <<<"$FLOORS"); then
            fault "$manifest: $name has no floor; give it one in scripts/check_layers.sh"
            continue
        fi
        for used in $(package_dependencies "$manifest"); do
            case " ${allowed#*:} " in
                *" $used "*) ;;
                *) fault "$manifest: $name must not depend on $used" ;;
            esac
        done
    done
}

# The paths into the crate that a source file writes down, one `line name` each:
# the name right behind `crate::`, or each of them in `crate::{...}`. Comments
# are left out, and so are the tests at the end of a file, which may use what
# they like. `super::` that leaves the room shows up as the name `super`.
named_in() { # file depth
    awk -v depth="$2" '
        /^#\[cfg\(test\)\]/ { exit }
        { sub(/\/\/.*/, ""); text = text $0 "\n" }
        END {
            line = 1
            while (match(text, /crate::|(super::)+|\n/)) {
                found = substr(text, RSTART, RLENGTH)
                before = RSTART > 1 ? substr(text, RSTART - 1, 1) : ""
                text = substr(text, RSTART + RLENGTH)
                if (found == "\n") { line++; continue }
                if (found ~ /^super/) {
                    if (length(found) / 7 >= depth) print line, "super"
                    continue
                }
                if (before ~ /[A-Za-z0-9_$]/) continue
                if (text !~ /^\{/) {
                    match(text, /^[A-Za-z0-9_]*/)
                    print line, substr(text, 1, RLENGTH)
                    continue
                }
                nesting = 0
                expecting = 0
                for (at = 1; at <= length(text); at++) {
                    c = substr(text, at, 1)
                    if (c == "{") { nesting++; if (nesting == 1) expecting = 1 }
                    else if (c == "}") { if (--nesting == 0) break }
                    else if (c == "," && nesting == 1) expecting = 1
                    else if (expecting && c ~ /[A-Za-z0-9_]/) {
                        match(substr(text, at), /^[A-Za-z0-9_]*/)
                        print line, substr(text, at, RLENGTH)
                        expecting = 0
                    }
                }
            }
        }' "$1"
}

# Which room an item at the root of the crate comes from, one `item room` each,
# so that `crate::DStream` is no way around `crate::dstream`.
root_items() { # sources
    awk '
        { sub(/\/\/.*/, ""); text = text $0 " " }
        END {
            while (match(text, /pub(\([a-z]+\))? use [a-z_]+::[^;]*;/)) {
                item = substr(text, RSTART, RLENGTH)
                text = substr(text, RSTART + RLENGTH)
                sub(/^pub(\([a-z]+\))? use /, "", item)
                room = item
                sub(/::.*/, "", room)
                gsub(/[{},;]|::/, " ", item)
                count = split(item, names, " ")
                for (i = 2; i <= count; i++) print names[i], room
            }
        }' "$1/lib.rs"
}

check_rooms() { # crate rooms...
    local crate=$1 sources file path room depth line name target rank_of_room rank_of_target
    local -A rank=() home=()
    local number=0
    shift
    sources=crates/$crate/src
    for room in "$@"; do
        number=$((number + 1))
        rank[$room]=$number
    done
    while read -r name room; do
        [ -n "${rank[$room]:-}" ] && home[$name]=$room
    done < <(root_items "$sources")

    while read -r file; do
        path=${file#"$sources/"}
        [ "$path" = lib.rs ] && continue
        room=${path%%/*}
        room=${room%.rs}
        rank_of_room=${rank[$room]:-}
        if [ -z "$rank_of_room" ]; then
            fault "$file: the room '$room' has no place; give it one in scripts/check_layers.sh"
            continue
        fi
        case $path in
            */tests.rs | */tests/*) continue ;;
        esac
        # How many `super::` lead from the file to the root of the crate.
        depth=$(tr -cd / <<<"/${path%/mod.rs}" | wc -c)
        while read -r line name; do
            if [ "$name" = super ]; then
                fault "$file:$line: super:: leaves the room; write crate::"
                continue
            fi
            target=$name
            [ -n "${rank[$target]:-}" ] || target=${home[$name]:-}
            rank_of_target=${rank[${target:-none}]:-0}
            if [ "$rank_of_target" -gt "$rank_of_room" ]; then
                fault "$file:$line: $room is below $target and must not use it"
            fi
        done < <(named_in "$file" "$depth")
        if [ "$crate" = "$FRONT" ]; then
            while IFS=: read -r line name; do
                fault "$file:$line: the front door must not start threads: $name"
            done < <(sed -e '/^#\[cfg(test)\]/,$d' -e 's://.*::' "$file" | grep -nE "$THREADS" || true)
        fi
        # The workers are the engine's own.
        [ "$crate" = "$PURE_CRATE" ] && [ "$room" != exec ] || continue
        while IFS=: read -r line name; do
            fault "$file:$line: the engine must not know files, sockets, clocks or threads: $name"
        done < <(sed -e '/^#\[cfg(test)\]/,$d' -e 's://.*::' "$file" | grep -nE "$IMPURE" || true)
    done < <(find "$sources" -name '*.rs' | sort)
}

# The imports of a Python module, one `line depth name` each; of `from a import b` both `a` and `a.b`. Those
# that a function makes have a depth.
imports_of() { # file
    awk '
        /^ *(from|import) / {
            depth = match($0, /[^ ]/) - 1
            sub(/#.*/, "")
            gsub(/[(),]/, " ")
            count = split($0, words, " ")
            print FNR, depth, words[2]
            if (words[1] == "import") next
            dot = words[2] ~ /\.$/ ? "" : "."
            for (at = 4; at <= count && words[at] != "as"; at++) print FNR, depth, words[2] dot words[at]
        }' "$1"
}

check_python_rooms() {
    local room wrong file line depth name files
    while read -r room wrong; do
        [ -n "$room" ] || continue
        files=$(find "$PACKAGE/$room" -name '*.py' | sort)
        [ "$room" != pyspark ] || files=$(ls "$PACKAGE/$room"/*.py)
        for file in $files; do
            while read -r line depth name; do
                [ "$room" = pyspark ] && [ "$depth" -gt 0 ] && continue
                [[ ! $name =~ ^$wrong$ ]] || fault "$file:$line: $room must not use $name"
            done < <(imports_of "$file")
        done
    done <<<"$NOT_IN"
}

check_floors
check_python_rooms
while IFS=: read -r crate rooms; do
    [ -z "$crate" ] || check_rooms "$crate" $rooms
done <<<"$ROOMS_OF"
if [ "$faults" -gt 0 ]; then
    echo "check_layers: $faults arrows point up" >&2
    exit 1
fi
