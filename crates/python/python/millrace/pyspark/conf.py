"""Settings of a program, as ``SparkConf`` holds them."""

from ._native import _engine


class SparkConf:
    """Settings by their keys.

    A new one holds what the launcher was given, unless ``loadDefaults`` is False; what the
    program sets is stronger, as in Spark.

    >>> SparkConf(loadDefaults=False).setMaster("local[2]").get("spark.master")
    'local[2]'
    """

    def __init__(self, loadDefaults=True, _jvm=None, _jconf=None):
        self._conf = dict(_engine.settings()) if loadDefaults else {}

    def set(self, key, value):
        """Sets a key."""
        self._conf[key] = _text(value)
        return self

    def setIfMissing(self, key, value):
        """Sets a key that is not set."""
        if key not in self._conf:
            self.set(key, value)
        return self

    def setMaster(self, value):
        """Sets where to run: ``local[N]`` is N threads of this machine."""
        return self.set("spark.master", value)

    def setAppName(self, value):
        """Sets the name of the program."""
        return self.set("spark.app.name", value)

    def setSparkHome(self, value):
        """Sets ``spark.home``, which has no effect here."""
        return self.set("spark.home", value)

    def setExecutorEnv(self, key=None, value=None, pairs=None):
        """Sets variables of the environment of executors, which is that of the program here."""
        if (key is not None and pairs is not None) or (key is None and pairs is None):
            from .errors import PySparkRuntimeError

            raise PySparkRuntimeError(
                "Key-value pair or a list of pairs is required.",
                error_class="KEY_VALUE_PAIR_REQUIRED",
            )
        for name, text in pairs if pairs is not None else [(key, value)]:
            self.set("spark.executorEnv.%s" % name, text)
        return self

    def setAll(self, pairs):
        """Sets every pair of a key and a value."""
        for key, value in pairs:
            self.set(key, value)
        return self

    def get(self, key, defaultValue=None):
        """The value of a key, or `defaultValue`."""
        return self._conf.get(key, defaultValue)

    def getAll(self):
        """All pairs of a key and its value."""
        return list(self._conf.items())

    def contains(self, key):
        """True if a key is set."""
        return key in self._conf

    def toDebugString(self):
        """A line a setting, ordered by key."""
        return "\n".join("%s=%s" % pair for pair in sorted(self._conf.items()))

    def _copy(self):
        other = SparkConf(loadDefaults=False)
        other._conf = dict(self._conf)
        return other


def _text(value):
    """Spark's text of a setting: a truth value is written as Java does."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
