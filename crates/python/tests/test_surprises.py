"""Habits of programs for PySpark that a package which only looks like it would break."""

import functools
import json
import operator
import os
import re
import subprocess
import sys

import millrace
import pytest
from millrace.testing import Clock, run
from py4j.protocol import Py4JJavaError
from pyspark import SparkConf, SparkContext, SparkFiles
from pyspark.streaming import DStream, StreamingContext

HEAD = """
from pyspark import SparkContext
from pyspark.streaming import StreamingContext
ssc = StreamingContext(SparkContext("local[2]", "surprises"), 0.05)
RUN = lambda: (ssc.start(), ssc.awaitTermination())
"""


def ended(program, body, **conf):
    made = program(HEAD + body, conf={"millrace.maxBatches": 2, **conf})
    assert made.returncode == 0, made.stderr
    return made.stdout


def test_the_main_module_is_not_imported_again(program):
    shown = ended(program, """
print("once")
class Pair:
    def __init__(self, x):
        self.x = x
ssc.queueStream([[1]]).map(Pair).map(lambda pair: pair.x + 1).pprint()
RUN()
""")
    assert shown.count("once") == 1 and "\n2\n" in shown


def as_submitted(path, *arguments):
    """Runs a file with the variables that `millrace-submit` sets, whoever runs this test."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(millrace.__file__)))
    if os.path.basename(root) == "_as_pyspark":
        root = os.path.dirname(os.path.dirname(root))
    own = os.path.join(root, "millrace", "_as_pyspark")
    environment = dict(os.environ, PYTHONPATH=own)
    done = subprocess.run(
        [sys.executable, str(path), *arguments],
        cwd=str(path.parent), env=environment, capture_output=True, text=True, timeout=240,
    )
    return done, root


def test_what_is_installed_beside_the_package_comes_behind_the_standard_library(tmp_path):
    path = tmp_path / "program.py"
    path.write_text("import argparse, sys, pyspark, millrace.testing\nprint('\\n'.join(sys.path))\n")
    done, root = as_submitted(path)
    assert done.returncode == 0, done.stderr
    found = done.stdout.split("\n")[:-1]
    assert found.index(root) > found.index(os.path.dirname(os.__file__))


def test_a_program_may_be_called_millrace_and_is_told_if_it_hides_pyspark(tmp_path):
    text = "from pyspark import SparkContext\nprint(SparkContext('local[2]', 'x').master)\n"
    path = tmp_path / "one" / "millrace.py"
    path.parent.mkdir()
    path.write_text(text)
    done, _ = as_submitted(path)
    assert done.stdout == "local[2]\n", done.stderr
    path = tmp_path / "pyspark.py"
    path.write_text(text)
    done, _ = as_submitted(path)
    assert "%s hides the package pyspark: give it another name" % path in done.stderr
    assert done.returncode == 1


def test_files_that_a_setting_lists_are_found_by_their_names(program, tmp_path):
    (tmp_path / "prices.csv").write_text("apple,1\n")
    source = (
        "import os\nfrom pyspark import SparkContext, SparkFiles\n"
        "sc = SparkContext('local[2]', 'x')\nos.chdir('/')\n"
        "print(open(SparkFiles.get('prices.csv')).read())\n"
    )
    done = program(source, conf={"spark.files": " prices.csv,"})
    assert done.stdout == "apple,1\n\n", done.stderr
    done = program(source, conf={"spark.files": "no.csv"})
    missing = "java.io.FileNotFoundException: File file:%s does not exist" % (tmp_path / "no.csv")
    assert missing in done.stderr and "shutil" not in done.stderr


def test_findspark_and_submit_arguments_of_the_program_do_no_harm(program):
    made = program("""
import os
os.environ["PYSPARK_SUBMIT_ARGS"] = "--packages x:y:1 pyspark-shell"
import findspark
findspark.init("/opt/spark")
from pyspark import *
print(SparkContext("local[2]", "found").parallelize([1]).collect())
""")
    assert (made.stdout, made.returncode) == ("[1]\n", 0), made.stderr


def test_modules_are_where_programs_look_for_them():
    from pyspark.context import SparkContext as own
    from pyspark.resultiterable import ResultIterable  # noqa: F401
    from pyspark.statcounter import StatCounter  # noqa: F401
    from pyspark.streaming.context import StreamingContext  # noqa: F401
    from pyspark.streaming.dstream import TransformedDStream  # noqa: F401

    assert own is SparkContext
    assert SparkContext.__module__ == "pyspark.context"


def test_modules_that_pyspark_imports_itself_are_there(program):
    done = program("import pyspark\nprint(pyspark.sql.SparkSession.builder, pyspark.serializers)\n")
    assert done.returncode == 0, done.stderr


def test_old_names_at_the_top_are_loaded_when_they_are_used(program):
    made = program("""
