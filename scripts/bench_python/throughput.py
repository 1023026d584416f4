"""Programs that read as fast as they are fed: costs and speeds, in turn, and their ratios."""

import random
import statistics

from processes import Feeder, Late, run
from programs import COUNT, GUARDED, INTERPRETED, OBJECTS, STATE, written
from spark import beside_spark


def text(size, distinct=60000):
    """Lines of words of which few are frequent, as in natural text."""
    rng = random.Random(1)
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    words = []
    for rank in range(distinct):
        length = 1 + min(int(rng.gammavariate(2, 2)), 14)
        words.append("".join(rng.choice(letters) for _ in range(length)))
    weights = [1 / (rank + 2.7) for rank in range(distinct)]
    lines, made = [], 0
    drawn = rng.choices(words, weights, k=size // 5)
    for at in range(0, len(drawn), 10):
        line = " ".join(drawn[at : at + 10]) + "\n"
        lines.append(line)
        made += len(line)
        if made >= size:
            break
    return "".join(lines).encode()


def alternating(rows, data, options, directory):
    """CPU seconds per gigabyte and megabytes per second, for every row, a round after the other."""
    seen, late = {name: [] for name, _ in rows}, set()
    for _ in range(options.rounds):
        for name, program in rows:
            if name in late:
                continue
            feeder = Feeder(data, options.seconds)
            try:
                cpu, wall = run(program, feeder, directory)
            except Late as error:
                late.add(name)
                print("  left out: %s" % error, flush=True)
                continue
            seen[name].append((cpu / feeder.sent * 1e9, feeder.sent / wall / 1e6))
    for name in late:
        del seen[name]
    for name, figures in seen.items():
        costs = statistics.median(cost for cost, _ in figures)
        speed = statistics.median(speed for _, speed in figures)
        print("  %-44s %8.2f CPU s/GB %8.1f MB/s" % (name, costs, speed), flush=True)
    return seen


def ratio(seen, name, to):
    """By how much one row is cheaper than another, by the median of the rounds; nan if one of
    them is out."""
    if name not in seen or to not in seen:
        return float("nan")
    pairs = zip(seen[to], seen[name])
    return statistics.median(other[0] / own[0] for other, own in pairs)


def throughput(options, directory):
    data = text(options.bytes)
    pairs = [
        ("network_wordcount", written(directory, "count", COUNT)),
        ("stateful_network_wordcount", written(directory, "sums", STATE, 5)),
    ]
    for native, program in pairs:
        rows = [(native + ", native", native), (native + ".py", program)]
        seen = alternating(rows, data, options, directory)
        print("  of the native program: %.2f" % ratio(seen, native + ".py", native + ", native"))
        if native == "network_wordcount":
            beside_spark(seen, rows[1], data, 24, options, directory)


def guarded(options, directory):
    plain = text(options.bytes >> 3)
    # A letter that a sixth of the words have.
    accented = plain.replace(b"a", "\u00e4".encode())
    program = written(directory, "guarded", GUARDED)
    alternating([("every word lowered by the engine", program)], plain, options, directory)
    rows = [("a sixth of them given back to CPython", program)]
    alternating(rows, accented, options, directory)


def interpreted(options, directory):
    rows = [
        ("the same count by functions in CPython", written(directory, "interpreted", INTERPRETED)),
        ("the same count by objects in CPython", written(directory, "objects", OBJECTS)),
    ]
    data = text(options.bytes >> 2)
    seen = alternating(rows, data, options, directory)
    for row in rows:
        beside_spark(seen, row, data, 48, options, directory)
