"""``Row``: a tuple whose fields have names, as Spark 3 has it."""

from ..errors.exceptions import PySparkValueError


def _made_by_keywords(fields, values):
    """A row, for `pickle`."""
    row = tuple.__new__(Row, values)
    row.__dict__["__fields__"] = list(fields)
    return row


class Row(tuple):
    """A row of a DataFrame.

    >>> Row(name="a", n=1).n
    1
    >>> Person = Row("name", "age")
    >>> Person("b", 2)
    Row(name='b', age=2)
    """

    def __new__(cls, *args, **kwargs):
        if not kwargs:
            return tuple.__new__(cls, args)
        if args:
            raise PySparkValueError(
                "[args, kwargs] should not be set together.", error_class="CANNOT_SET_TOGETHER"
            )
        row = tuple.__new__(cls, kwargs.values())
        row.__dict__["__fields__"] = list(kwargs)
        return row

    def asDict(self, recursive=False):
        """The fields by name."""
        if not hasattr(self, "__fields__"):
            raise TypeError("Cannot convert a Row class into dict")
        if not recursive:
            return dict(zip(self.__fields__, self))
        return {name: _plain(value) for name, value in zip(self.__fields__, self)}

    def __contains__(self, item):
        if hasattr(self, "__fields__"):
            return item in self.__fields__
        return super().__contains__(item)

    def __call__(self, *args):
        """A row of a class of rows."""
        if len(args) > len(self):
            raise PySparkValueError(
                "Expected %d values for `fields`, got %d." % (len(self), len(args)),
                error_class="TOO_MANY_VALUES",
            )
        return _made_by_keywords(self, args)

    def __getitem__(self, item):
        if isinstance(item, (int, slice)):
            return super().__getitem__(item)
        try:
            return super().__getitem__(self.__fields__.index(item))
        except IndexError:
            raise KeyError(item)
        except (ValueError, AttributeError):
            raise PySparkValueError(item)

    def __getattr__(self, item):
        if item.startswith("__"):
            raise AttributeError(item)
        try:
            return tuple.__getitem__(self, self.__fields__.index(item))
        except (IndexError, ValueError):
            raise AttributeError(item)

    def __setattr__(self, key, value):
        if key != "__fields__":
            raise RuntimeError("Row is read-only")
        self.__dict__[key] = value

    def __reduce__(self):
        if hasattr(self, "__fields__"):
            return _made_by_keywords, (self.__fields__, tuple(self))
        return tuple.__reduce__(self)

    def __repr__(self):
        if hasattr(self, "__fields__"):
            return "Row(%s)" % ", ".join(
                "%s=%r" % pair for pair in zip(self.__fields__, tuple(self))
            )
        return "<Row(%s)>" % ", ".join("%r" % field for field in self)


def _plain(value):
    """A value with the rows in it as dicts."""
    if isinstance(value, Row):
        return value.asDict(True)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
