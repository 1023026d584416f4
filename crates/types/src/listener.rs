//! The callbacks of those who watch a running stream.

use crate::events::{
    BatchInfo, CheckpointInfo, EpochMillis, OutputOperationInfo, ReceiverInfo, StreamingEvent,
};

/// Watches a running stream; Spark's `StreamingListener`.
///
/// Every callback does nothing unless it is written, so a listener says only
/// what it wants to hear. Callbacks are called one at a time, away from the
/// threads that compute: a slow listener delays no batch, it misses events.
///
/// Spark 3.5: the events of one batch come in the order submitted, started,
/// each output started and completed, completed; the submission of later
/// batches may come between.
pub trait StreamingListener: Send {
    /// The context has started.
    fn on_streaming_started(&mut self, _time: EpochMillis) {}

    /// A receiver has started, or started again.
    fn on_receiver_started(&mut self, _receiver: &ReceiverInfo) {}

    /// A receiver has met an error.
    fn on_receiver_error(&mut self, _receiver: &ReceiverInfo) {}

    /// A receiver has stopped.
    fn on_receiver_stopped(&mut self, _receiver: &ReceiverInfo) {}

    /// A batch waits for its turn.
    fn on_batch_submitted(&mut self, _batch: &BatchInfo) {}

    /// The first output of a batch has begun.
    fn on_batch_started(&mut self, _batch: &BatchInfo) {}

    /// Every output of a batch has ended, well or badly.
    fn on_batch_completed(&mut self, _batch: &BatchInfo) {}

    /// The changes of a batch are durable. Comes after its completion, from a program that has a
    /// checkpoint.
    fn on_batch_checkpointed(&mut self, _checkpoint: &CheckpointInfo) {}

    /// An output of a batch has begun.
    fn on_output_operation_started(&mut self, _operation: &OutputOperationInfo) {}

    /// An output of a batch has ended, well or badly.
    fn on_output_operation_completed(&mut self, _operation: &OutputOperationInfo) {}

    /// Events were dropped because listeners were too slow: `count` in all since the start of
    /// the run. Comes as soon as listeners are called again.
    fn on_events_dropped(&mut self, _count: u64) {}
}

impl StreamingEvent {
    /// Calls the callback of `listener` that belongs to this event.
    pub fn deliver(&self, listener: &mut dyn StreamingListener) {
        match self {
            StreamingEvent::StreamingStarted { time } => listener.on_streaming_started(*time),
            StreamingEvent::ReceiverStarted(info) => listener.on_receiver_started(info),
            StreamingEvent::ReceiverError(info) => listener.on_receiver_error(info),
            StreamingEvent::ReceiverStopped(info) => listener.on_receiver_stopped(info),
            StreamingEvent::BatchSubmitted(info) => listener.on_batch_submitted(info),
            StreamingEvent::BatchStarted(info) => listener.on_batch_started(info),
            StreamingEvent::BatchCompleted(info) => listener.on_batch_completed(info),
            StreamingEvent::BatchCheckpointed(info) => listener.on_batch_checkpointed(info),
            StreamingEvent::OutputOperationStarted(info) => {
                listener.on_output_operation_started(info);
            }
            StreamingEvent::OutputOperationCompleted(info) => {
                listener.on_output_operation_completed(info);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StreamId;

    #[derive(Default)]
    struct Log(Vec<String>);

    impl StreamingListener for Log {
        fn on_streaming_started(&mut self, time: EpochMillis) {
            self.0.push(format!("started {time}"));
        }

        fn on_receiver_error(&mut self, receiver: &ReceiverInfo) {
            self.0.push(format!(
                "{}: {}",
                receiver.name, receiver.last_error_message
            ));
        }
    }

    #[test]
    fn an_event_reaches_its_own_callback_only() {
        let receiver = ReceiverInfo {
            stream_id: StreamId(0),
            name: "SocketReceiver-0".to_owned(),
            active: true,
            location: "localhost".to_owned(),
            executor_id: "driver".to_owned(),
            last_error_message: "refused".to_owned(),
            last_error: "refused".to_owned(),
            last_error_time: Some(7),
        };
        let mut log = Log::default();
        StreamingEvent::StreamingStarted { time: 5 }.deliver(&mut log);
        StreamingEvent::ReceiverStarted(receiver.clone()).deliver(&mut log);
        StreamingEvent::ReceiverError(receiver).deliver(&mut log);
        assert_eq!(log.0, ["started 5", "SocketReceiver-0: refused"]);
    }
}
