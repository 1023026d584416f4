"""PySpark's serializers, which programs hand to a ``SparkContext``.

Records stay in the process here, so none of them is used for those. They turn an object
into the same bytes as PySpark's, and bytes into the same object.
"""

import marshal
import pickle

__all__ = [
    "AutoBatchedSerializer",
    "BatchedSerializer",
    "CPickleSerializer",
    "CloudPickleSerializer",
    "MarshalSerializer",
    "NoOpSerializer",
    "PickleSerializer",
    "Serializer",
    "UTF8Deserializer",
]


class Serializer:
    """The base of all."""

    def dumps(self, obj):
        """The bytes of an object."""
        raise NotImplementedError

    def loads(self, obj):
        """The object of some bytes."""
        raise NotImplementedError

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self):
        return hash(type(self))

    def __repr__(self):
        return "%s()" % type(self).__name__


class CPickleSerializer(Serializer):
    """Pickles, by the newest protocol that PySpark 3.5 takes."""

    def dumps(self, obj):
        """The pickle of an object."""
        return pickle.dumps(obj, 4)

    def loads(self, obj, encoding="bytes"):
        """The object of a pickle."""
        return pickle.loads(obj, encoding=encoding)


PickleSerializer = CPickleSerializer


class CloudPickleSerializer(CPickleSerializer):
    """The same; functions are never pickled here."""


class MarshalSerializer(Serializer):
    """Python's marshal, of plain values alone."""

    def dumps(self, obj):
        """The bytes of an object."""
        return marshal.dumps(obj)

    def loads(self, obj):
        """The object of some bytes."""
        return marshal.loads(obj)


class NoOpSerializer(Serializer):
    """Bytes as they are."""

    def dumps(self, obj):
        """The bytes themselves."""
        return obj

    def loads(self, obj):
        """The bytes themselves."""
        return obj


class UTF8Deserializer(Serializer):
    """Texts of UTF-8, or bytes where `use_unicode` is False."""

    def __init__(self, use_unicode=True):
        self.use_unicode = use_unicode

    def loads(self, obj):
        """The text of some bytes."""
        return obj.decode("utf-8") if self.use_unicode else obj


class BatchedSerializer(Serializer):
    """Many objects by another serializer."""

    UNLIMITED_BATCH_SIZE = -1
    UNKNOWN_BATCH_SIZE = 0

    def __init__(self, serializer, batchSize=UNLIMITED_BATCH_SIZE):
        self.serializer = serializer
        self.batchSize = batchSize

    def dumps(self, obj):
        """The bytes of an object."""
        return self.serializer.dumps(obj)

    def loads(self, obj):
        """The object of some bytes."""
        return self.serializer.loads(obj)


class AutoBatchedSerializer(BatchedSerializer):
    """The same, in batches of about so many bytes."""

    def __init__(self, serializer, bestSize=1 << 16):
        super().__init__(serializer, self.UNKNOWN_BATCH_SIZE)
        self.bestSize = bestSize
