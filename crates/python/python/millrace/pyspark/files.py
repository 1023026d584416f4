"""Files that ``SparkContext.addFile`` has handed out."""

import os


class SparkFiles:
    """Finds them again. All methods are of the class."""

    _root_directory = None

    def __init__(self):
        raise NotImplementedError("Do not construct SparkFiles objects")

    @classmethod
    def get(cls, filename):
        """The path of a file that was added."""
        return os.path.abspath(os.path.join(cls.getRootDirectory(), filename))

    @classmethod
    def getRootDirectory(cls):
        """The directory of all that were added."""
        return cls._root_directory or os.getcwd()
