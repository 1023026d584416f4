//! The events that a running stream sends to those who watch it.
//!
//! The fields are Spark 3.5's, by their Rust names. Where Spark's Java and
//! Python faces write -1 for a time that is not known yet, these are `Option`.

use std::collections::BTreeMap;

use crate::batch_time::BatchTime;
use crate::duration::Duration;
use crate::ids::StreamId;

/// A moment of the wall clock in milliseconds since the Unix epoch (UTC).
///
/// Not a [`BatchTime`]: labels are multiples of an interval, these are when
/// something happened.
pub type EpochMillis = i64;

/// Something that happened to a running stream.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamingEvent {
    /// The context has started.
    StreamingStarted {
        /// When it did.
        time: EpochMillis,
    },
    /// A receiver has started, or started again.
    ReceiverStarted(ReceiverInfo),
    /// A receiver has met an error; it goes on or is restarted.
    ReceiverError(ReceiverInfo),
    /// A receiver has stopped.
    ReceiverStopped(ReceiverInfo),
    /// A batch waits for its turn.
    BatchSubmitted(BatchInfo),
    /// The first output of a batch has begun.
    BatchStarted(BatchInfo),
    /// Every output of a batch has ended, well or badly.
    BatchCompleted(BatchInfo),
    /// The changes of a batch are durable, and the next one may begin. Spark says this in its
    /// log only.
    BatchCheckpointed(CheckpointInfo),
    /// An output of a batch has begun.
    OutputOperationStarted(OutputOperationInfo),
    /// An output of a batch has ended, well or badly.
    OutputOperationCompleted(OutputOperationInfo),
}

/// A receiver and the last thing that went wrong with it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceiverInfo {
    /// The stream it receives for.
    pub stream_id: StreamId,
    /// The name of the receiver, for instance `SocketReceiver-0`.
    pub name: String,
    /// True while the receiver runs.
    pub active: bool,
    /// The host it runs on.
    pub location: String,
    /// The executor that runs the receiver; `driver` on one machine.
    pub executor_id: String,
    /// The last error in one line; empty when there was none.
    pub last_error_message: String,
    /// The last error in full; empty when there was none.
    pub last_error: String,
    /// When the last error happened.
    pub last_error_time: Option<EpochMillis>,
}

/// The input of one batch from one input stream.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamInputInfo {
    /// The stream.
    pub input_stream_id: StreamId,
    /// Records received; lines, for a socket.
    pub num_records: u64,
    /// Bytes received, line ends included; Spark does not count them.
    pub num_bytes: u64,
    /// The source's own account of its part, for instance the files of a directory.
    pub metadata_description: Option<String>,
    /// The receiver's notes on the blocks that it stored, in their order. Spark keeps one with
    /// each block.
    pub block_metadata: Vec<String>,
}

/// A batch, as far as it has come.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchInfo {
    /// The label of the batch: the end of its interval.
    pub batch_time: BatchTime,
    /// The input of the batch, stream by stream.
    pub stream_id_to_input_info: BTreeMap<StreamId, StreamInputInfo>,
    /// When the batch was put in the queue.
    pub submission_time: EpochMillis,
    /// When its first output began.
    pub processing_start_time: Option<EpochMillis>,
    /// When its last output ended.
    pub processing_end_time: Option<EpochMillis>,
    /// Outputs by id, which is their order of registration from 0.
    pub output_operation_infos: BTreeMap<u32, OutputOperationInfo>,
}

impl BatchInfo {
    /// The time that the batch waited in the queue, once it has begun.
    pub fn scheduling_delay(&self) -> Option<Duration> {
        between(Some(self.submission_time), self.processing_start_time)
    }

    /// The time that its outputs took, once they have ended.
    pub fn processing_delay(&self) -> Option<Duration> {
        between(self.processing_start_time, self.processing_end_time)
    }

    /// Waiting and outputs together, once they have ended.
    pub fn total_delay(&self) -> Option<Duration> {
        Some(self.scheduling_delay()? + self.processing_delay()?)
    }

    /// Records of all streams together.
    pub fn num_records(&self) -> u64 {
        self.stream_id_to_input_info
            .values()
            .map(|input| input.num_records)
            .sum()
    }
}

/// The cost of making a batch durable.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckpointInfo {
    /// The label of the batch.
    pub batch_time: BatchTime,
    /// Bytes of what the batch has changed, as they were written down.
    pub bytes: u64,
    /// The time that the batch waited for them to be written, the disk left out. The time for
    /// noting the changes while they were made is part of the batch.
    pub write: std::time::Duration,
    /// The time that the batch waited for the disk.
    pub sync: std::time::Duration,
}

/// One output of one batch, as far as it has come.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputOperationInfo {
    /// The label of the batch.
    pub batch_time: BatchTime,
    /// The output's place in the order of registration, from 0.
    pub id: u32,
    /// The name of the output, in a few words.
    pub name: String,
    /// The call that registered the output, at length.
    pub description: String,
    /// When it began.
    pub start_time: Option<EpochMillis>,
    /// When it ended.
    pub end_time: Option<EpochMillis>,
    /// Why it failed, in full; `None` while it has not.
    pub failure_reason: Option<String>,
}

impl OutputOperationInfo {
    /// The time that the output took, once it has ended.
    pub fn duration(&self) -> Option<Duration> {
        between(self.start_time, self.end_time)
    }
}

fn between(from: Option<EpochMillis>, to: Option<EpochMillis>) -> Option<Duration> {
    Some(Duration::milliseconds(to?.saturating_sub(from?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(start: Option<EpochMillis>, end: Option<EpochMillis>) -> BatchInfo {
        let input = |id, num_records| {
            let input_stream_id = StreamId(id);
            let (num_bytes, metadata_description) = (0, None);
            let info = StreamInputInfo {
                input_stream_id,
                num_records,
                num_bytes,
                metadata_description,
                block_metadata: Vec::new(),
            };
            (input_stream_id, info)
        };
        BatchInfo {
            batch_time: BatchTime::from_millis(1_000),
            stream_id_to_input_info: BTreeMap::from([input(0, 2), input(1, 3)]),
            submission_time: 1_010,
            processing_start_time: start,
            processing_end_time: end,
            output_operation_infos: BTreeMap::new(),
        }
    }

    #[test]
    fn delays_are_known_step_by_step() {
        let ms = |n| Some(Duration::milliseconds(n));
        let cases = [
            (batch(None, None), [None, None, None]),
            (batch(Some(1_015), None), [ms(5), None, None]),
            (batch(Some(1_015), Some(1_045)), [ms(5), ms(30), ms(35)]),
        ];
        for (info, expected) in cases {
            let delays = [
                info.scheduling_delay(),
                info.processing_delay(),
                info.total_delay(),
            ];
            assert_eq!(delays, expected);
        }
    }

    #[test]
    fn records_of_all_streams_are_counted() {
        assert_eq!(batch(None, None).num_records(), 5);
    }
}
