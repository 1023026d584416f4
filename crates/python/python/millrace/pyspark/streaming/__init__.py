"""Streams of batches, by PySpark's names, and what is here beyond PySpark.

``Receiver``, ``StateSpec`` and ``State`` are Scala's classes that PySpark has no names for.
"""

from .context import StreamingContext
from .dstream import DStream
from .listener import StreamingListener
from .receiver import Receiver
from .state import State, StateSpec

__all__ = [
    "DStream", "Receiver", "State", "StateSpec", "StreamingContext", "StreamingListener",
]
