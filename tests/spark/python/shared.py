"""Helpers that the cases share: printing from foreachRDD in the frame of pprint, values that have a stable
print, and the functions that several of them use."""

FRAME = "-" * 43


def each(stream, lines):
    """Prints, for every batch, what `lines` makes of its RDD, one value a line."""
    each_with_time(stream, lambda time, rdd: lines(rdd))


def each_with_time(stream, lines):
    """The same, with the number of the batch as the first argument."""

    def show(time, rdd):
        block = [FRAME, f"Time: {time}", FRAME, *lines(number(time), rdd), ""]
        print("\n".join(str(line) for line in block))

    stream.foreachRDD(show)


def number(time):
    """The number of a batch: the clock starts at 0 and a batch is a second, in UTC."""
    return time.minute * 60 + time.second


def lists(groups):
    """A cogroup's groups, which print their address, as lists."""
    return tuple(list(group) for group in groups)


class Rdds:
    """Marks a parameter that takes the batches of its input as RDDs, not as a stream."""


class Lists:
    """Marks a parameter that takes them as lists, which queueStream cuts into partitions."""


def add(a, b):
    return a + b


def subtract(a, b):
    return a - b


def positive(pair):
    return pair[1] > 0


def total(values, before):
    """The running sum."""
    return sum(values) + (before or 0)


def total_below_eight(values, before):
    """The running sum; a key whose sum has reached eight is forgotten."""
    after = sum(values) + (before or 0)
    return after if after < 8 else None
