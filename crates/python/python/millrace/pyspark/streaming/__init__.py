"""Streams of batches, by PySpark's names."""

from .context import StreamingContext
from .dstream import DStream
from .listener import StreamingListener

__all__ = ["DStream", "StreamingContext", "StreamingListener"]
