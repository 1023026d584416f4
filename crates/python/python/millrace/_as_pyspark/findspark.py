"""A ``findspark`` that has nothing to find: Spark's modules are on the path already."""

import os


def find():
    """The directory that stands for ``SPARK_HOME``."""
    return os.environ.get("SPARK_HOME", os.path.dirname(os.path.abspath(__file__)))


def init(spark_home=None, python_path=None, edit_rc=False, edit_profile=False):
    """Does nothing."""


def add_packages(packages):
    """Does nothing: there is no JVM that could load them."""


def add_jars(jars):
    """Does nothing: there is no JVM that could load them."""
