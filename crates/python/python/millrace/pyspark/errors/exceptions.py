"""Errors by PySpark's names, and what a failed job raises.

Programs catch these classes, print them, and a few look into them. The text of an error of a
record function has Python's own traceback in it, cut down to the program's lines.
"""

import contextlib
import traceback

from .._paths import is_ours


class PySparkException(Exception):
    """The base of PySpark's own errors."""

    def __init__(self, message=None, error_class=None, message_parameters=None):
        super().__init__(message)
        self.message = message
        self.error_class = error_class
        self.message_parameters = message_parameters

    def getErrorClass(self):
        """The name of the error condition, or None."""
        return self.error_class

    def getMessageParameters(self):
        """The parameters of the message, or None."""
        return self.message_parameters

    def __str__(self):
        if self.error_class is not None:
            return "[%s] %s" % (self.error_class, self.message)
        return str(self.message)


class AnalysisException(PySparkException):
    """A query that cannot be understood."""


class ParseException(AnalysisException):
    """A query that is no SQL."""


class IllegalArgumentException(PySparkException):
    """An argument or setting that Spark refuses."""


class QueryExecutionException(PySparkException):
    """A query that failed."""


class StreamingQueryException(PySparkException):
    """A structured stream that failed."""


class TempTableAlreadyExistsException(AnalysisException):
    """A view whose name is taken."""


class ArithmeticException(PySparkException):
    """A number that there is not."""


class ArrayIndexOutOfBoundsException(PySparkException):
    """An item that there is not."""


class DateTimeException(PySparkException):
    """A time that there is not."""


class NumberFormatException(IllegalArgumentException):
    """A text that is no number."""


class PythonException(PySparkException):
    """A function of the program that failed."""


class SparkRuntimeException(PySparkException):
    """A query that failed while it ran."""


class SparkUpgradeException(PySparkException):
    """A behaviour that was another one in an older Spark."""


class UnknownException(PySparkException):
    """Anything else."""


class UnsupportedOperationException(PySparkException):
    """An operation that there is not."""


class PySparkValueError(PySparkException, ValueError):
    """A value that PySpark refuses."""


class PySparkTypeError(PySparkException, TypeError):
    """A type that PySpark refuses."""


class PySparkAttributeError(PySparkException, AttributeError):
    """An attribute that there is not."""


class PySparkRuntimeError(PySparkException, RuntimeError):
    """A call that the state of things does not allow."""


class PySparkAssertionError(PySparkException, AssertionError):
    """A condition that does not hold."""


class PySparkNotImplementedError(PySparkException, NotImplementedError):
    """A call that is not implemented."""


class Py4JError(Exception):
    """The base of what py4j raises in a program for PySpark."""


class Py4JNetworkError(Py4JError):
    """Never raised here: there is no JVM to lose."""


class Py4JJavaError(Py4JError):
    """A job that failed; its cause is the exception that the program's function raised."""

    def __init__(self, msg, java_exception=None):
        super().__init__(msg)
        self.errmsg = msg
        self.java_exception = java_exception

    def __str__(self):
        return self.errmsg


def own_traceback(error):
    """The text of an exception with the frames of the program alone."""
    error = cause_of(error)
    shown = traceback.TracebackException.from_exception(error)
    part = shown
    while part is not None:
        part.stack[:] = [frame for frame in part.stack if not is_ours(frame.filename)]
        part = part.__cause__ or part.__context__
    return "".join(shown.format()).rstrip("\n")


def cause_of(error):
    """The exception of the program's own behind an error of a job."""
    while isinstance(error, Py4JJavaError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def in_operator(error, time, operator):
    """Notes the batch and the operator that an exception ended, unless it has ended one before."""
    if operator_of(error) is None:
        with contextlib.suppress(AttributeError):
            cause_of(error)._millrace_place = (time, operator)


def operator_of(error):
    """The batch time and the operator that an exception ended, or None if it was no operator's."""
    return getattr(cause_of(error), "_millrace_place", None)


def task_failed(error):
    """The error of a job in which a record function raised `error`."""
    failed = Py4JJavaError(
        "An error occurred while running a job.\n"
        ": org.apache.spark.SparkException: Job aborted due to stage failure: "
        "org.apache.spark.api.python.PythonException: " + own_traceback(error)
    )
    failed.__cause__ = error
    return failed


def stream_failed(error):
    """The error of a stream in which a function of the program's own side raised `error`."""
    failed = Py4JJavaError(
        "An error occurred while calling awaitTermination.\n"
        ": org.apache.spark.SparkException: An exception was raised by Python:\n"
        + own_traceback(error)
    )
    failed.__cause__ = error
    return failed
