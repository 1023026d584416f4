"""Methods of ``SparkContext`` that hardly any program calls, and those that are not there."""

from ._missing import missing

_TEXT = "textFile, binaryFiles or pickleFile"


class Rare:
    """Tags of jobs, profiles, and Hadoop's files."""

    def _tags(self):
        return vars(self._local).setdefault("tags", set())

    def addJobTag(self, tag):
        """Notes a tag for the jobs of this thread."""
        if not tag:
            raise ValueError("Spark job tag cannot be an empty string.")
        if "," in tag:
            raise ValueError("Spark job tag cannot contain ','.")
        self._tags().add(tag)

    def removeJobTag(self, tag):
        """Forgets a tag of this thread."""
        self._tags().discard(tag)

    def getJobTags(self):
        """The tags of this thread."""
        return set(self._tags())

    def clearJobTags(self):
        """Forgets all tags of this thread."""
        self._tags().clear()

    def cancelJobsWithTag(self, tag):
        """Does nothing: a job runs in the thread that asked for it."""

    def setInterruptOnCancel(self, interruptOnCancel):
        """Does nothing: a job runs in the thread that asked for it."""

    def statusTracker(self):
        """Not there."""
        raise missing("SparkContext.statusTracker", "a StreamingListener")

    def show_profiles(self):
        """Not there."""
        raise missing("SparkContext.show_profiles", "cProfile")

    def dump_profiles(self, path):
        """Not there."""
        raise missing("SparkContext.dump_profiles", "cProfile")

    def addArchive(self, path):
        """Not there."""
        raise missing("SparkContext.addArchive", "addFile, or addPyFile for modules")

    @property
    def listArchives(self):
        """No archives: they cannot be added."""
        return []

    def sequenceFile(
        self,
        path,
        keyClass=None,
        valueClass=None,
        keyConverter=None,
        valueConverter=None,
        minSplits=None,
        batchSize=0,
    ):
        """Not there."""
        raise missing("SparkContext.sequenceFile", _TEXT)

    def hadoopFile(
        self,
        path,
        inputFormatClass,
        keyClass,
        valueClass,
        keyConverter=None,
        valueConverter=None,
        conf=None,
        batchSize=0,
    ):
        """Not there."""
        raise missing("SparkContext.hadoopFile", _TEXT)

    def newAPIHadoopFile(
        self,
        path,
        inputFormatClass,
        keyClass,
        valueClass,
        keyConverter=None,
        valueConverter=None,
        conf=None,
        batchSize=0,
    ):
        """Not there."""
        raise missing("SparkContext.newAPIHadoopFile", _TEXT)

    def hadoopRDD(
        self,
        inputFormatClass,
        keyClass,
        valueClass,
        keyConverter=None,
        valueConverter=None,
        conf=None,
        batchSize=0,
    ):
        """Not there."""
        raise missing("SparkContext.hadoopRDD", _TEXT)

    def newAPIHadoopRDD(
        self,
        inputFormatClass,
        keyClass,
        valueClass,
        keyConverter=None,
        valueConverter=None,
        conf=None,
        batchSize=0,
    ):
        """Not there."""
        raise missing("SparkContext.newAPIHadoopRDD", _TEXT)
