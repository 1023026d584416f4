"""An interactive Python with ``sc`` and ``spark`` in it: ``millrace-submit --shell``.

Programs can be tried line by line, or pasted, as in ``pyspark``. A program that comes through a pipe
is run as a whole: values of expressions are shown, and the first error ends it. A program in a
file that was written for a shell, and makes no context of its own, runs in it too.
"""

import argparse
import ast
import code
import linecache
import os
import sys
import types


class Shell(code.InteractiveConsole):
    """A console whose functions have a source, so that the engine can run them."""

    def __init__(self, names):
        super().__init__(names)
        self._number = 1

    def runsource(self, source, filename=None, symbol="single"):
        """Runs what was typed, if it is complete; says whether more is needed."""
        name = "<shell-%d>" % self._number
        _remember(name, source)
        needs_more = super().runsource(source, name, symbol)
        self._number += not needs_more
        return needs_more

    def showtraceback(self):
        """Shows the exception that is being handled, without the frames of the package."""
        _show(sys.exc_info()[1])


def _remember(name, source):
    """Lets tracebacks, and whoever looks for the source of a function, find what was typed."""
    lines = (source + "\n").splitlines(True)
    linecache.cache[name] = (len(source), None, lines, name)


def _show(error):
    from millrace.pyspark._say import trouble
    from millrace.pyspark.errors.exceptions import own_traceback

    sys.stdout.flush()
    if getattr(error, "was_announced", False):
        return
    # The first frame is the one that runs what was typed.
    error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
    trouble(own_traceback(error))


def _run_all(text, names):
    """Runs a text statement by statement; gives the exit code."""
    _remember("<stdin>", text)
    try:
        for statement in ast.parse(text, "<stdin>").body:
            exec(compile(ast.Interactive([statement]), "<stdin>", "single"), names)
    except SystemExit:
        raise
    except SyntaxError as error:
        _show(error.with_traceback(None) if error.filename == "<stdin>" else error)
        return 1
    except BaseException as error:
        _show(error)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _run_file(path, arguments, names):
    """Runs a program as the interpreter would, but with the names of the shell; the exit code."""
    sys.argv[:] = [path, *arguments]
    sys.path[0] = os.path.dirname(os.path.abspath(path))
    names["__file__"] = path
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError as error:
        from millrace.pyspark._say import trouble

        trouble("millrace: cannot open %s: %s" % (path, error.strerror))
        return 2
    try:
        exec(compile(text, path, "exec"), names)
    except SystemExit:
        raise
    except BaseException as error:
        if isinstance(error, SyntaxError) and error.filename == path:
            error = error.with_traceback(None)
        _show(error)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _arguments(given):
    """The options, and the program with its arguments, which stand behind ``--``."""
    parser = argparse.ArgumentParser(
        prog="python -m millrace.shell",
        usage="%(prog)s [options] [-- program.py [arguments]]",
        description="An interactive Python with a SparkContext, sc, and a SparkSession, spark; or a "
        "program that runs with both.",
    )
    parser.add_argument("--master", help="where to run: local[N] is N threads; local[*] unless set")
    parser.add_argument("--name", help="the name of the program; 'millrace shell' unless set")
    parser.add_argument(
        "--conf", action="append", default=[], metavar="KEY=VALUE", help="a setting; any number"
    )
    given = sys.argv[1:] if given is None else given
    at = given.index("--") if "--" in given else len(given)
    options = parser.parse_args(given[:at])
    options.program = given[at + 1 :]
    for setting in options.conf:
        if not setting.partition("=")[1]:
            parser.error("--conf takes KEY=VALUE, and %r has no '='" % setting)
    return parser, options


def _context(parser, options):
    from millrace.pyspark import SparkConf, SparkContext
    from millrace.pyspark.errors.exceptions import Py4JJavaError

    conf = SparkConf().setIfMissing("spark.app.name", "millrace shell")
    conf.setAll(setting.split("=", 1) for setting in options.conf)
    if options.name:
        conf.setAppName(options.name)
    if options.master:
        conf.setMaster(options.master)
    try:
        return SparkContext(conf=conf)
    except Py4JJavaError as error:
        parser.error(str(error))


def _namespace(sc):
    """The module that the lines run in; classes of theirs are found by its name."""
    from millrace.pyspark.sql import SparkSession

    module = types.ModuleType("__main__")
    module.sc, module.spark = sc, SparkSession(sc)
    sys.modules["__main__"] = module
    return vars(module)


def _converse(sc, names):
    try:
        import readline
        import rlcompleter

        readline.set_completer(rlcompleter.Completer(names).complete)
        readline.parse_and_bind("tab: complete")
    except ImportError:
        pass
    banner = "millrace on Python %s, master %s: sc and spark are there; Ctrl-D ends" % (
        sys.version.split()[0],
        sc.master,
    )
    Shell(names).interact(banner, exitmsg="")
    return 0


def main(given=None):
    """Runs the shell; gives the exit code."""
    parser, options = _arguments(given)
    # Pasted programs import pyspark, py4j and findspark by these names.
    own = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_as_pyspark")
    sys.path.insert(0, own)
    sc = _context(parser, options)
    try:
        names = _namespace(sc)
        if options.program:
            return _run_file(options.program[0], options.program[1:], names)
        if sys.stdin.isatty():
            return _converse(sc, names)
        return _run_all(sys.stdin.read(), names)
    finally:
        sc.stop()


if __name__ == "__main__":
    sys.exit(main())
