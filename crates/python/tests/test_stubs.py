"""The type stubs say of every public class what it has, with the names of all parameters."""

import ast
import inspect
import os
import sys

import pytest
from pyspark import (
    RDD, Accumulator, AccumulatorParam, Broadcast, SparkConf, SparkContext, SparkFiles, StatCounter,
    StorageLevel,
)
from pyspark.rdd import PipelinedRDD
from pyspark.resultiterable import ResultIterable
from pyspark.sql import (
    Catalog, Column, DataFrame, DataFrameReader, DataFrameWriter, GroupedData,
    Row, SparkSession, SQLContext, UDFRegistration, Window, WindowSpec,
)
from pyspark.sql.conf import RuntimeConfig
from pyspark.sql.types import ArrayType, DataType, DecimalType, MapType, StructField, StructType
from pyspark.sql.udf import UserDefinedFunction
from pyspark.streaming import DStream, Receiver, State, StateSpec, StreamingContext
from pyspark.streaming import StreamingListener
from pyspark.streaming._mapped import MapWithStateDStream
from pyspark.streaming.kafka import (
    Broker, KafkaMessageAndMetadata, KafkaUtils, OffsetRange, TopicAndPartition,
)

CLASSES = [
    RDD, PipelinedRDD, ResultIterable, Broadcast, Accumulator, AccumulatorParam,
    SparkConf, SparkContext, StreamingContext, DStream, StreamingListener, Receiver, State,
    StateSpec, MapWithStateDStream, StorageLevel, StatCounter, SparkFiles,
    Broker, KafkaMessageAndMetadata, KafkaUtils, OffsetRange, TopicAndPartition,
    Catalog, Column, DataFrame, DataFrameReader, DataFrameWriter, GroupedData,
    Row, SparkSession, SQLContext, UDFRegistration, UserDefinedFunction, Window, WindowSpec,
    ArrayType, DataType, DecimalType, MapType, StructField, StructType, RuntimeConfig,
]
MODULES = sorted({each.__module__ for each in CLASSES})


def stub_of(module):
    """The parsed stub beside a module."""
    path = os.path.splitext(sys.modules[module].__file__)[0] + ".pyi"
    with open(path, encoding="utf-8") as file:
        return ast.parse(file.read(), path)


def functions_in(body):
    """Of every function its parameters, and whether each has a default. Overloads: the last."""
    found = {}
    for node in body:
        if isinstance(node, ast.FunctionDef) and not _sets(node):
            given = node.args
            places = given.posonlyargs + given.args
            required = len(places) - len(given.defaults)
            names = [(each.arg, at >= required) for at, each in enumerate(places)]
            names += [("*" + given.vararg.arg, False)] if given.vararg else []
            pairs = zip(given.kwonlyargs, given.kw_defaults)
            names += [(each.arg, default is not None) for each, default in pairs]
            names += [("**" + given.kwarg.arg, False)] if given.kwarg else []
            found[node.name] = names
    return found


def _sets(node):
    """True of the setter of a property, which has its getter's name."""
    return any(getattr(each, "attr", None) == "setter" for each in node.decorator_list)


def parameters(function):
    """The same of a function that there is."""
    marks = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return [
        (marks.get(each.kind, "") + each.name, each.default is not each.empty)
        for each in inspect.signature(function).parameters.values()
    ]


def functions_of(of):
    """The public methods and properties of a class, and its special methods that matter."""
    found = {}
    for name in dir(of):
        value = inspect.getattr_static(of, name)
        if name.startswith("_") and name not in ("__init__", "__add__", "__call__", "__iadd__"):
            continue
        if isinstance(value, property):
            found[name] = parameters(value.fget)
        elif isinstance(value, classmethod):
            found[name] = parameters(value.__func__)
        elif inspect.isfunction(value):
            found[name] = parameters(value)
    return found


@pytest.mark.parametrize("of", CLASSES, ids=lambda of: of.__name__)
def test_every_method_is_in_the_stub_with_its_parameters(of):
    classes = {
        node.name: node for node in stub_of(of.__module__).body if isinstance(node, ast.ClassDef)
    }
    told = functions_in(classes[of.__name__].body)
    there = functions_of(of)
    of_stub = (base for base in of.__bases__ if base.__name__[0] != "_")
    if of is MapWithStateDStream or any(base.__module__ == of.__module__ for base in of_stub):
        there = {name: names for name, names in there.items() if name in vars(of)}
    assert {name: told.get(name) for name in there} == there
    assert [name for name in told if not hasattr(of, name)] == []


def test_the_levels_of_storage_are_in_their_stub():
    (stub,) = [node for node in stub_of(StorageLevel.__module__).body if isinstance(node, ast.ClassDef)]
    told = {node.target.id for node in stub.body if isinstance(node, ast.AnnAssign)}
    levels = {name for name, value in vars(StorageLevel).items() if isinstance(value, StorageLevel)}
    assert levels - told == set() and told - levels == set(vars(StorageLevel.NONE))


@pytest.mark.parametrize("module", MODULES)
def test_a_stub_has_every_public_name_of_its_module(module):
    body = stub_of(module).body
    told = {node.name for node in body if isinstance(node, (ast.ClassDef, ast.FunctionDef))}
    told |= {node.target.id for node in body if isinstance(node, ast.AnnAssign)}
    there = {
        name
        for name, value in vars(sys.modules[module]).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module
    }
    assert there - told == set()
    assert functions_in(body).keys() <= there


@pytest.mark.parametrize("of", CLASSES, ids=lambda of: of.__name__)
def test_everything_has_a_type(of):
    for node in ast.walk(stub_of(of.__module__)):
        if isinstance(node, ast.FunctionDef):
            given = node.args
            named = [*given.args, *given.kwonlyargs, given.vararg, given.kwarg]
            bare = {each.arg for each in named if each is not None and each.annotation is None}
            assert (node.name, bare - {"self", "cls"}) == (node.name, set())
            assert node.returns is not None, node.name


def test_annotations_with_the_type_of_records_can_be_evaluated():
    for generic in (
        RDD, DStream, Broadcast, Accumulator, AccumulatorParam, ResultIterable, Receiver, State,
    ):
        assert generic[int] is generic
