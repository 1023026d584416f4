//! From the callbacks of a listener to events.

use millrace_types::{
    BatchInfo, CheckpointInfo, EpochMillis, OutputOperationInfo, ReceiverInfo, StreamingListener,
};

use crate::event::Event;
use crate::time_text::now;

/// Takes events one after the other, on the listeners' thread.
pub(crate) trait Sink: Send {
    fn take(&mut self, event: Event);
}

/// A listener that hands every event to a sink, and the end of the run when it is dropped.
pub(crate) struct EventListener<S: Sink>(pub(crate) S);

impl<S: Sink> StreamingListener for EventListener<S> {
    fn on_streaming_started(&mut self, time: EpochMillis) {
        self.0.take(Event::StreamingStarted { time });
    }

    fn on_receiver_started(&mut self, receiver: &ReceiverInfo) {
        self.0.take(Event::ReceiverStarted(receiver.into()));
    }

    fn on_receiver_error(&mut self, receiver: &ReceiverInfo) {
        self.0.take(Event::ReceiverError(receiver.into()));
    }

    fn on_receiver_stopped(&mut self, receiver: &ReceiverInfo) {
        self.0.take(Event::ReceiverStopped(receiver.into()));
    }

    fn on_batch_submitted(&mut self, batch: &BatchInfo) {
        self.0.take(Event::BatchSubmitted(batch.into()));
    }

    fn on_batch_started(&mut self, batch: &BatchInfo) {
        self.0.take(Event::BatchStarted(batch.into()));
    }

    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        self.0.take(Event::BatchCompleted(batch.into()));
    }

    fn on_batch_checkpointed(&mut self, checkpoint: &CheckpointInfo) {
        self.0.take(Event::BatchCheckpointed(checkpoint.into()));
    }

    fn on_output_operation_started(&mut self, output: &OutputOperationInfo) {
        self.0.take(Event::OutputStarted(output.into()));
    }

    fn on_output_operation_completed(&mut self, output: &OutputOperationInfo) {
        self.0.take(Event::OutputCompleted(output.into()));
    }

    fn on_events_dropped(&mut self, count: u64) {
        self.0.take(Event::EventsDropped { count });
    }
}

impl<S: Sink> Drop for EventListener<S> {
    fn drop(&mut self) {
        self.0.take(Event::RunEnded { time: now() });
    }
}
