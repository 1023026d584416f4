#!/usr/bin/env bash
# Runs Python programs by millrace-submit twice, with the master local[2] and with the master
# local-cluster[2,1,1024], which goes to a real Spark of two worker processes, and compares what
# they count. The order of records is not Spark's promise there, so lines are compared sorted.
#
#   PROGRAM...    only these of scripts/support/cluster: batches, state, words
#   --quick       words alone
#   -h, --help    show this
#
# Builds millrace-submit and the extension module, unless MILLRACE_BIN names a directory that has
# both. Needs Java 8, 11 or 17, and a CPython with PySpark 3.5.9: MILLRACE_SPARK_VENV names its
# virtual environment, by default the one that compare_with_spark.sh makes. Takes about two minutes,
# with --quick less than one.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/support/common.sh

limit=${MILLRACE_CLUSTER_LIMIT:-180}
venv=${MILLRACE_SPARK_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace/pyspark-3.5.9}
programs=()
for word in "$@"; do
    case $word in
        -h | --help)
            help_of_head
            exit 0
            ;;
        --quick) programs+=(words) ;;
        -*) die "there is no option $word; --help shows those that there are" ;;
        *)
            [ -f "scripts/support/cluster/$word.py" ] || die "there is no program $word"
            programs+=("$word")
            ;;
    esac
done
[ ${#programs[@]} -gt 0 ] || programs=(batches state words)

[ -x "$venv/bin/spark-submit" ] ||
    die "there is no spark-submit in $venv; scripts/compare_with_spark.sh makes it"
bin=${MILLRACE_BIN:-}
if [ -z "$bin" ]; then
    bin=${CARGO_TARGET_DIR:-target}/debug
    build --profile dev --lib --bin millrace-submit
fi
[ -x "$bin/millrace-submit" ] || die "there is no $bin/millrace-submit; MILLRACE_BIN is wrong"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The interpreter is the one that has PySpark; nothing else says where Spark is.
submit() { # master program
    limited env -u SPARK_HOME -u SPARK_CONF_DIR PYSPARK_PYTHON="$venv/bin/python" \
        SPARK_LOCAL_IP=127.0.0.1 "$bin/millrace-submit" --master "$1" --conf millrace.print.num=10 \
        --conf spark.ui.enabled=false "scripts/support/cluster/$2.py" "$work/$2"
}

failed=0
for program in "${programs[@]}"; do
    for master in 'local[2]' 'local-cluster[2,1,1024]'; do
        rm -rf "${work:?}/$program"
        mkdir "$work/$program"
        code=0
        submit "$master" "$program" >"$work/out" 2>"$work/err" || code=$?
        ! is_late $code || die "$program on $master did not end within $limit s"
        [ $code = 0 ] || die "$program on $master ended with $code: $(tail -n 3 "$work/err")"
        if [ "$master" = 'local[2]' ]; then
            LC_ALL=C sort "$work/out" >"$work/here"
        else
            grep -q "is a cluster's: the program goes to $venv" "$work/err" ||
                die "$program was not handed over"
            # Under spark-submit what a program says on stderr comes out on stdout.
            grep -v -e 'Warning: ' -e ' warnings\.warn(' "$work/out" | LC_ALL=C sort >"$work/there"
        fi
    done
    if [ -s "$work/here" ] && diff "$work/here" "$work/there" >"$work/diff"; then
        echo "same  $program ($(wc -l <"$work/here") lines)"
    else
        echo "DIFFERENT  $program (< millrace, > Spark)"
        cat "$work/diff"
        failed=1
    fi
done
exit $failed
