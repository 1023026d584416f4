"""The measurements of scripts/bench_python.sh, which builds the programs and runs this."""

import argparse
import sys
import tempfile

import batches
import throughput
from processes import Feeder, Late

# By the names of --only, in the order in which they run.
SECTIONS = {
    "throughput": throughput.throughput,
    "guarded": throughput.guarded,
    "interpreted": throughput.interpreted,
    "small": batches.small,
    "rdds": batches.rdds,
    "windows": batches.windows,
    "start": batches.start,
    "idle": batches.idle,
    "state": batches.state,
}


def main():
    parser = argparse.ArgumentParser(description="Measures Python programs beside native ones.")
    parser.add_argument("--only", action="append", choices=list(SECTIONS), help="repeatable (all)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=8, help="of sending in a round")
    parser.add_argument("--pyspark", metavar="PYTHON", help="an interpreter with pyspark 3.5.9")
    parser.add_argument("--limit", type=float, default=120, help="seconds for a program to end in")
    parser.add_argument("--words", type=int, default=2000, help="of a batch in a window (%(default)s)")
    parser.add_argument(
        "--quick", action="store_true", help="try every section for a moment, and measure nothing"
    )
    options = parser.parse_args()
    sizes = dict(bytes=8 << 20, small=10, calls=300, starts=10, idle=10, keys=1000000, few=5, more=20)
    sizes.update(fill=33, full=20)
    if options.quick:
        options.rounds, options.seconds = 1, 1
        sizes = dict(bytes=1 << 18, small=1, calls=10, starts=2, idle=1, keys=10000, few=1, more=2)
        sizes.update(words=100, fill=20, full=20)
    vars(options).update(sizes)
    Feeder.limit = options.limit
    for section in options.only or SECTIONS:
        print(section, flush=True)
        with tempfile.TemporaryDirectory() as directory:
            try:
                SECTIONS[section](options, directory)
            except Late as error:
                print("  left out: %s" % error, flush=True)


if __name__ == "__main__":
    sys.exit(main())
