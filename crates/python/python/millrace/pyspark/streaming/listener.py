"""What a program is told of its own run."""


class StreamingListener:
    """Callbacks for what happens to batches and receivers. All are there; override what you need."""

    def onStreamingStarted(self, streamingStarted):
        """The context has started."""

    def onReceiverStarted(self, receiverStarted):
        """A receiver has started."""

    def onReceiverError(self, receiverError):
        """A receiver has reported an error."""

    def onReceiverStopped(self, receiverStopped):
        """A receiver has stopped."""

    def onBatchSubmitted(self, batchSubmitted):
        """A batch is queued."""

    def onBatchStarted(self, batchStarted):
        """A batch is being run."""

    def onBatchCompleted(self, batchCompleted):
        """A batch has been run."""

    def onOutputOperationStarted(self, outputOperationStarted):
        """An output of a batch is being run."""

    def onOutputOperationCompleted(self, outputOperationCompleted):
        """An output of a batch has been run."""
