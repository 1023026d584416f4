"""Every public method stands on the page about Python, and `help()` has something to say of it."""

import inspect
import os
import re

import pytest
from pyspark import RDD, SparkContext
from pyspark.streaming import DStream, Receiver, StreamingContext

PAGE = os.path.join(os.path.dirname(__file__), "..", "..", "..", "docs", "PYTHON.md")


@pytest.mark.parametrize("of", [RDD, DStream, Receiver, SparkContext, StreamingContext])
def test_is_on_the_page_and_has_help(of):
    with open(PAGE, encoding="utf-8") as file:
        section = file.read().split("### `%s`" % of.__name__)[1].split("\n#")[0]
    listed = set(re.findall(r"`(\w+)", section))
    names = [
        name
        for name, value in inspect.getmembers(of)
        if not name.startswith("_") and (callable(value) or isinstance(value, property))
    ]
    assert len(names) > 10
    assert [name for name in names if name not in listed] == []
    assert [name for name in names if not inspect.getdoc(getattr(of, name))] == []
