"""A value that every record function reads."""

import pickle

from ._tasks import pickled


class Broadcast:
    """A value of ``SparkContext.broadcast``. It is not copied when a function captures it."""

    #: There is one for the program and for all record functions.
    _is_shared = True

    def __init__(self, sc=None, value=None, pickle_registry=None, path=None):
        self._value = pickle.loads(pickled(value))
        self._given = value
        self._destroyed = False

    @property
    def value(self):
        """The value."""
        if self._destroyed:
            from .errors.exceptions import Py4JJavaError

            raise Py4JJavaError(
                "org.apache.spark.SparkException: Attempted to use a broadcast variable after it "
                "was destroyed"
            )
        from ._tasks import in_task

        # A record function has the copy that was sent, the program its own.
        return self._value if in_task() else self._given

    def unpersist(self, blocking=False):
        """Does nothing: there is one copy, and it is needed."""

    def destroy(self, blocking=False):
        """Gives the value up."""
        self._destroyed = True
        self._value = self._given = None

    def __deepcopy__(self, memo):
        return self


Broadcast.__class_getitem__ = classmethod(lambda cls, _item: cls)
