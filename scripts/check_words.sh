#!/usr/bin/env bash
# Doc comments begin with their subject. No line and no sentence of a `///` or
# `//!` comment begins with What, Whether, How or Who, and no doc comment begins
# with a pronoun or with Where: "The number of keys", not "How many keys there
# are"; "True if the key has a slot", not "Whether it has one". The same holds
# for Python's docstrings and its comments that begin with `#:`. Prints every
# line that does, with its place, and fails if there is one. Examples inside of
# ``` are left alone.
#
# One word has one meaning: no two types of a crate have one name, those of its
# tests left out, and aliases called Result.
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

git ls-files -z --cached --others --exclude-standard -- '*.rs' | xargs -0 awk '
    FNR == 1 { doc = code = 0 }
    !/^[ \t]*\/\/[\/!]( |$)/ { doc = code = 0; next }
    {
        first = !doc
        doc = 1
        text = $0
        sub(/^[ \t]*\/\/[\/!] ?/, "", text)
        if (text ~ /^```/) { code = !code; next }
        if (code) next
        word = text
        sub(/[^A-Za-z].*/, "", word)
        if (word ~ /^(What|Whatever|Whether|How|Who|Whoever)$/ ||
            text ~ /[.!] (What|Whatever|Whether|How|Who|Whoever)[^A-Za-z]/ ||
            first && word ~ /^(Where|That|It|Its|Those|These|This|They|Their|He|She)$/) {
            print FILENAME ":" FNR ": " text
            found = 1
        }
    }
    END { exit found }
' || die 'doc lines begin with their subject, a noun or a verb; see --help'

git ls-files -z --cached --others --exclude-standard -- '*.py' | python3 -c '
import ast, re, sys

EVERY = re.compile(r"(.*[.!] )?(What|Whatever|Whether|How|Who|Whoever)\b")
FIRST = re.compile(r"(Where|That|It|Its|Those|These|This|They|Their|He|She)\b")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

def lines_of(source, name):
    """The lines of docs of a file: number, text, and if the docs begin with it."""
    for node in ast.walk(ast.parse(source, name)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            begins = True
            for index, line in enumerate(ast.get_docstring(node, clean=False).splitlines()):
                yield node.body[0].lineno + index, line.strip(), begins
                begins = begins and not line.strip()
    begins = True
    for number, line in enumerate(source.splitlines(), 1):
        is_doc = line.strip().startswith("#:")
        if is_doc:
            yield number, line.strip()[2:].strip(), begins
        begins = not is_doc

found = False
for name in filter(None, sys.stdin.read().split("\0")):
    with open(name, encoding="utf-8") as file:
        source = file.read()
    for number, line, begins in lines_of(source, name):
        if EVERY.match(line) or begins and FIRST.match(line):
            print("%s:%d: %s" % (name, number, line))
            found = True
sys.exit(found)
' || die 'docstrings begin with their subject, a noun or a verb; see --help'

twice=0
for crate in crates/*; do
    git ls-files -z --cached --others --exclude-standard -- "$crate/src/*.rs" | xargs -0 awk '
        FNR == 1 { test = FILENAME ~ /(^|\/)tests(\/|\.rs$)/ }
        test || !/^(pub(\([a-z: ]+\))? )?(struct|enum|union|trait|type) [A-Z]/ { next }
        {
            name = $0
            sub(/^(pub(\([a-z: ]+\))? )?(struct|enum|union|trait|type) /, "", name)
            sub(/[^A-Za-z0-9_].*/, "", name)
            if (name == "Result") next
            if (name in place) {
                print FILENAME ":" FNR ": " name " is the name of a type in " place[name] ", too"
                found = 1
            }
            place[name] = FILENAME ":" FNR
        }
        END { exit found }
    ' || twice=1
done
((!twice)) || die 'a type is known by its name: choose another one'
