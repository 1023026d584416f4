"""Small things that programs take from ``pyspark.util``."""

import functools
import threading

__all__ = ["InheritableThread", "inheritable_thread_target"]


def _with_properties(target):
    """A function that begins with the local properties of the thread that asks for it."""
    from .context import SparkContext

    context = SparkContext._active_spark_context
    given = {} if context is None else dict(vars(context._local).get("properties", {}))

    @functools.wraps(target)
    def run(*args, **kwargs):
        if context is not None:
            vars(context._local)["properties"] = dict(given)
        return target(*args, **kwargs)

    return run


def inheritable_thread_target(f):
    """Makes a function that runs in a thread begin with the properties of this one."""
    return _with_properties(f)


class InheritableThread(threading.Thread):
    """A thread that has the local properties of the one that made it."""

    def __init__(self, target, *args, **kwargs):
        super().__init__(*args, target=_with_properties(target), **kwargs)
