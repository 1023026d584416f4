"""The settings of a session."""

__all__ = ["RuntimeConfig"]


class RuntimeConfig:
    """The settings of a session."""

    def __init__(self, conf):
        self._conf = conf

    def get(self, key, default=None):
        """The value of a key, or `default`; an error if there is neither."""
        value = self._conf.get(key, default)
        if value is None:
            value = _DEFAULTS.get(key)
        if value is None:
            from ..errors.exceptions import Py4JJavaError

            raise Py4JJavaError("java.util.NoSuchElementException: %s" % key)
        return value

    def set(self, key, value):
        """Sets a key."""
        self._conf.set(key, value)

    def unset(self, key):
        """Forgets a key."""
        self._conf._conf.pop(key, None)

    def isModifiable(self, key):
        """True if setting the key changes anything from now on; no key does."""
        return False


_DEFAULTS = {
    "spark.sql.shuffle.partitions": "200",
    "spark.sql.session.timeZone": "",
    "spark.sql.execution.arrow.pyspark.enabled": "false",
    "spark.sql.caseSensitive": "false",
}