import sys, pyspark, pyspark.streaming
print("pyspark.sql" in sys.modules, hasattr(pyspark, "nosuch"))
from pyspark import Row, SQLContext
print(Row(a=1), "pyspark.sql" in sys.modules)
""")
    assert (made.stdout, made.stderr) == ("False False\nRow(a=1) True\n", "")


def test_the_number_of_arguments_is_that_of_the_code():
    seen = []
    with Clock() as clock:
        numbers = clock.input()
        numbers.foreachRDD(lambda rdd: seen.append(rdd.collect()))
        numbers.foreachRDD(lambda time, rdd: seen.append((time.timestamp(), rdd.collect())))
        numbers.foreachRDD(lambda rdd, more=7: seen.append(more.collect()))
        for odd in (functools.partial(print), print):
            with pytest.raises(AttributeError, match="__code__"):
                numbers.foreachRDD(odd)
        clock.give(numbers, [1])
        clock.advance()
    assert seen == [[1], (1.0, [1]), [1]]


def test_functions_of_map_need_no_code():
    half = functools.partial(operator.floordiv, 9)
    assert run(lambda numbers: numbers.map(half).map(str), [[2, 4]]) == [["4", "2"]]


def test_a_filter_without_a_function_keeps_what_is_true():
    assert run(lambda words: words.filter(None), [["a", "", "b"]]) == [["a", "b"]]


def test_outputs_give_none_and_streams_are_true(sc):
    with Clock() as clock:
        numbers = clock.input()
        assert numbers.pprint() is None and numbers.foreachRDD(lambda rdd: None) is None
        assert bool(numbers) and isinstance(numbers, DStream) and "DStream" in str(numbers)
    assert type(sc.parallelize([1])).__name__ == "RDD"


def test_what_functions_may_give():
    def flat(n):
        return [{1}, (x for x in "ab"), map(str, [2]), zip([1], [2]), {"k": 3}.items()][n]

    made = run(lambda numbers: numbers.flatMap(flat), [[0, 1, 2, 3, 4]])
    assert made == [[1, "a", "b", "2", (1, 2), ("k", 3)]]
    kept = run(lambda numbers: numbers.filter(lambda n: [n] if n else ""), [[0, 5]])
    assert kept == [[5]]
    with pytest.raises(Py4JJavaError, match="TypeError: 'NoneType' object is not iterable"):
        run(lambda numbers: numbers.flatMap(lambda n: None), [[1]])


def test_a_state_that_is_changed_in_place_is_the_new_one():
    def collect(new, old):
        old = old or []
        old.extend(new)
        return old

    pairs = [[("k", 1)], [("k", 2)]]
    assert run(lambda p: p.updateStateByKey(collect), pairs) == [[("k", [1])], [("k", [1, 2])]]


def test_a_global_that_a_record_function_changes_stays_and_that_of_an_output_does_not(program):
    shown = ended(program, """
count = 0
seen = []
def add(x):
    global count
    count += 1
    return x
ssc.queueStream([[1, 2], [3]]).map(add).foreachRDD(lambda rdd: seen.extend(rdd.collect()))
RUN()
print(count, seen)
""")
    assert shown == "0 [1, 2, 3]\n"


def test_a_print_in_a_record_function_comes_out_on_stdout(program):
    assert "mine 1\n" in ended(program, """
ssc.queueStream([[1]]).map(lambda x: print("mine", x)).pprint()
RUN()
""")


def test_callbacks_may_run_loops_and_threads_of_their_own(program):
    shown = ended(program, """
import asyncio, threading
async def shout(records):
    await asyncio.sleep(0)
    print("loop", records)
def show(rdd):
    records = rdd.collect()
    asyncio.run(shout(records))
    thread = threading.Thread(target=lambda: print("thread", rdd.count()))
    thread.start()
    thread.join()
