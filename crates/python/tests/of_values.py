"""Has a test's windows made of values, as those of a socket are, though CPython makes its batches."""

from pyspark.streaming._graph import Graph
from pyspark.streaming._held import Source
from pyspark.streaming._plan import Plan
from pyspark.streaming._windowed import Windowed


class Counted:
    """The number of batches that were made as values, and of those that CPython had to make."""

    def __init__(self):
        self.made = self.given_up = 0


def is_before_windows(stream):
    """True if a stream is no window and reads none."""
    is_window = stream._window is not None or stream._inverse is not None
    return not is_window and all(map(is_before_windows, stream._parents))


def of_values(monkeypatch):
    """Has windows made of values from here on; gives how many were."""
    counted, prepare, held = Counted(), Graph.prepare, Source.held

    def prepared(graph):
        Windowed(Plan(graph)).install()
        prepare(graph)

    def counting(source):
        is_first = source._make is not None
        made = held(source)
        if is_first and made is None:
            counted.given_up += 1
        elif is_first:
            counted.made += 1
        return made

    monkeypatch.setattr(Windowed, "is_source", lambda _, stream: is_before_windows(stream))
    monkeypatch.setattr(Graph, "prepare", prepared)
    monkeypatch.setattr(Source, "held", counting)
    return counted
