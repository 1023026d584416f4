"""Datasets as files."""

import os
import pickle

from .._missing import missing
from .._native import _engine
from .repartition import batches


def _directory(path):
    """The path of this machine that a name stands for, by the rule of locations of all of millrace."""
    try:
        return _engine.local_path(path)
    except ValueError as error:
        from ..errors.exceptions import Py4JJavaError

        raise Py4JJavaError(
            "java.lang.IllegalArgumentException: the path %s" % error
        ) from None


def check_outputs(prefix):
    """Raises an error if the outputs of batches cannot be there; leaves nothing behind."""
    from tempfile import TemporaryFile

    target = os.path.abspath(_directory(prefix) if prefix else ".")
    there = os.path.dirname(target)
    while not os.path.exists(there):
        there = os.path.dirname(there)
    try:
        TemporaryFile(dir=there).close()
    except OSError as error:
        from ..errors.exceptions import Py4JJavaError

        raise Py4JJavaError(
            "java.io.IOException: cannot write %s: %s" % (prefix, error.strerror)
        ) from None


def write(rdd, path, each):
    """Writes a file a partition into a new directory, and `_SUCCESS` when all is there."""
    from ..errors.exceptions import Py4JJavaError

    target = os.path.abspath(_directory(path))
    if os.path.exists(target):
        raise Py4JJavaError(
            "org.apache.hadoop.mapred.FileAlreadyExistsException: Output directory file:%s "
            "already exists" % target
        )
    building = "%s._temporary-%d" % (target, os.getpid())
    os.makedirs(building)
    try:
        for index in range(rdd.getNumPartitions()):
            with open(os.path.join(building, "part-%05d" % index), "wb") as part:
                rdd.ctx._run(rdd, lambda records: each(part, records), [index])
        open(os.path.join(building, "_SUCCESS"), "wb").close()
        os.rename(building, target)
    except BaseException:
        import shutil

        shutil.rmtree(building, ignore_errors=True)
        raise


class Files:
    """Saving."""

    def saveAsTextFile(self, path, compressionCodecClass=None):
        """Writes a directory of text files, a line a record."""
        if compressionCodecClass is not None:
            raise missing("saveAsTextFile with a compression codec", "gzip on the files")

        def each(part, records):
            for record in records:
                if not isinstance(record, (str, bytes)):
                    record = str(record)
                if isinstance(record, str):
                    record = record.encode("utf-8")
                part.write(record + b"\n")

        write(self, path, each)

    def saveAsPickleFile(self, path, batchSize=10):
        """Writes a directory of pickles, which ``SparkContext.pickleFile`` reads."""

        def each(part, records):
            for batch in batches(records):
                pickle.dump(batch, part, 4)

        write(self, path, each)

    def saveAsHadoopFile(self, *args, **kwargs):
        """Not there."""
        raise missing("RDD.saveAsHadoopFile", "saveAsTextFile")

    def saveAsNewAPIHadoopFile(self, *args, **kwargs):
        """Not there."""
        raise missing("RDD.saveAsNewAPIHadoopFile", "saveAsTextFile")

    def saveAsHadoopDataset(self, *args, **kwargs):
        """Not there."""
        raise missing("RDD.saveAsHadoopDataset", "saveAsTextFile")

    def saveAsNewAPIHadoopDataset(self, *args, **kwargs):
        """Not there."""
        raise missing("RDD.saveAsNewAPIHadoopDataset", "saveAsTextFile")

    def saveAsSequenceFile(self, *args, **kwargs):
        """Not there."""
        raise missing("RDD.saveAsSequenceFile", "saveAsPickleFile")

    def barrier(self):
        """Not there."""
        raise missing("RDD.barrier", "mapPartitions")

    def withResources(self, profile):
        """Not there."""
        raise missing("RDD.withResources", "the option --master 'local[N]'")

    def getResourceProfile(self):
        """None: there are no profiles of resources."""
        return None

    def cleanShuffleDependencies(self, blocking=False):
        """Does nothing: no shuffle leaves files."""