ssc.queueStream([[1]]).foreachRDD(show)
RUN()
""")
    assert shown == "loop [1]\nthread 1\nloop []\nthread 0\n"


def test_the_context_of_a_dataset_makes_others():
    def both(rdd):
        assert rdd.context.getConf().get("spark.app.name") == "testing"
        return rdd.union(rdd.context.parallelize([9]))

    assert run(lambda numbers: numbers.transform(both), [[1]]) == [[1, 9]]


PAIRS = """
ssc.queueStream([[("it's", 1), ("a\\u2028b", 2.5), (None, [3])]]).pprint()
ssc.queueStream([[4, 5]]).pprint(1)
RUN()
"""


def test_batches_are_printed_in_json_if_asked(program):
    shown = ended(program, PAIRS, **{"millrace.print.format": "json", "millrace.print.num": 2})
    # What JSON allows in a string and other readers take for a line end is escaped.
    assert "\u2028" not in shown and shown.endswith("\n")
    pairs, numbers, *idle = map(json.loads, shown.splitlines())
    assert pairs["records"] == [["it's", 1], ["a\u2028b", 2.5]] and pairs["truncated"]
    assert numbers["records"] == [4] and numbers["truncated"]
    assert [batch["records"] for batch in idle] == [[], []]
    assert {batch["time"] - pairs["time"] for batch in idle} == {50}


def test_batches_are_printed_as_scala_does_if_asked(program):
    shown = ended(program, PAIRS, **{"millrace.print.format": "scala"})
    rule, time, _, first, second = shown.split("\n")[:5]
    assert rule == 43 * "-" and re.fullmatch(r"Time: \d+ ms", time)
    assert (first, second) == ("(it's,1)", "(a\u2028b,2.5)")


#: Names that are no location of this machine, and what is said of them.
NO_LOCATIONS = {
    "": "is empty",
    "hdfs://host/x": "no hdfs: locations",
    "hdfs:x": "no hdfs: locations",
    "s3a://bucket/x": "no s3a: locations",
    "C:/x": "no C: locations",
    "file:x": "file:///path",
    "file://elsewhere/x": "the machine elsewhere",
}


@pytest.mark.parametrize("name", NO_LOCATIONS)
def test_what_is_no_location_of_this_machine_is_refused_everywhere(name, sc, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ssc = StreamingContext(sc, 1)
    numbers = sc.parallelize([1])

    def stream(name):
        ssc.textFileStream(name).pprint()
        ssc.start()

    places = [
        numbers.saveAsTextFile,
        numbers.saveAsPickleFile,
        sc.textFile,
        sc.wholeTextFiles,
        sc.binaryFiles,
        sc.pickleFile,
        sc.addFile,
        sc.setCheckpointDir,
        ssc.checkpoint,
        lambda name: sc.binaryRecords(name, 2),
        stream,
    ]
    if name:  # An empty prefix leaves the time alone.
        places.insert(0, ssc.queueStream([numbers]).saveAsTextFiles)
    for place in places:
        with pytest.raises(Exception, match=NO_LOCATIONS[name]):
            place(name)
    ssc.stop(stopSparkContext=False)
    assert os.listdir(tmp_path) == []


def test_a_file_address_is_the_path_it_names(sc, tmp_path, monkeypatch):
    # Where an address is taken for a path, that is one of this directory.
    monkeypatch.chdir(tmp_path)
    for place in ("file:%s/1", "file://%s/2", "file://localhost%s/3", "FILE:%s/4"):
        sc.parallelize(["a"], 1).saveAsTextFile(place % tmp_path)
        assert sc.textFile((place % tmp_path) + "/part-*").collect() == ["a"]
    assert sorted(os.listdir(tmp_path)) == ["1", "2", "3", "4"]
    sc.addFile("file:%s/1/part-00000" % tmp_path)
    with open(SparkFiles.get("part-00000")) as file:
        assert file.read() == "a\n"


def test_outputs_that_cannot_be_written_are_found_before_anything_runs(sc, tmp_path):
    ssc = StreamingContext(sc, 1)
    (tmp_path / "file").write_text("")
    numbers = ssc.queueStream([[1]])
    numbers.saveAsTextFiles("%s/deep/er/out" % tmp_path)
    for place in ("%s/file/out" % tmp_path, "/proc/nothing/out"):
        with pytest.raises(Exception, match="cannot write %s: " % place):
            numbers.saveAsTextFiles(place)
    assert os.listdir(tmp_path) == ["file"]
    ssc.stop(stopSparkContext=False)


def test_there_are_no_past_batches_before_the_start(sc):
    ssc = StreamingContext(sc, 1)
    numbers = ssc.queueStream([[1]])
    with pytest.raises(Py4JJavaError, match="DStream .* has not been initialized"):
        numbers.slice(0, 1)
    numbers.pprint()
    ssc.start()
    assert numbers.slice(0, 1) == []
    ssc.stop(stopSparkContext=False)


def test_conf_is_chained_and_the_second_context_is_refused(sc):
    conf = SparkConf(loadDefaults=False).setMaster("local").setAppName("x").set("k", "v")
    assert conf.setAll([("a", "b")]).get("a") == "b"
    with pytest.raises(ValueError, match="Cannot run multiple SparkContexts at once"):
        SparkContext(conf=conf)
