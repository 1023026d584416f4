"""The values of a key, as ``groupByKey`` gives them."""

from collections.abc import Iterable


class ResultIterable(Iterable):
    """An iterable that can be gone through more than once and knows its length."""

    def __init__(self, data):
        self.data = data
        self.index = 0
        self.maxindex = len(data)

    def __iter__(self):
        return iter(self.data)

    def __len__(self):
        return len(self.data)


ResultIterable.__class_getitem__ = classmethod(lambda cls, _item: cls)
