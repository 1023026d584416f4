//! The events of a run as they are written down: one JSON object per event.
//!
//! The live page and the event log fold the same type, so that a run looks afterwards as it
//! looked while it ran. Times are milliseconds since 1970 (UTC); a time that is not known yet is
//! absent. Fields may be added; a reader passes over fields and events that it does not know.

use millrace_types::{
    BatchInfo, CheckpointInfo, Duration, EpochMillis, OutputOperationInfo, ReceiverInfo,
    RunFigures, StoreFigures,
};
use serde::{Deserialize, Serialize};

use crate::bounded::bounded;
use crate::run::{OutputTotals, ReceiverState};

/// One event of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    /// The first line of every file of an event log: the run that the other lines are about.
    Run(RunInfo),
    /// The counts of a run so far, and how its receivers stand, at the head of every file of an event log but the first.
    Carried {
        completed_batches: u64,
        processed_records: u64,
        processed_bytes: u64,
        checkpointed_bytes: u64,
        streaming_since: Option<EpochMillis>,
        #[serde(default)]
        dropped_events: u64,
        #[serde(default)]
        receivers: Vec<ReceiverState>,
        /// By the numbers of the outputs.
        #[serde(default)]
        outputs: Vec<(u32, OutputTotals)>,
    },
    StreamingStarted {
        time: EpochMillis,
    },
    ReceiverStarted(Receiver),
    ReceiverError(Receiver),
    ReceiverStopped(Receiver),
    BatchSubmitted(Batch),
    BatchStarted(Batch),
    BatchCompleted(Batch),
    BatchCheckpointed(Checkpoint),
    OutputStarted(Output),
    OutputCompleted(Output),
    /// The input streams with the names of what they read from.
    Streams {
        names: Vec<(u32, String)>,
    },
    /// The amounts that the run keeps; one per second at most.
    Kept(Kept),
    /// Events that were not delivered because listeners were too slow, in all so far.
    EventsDropped {
        count: u64,
    },
    /// The run has ended in an orderly way.
    RunEnded {
        time: EpochMillis,
    },
    /// An event of a newer version.
    #[serde(other)]
    Unknown,
}

/// A run: a program from its start to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInfo {
    /// The name of the run in paths: `local-` and the time of its start in milliseconds.
    pub id: String,
    /// `spark.app.name`.
    pub name: String,
    /// `spark.master`.
    pub master: String,
    /// The user who runs the program: `SPARK_USER`, or as the system knows him.
    pub user: String,
    /// When the program started.
    pub start_time: EpochMillis,
    /// The batch interval in milliseconds.
    pub batch_duration: i64,
    /// The version of millrace.
    pub version: String,
}

impl RunInfo {
    /// A run that starts now.
    pub fn new(name: &str, master: &str, batch_duration: Duration) -> RunInfo {
        let start_time = crate::time_text::now();
        RunInfo {
            id: id_of(start_time),
            name: name.to_owned(),
            master: master.to_owned(),
            user: crate::user::name(),
            start_time,
            batch_duration: batch_duration.as_millis(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Has the id of a run that starts a millisecond later than this id says.
    pub(crate) fn take_next_id(&mut self) {
        let time = self.id.strip_prefix(ID).and_then(|time| time.parse().ok());
        self.id = id_of(time.unwrap_or(self.start_time) + 1);
    }
}

/// The beginning of every id, as of Spark's in local mode.
const ID: &str = "local-";

fn id_of(time: EpochMillis) -> String {
    format!("{ID}{time}")
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Receiver {
    pub(crate) stream: u32,
    pub(crate) name: String,
    pub(crate) active: bool,
    pub(crate) location: String,
    pub(crate) executor: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) error_message: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_time: Option<EpochMillis>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Batch {
    pub(crate) time: EpochMillis,
    pub(crate) submitted: EpochMillis,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) started: Option<EpochMillis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended: Option<EpochMillis>,
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<Output>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Input {
    pub(crate) stream: u32,
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Output {
    pub(crate) batch: EpochMillis,
    pub(crate) id: u32,
    pub(crate) name: String,
    pub(crate) description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) started: Option<EpochMillis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ended: Option<EpochMillis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<String>,
}

/// The amounts that a run kept when a batch had completed. Sizes are in bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) batch: EpochMillis,
    /// When it was looked at.
    pub(crate) time: EpochMillis,
    pub(crate) stores: Vec<StoreKept>,
    /// Received and not yet combined, and the limit of that.
    pub(crate) in_flight: u64,
    pub(crate) in_flight_limit: u64,
    /// Milliseconds that receivers have waited for either since the start.
    pub(crate) waited_ms: u64,
    /// Lines that were cut, records that were dropped unfinished, and records that were skipped,
    /// since the start. Logs of older programs have none of the three.
    #[serde(default)]
    pub(crate) lines_cut: u64,
    #[serde(default)]
    pub(crate) unfinished_dropped: u64,
    #[serde(default)]
    pub(crate) records_skipped: u64,
    /// Memory of the process that is in use; 0 if the system does not say.
    pub(crate) resident: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoreKept {
    pub(crate) operator: String,
    pub(crate) name: String,
    pub(crate) keys: u64,
    pub(crate) bytes: u64,
}

impl Kept {
    /// The amounts of `figures`, as they are behind a batch.
    pub(crate) fn new(batch: EpochMillis, figures: RunFigures) -> Kept {
        let store = |store: StoreFigures| StoreKept {
            operator: store.operator,
            name: store.name,
            keys: store.keys,
            bytes: store.bytes,
        };
        Kept {
            batch,
            time: crate::time_text::now(),
            stores: figures.stores.into_iter().map(store).collect(),
            in_flight: figures.in_flight,
            in_flight_limit: figures.in_flight_limit,
            waited_ms: u64::try_from(figures.waited.as_millis()).unwrap_or(u64::MAX),
            lines_cut: figures.lines_cut,
            unfinished_dropped: figures.unfinished_dropped,
            records_skipped: figures.records_skipped,
            resident: crate::process::resident_bytes(),
        }
    }
}

/// Times of writing in microseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Checkpoint {
    pub(crate) batch: EpochMillis,
    pub(crate) bytes: u64,
    pub(crate) write_us: u64,
    pub(crate) sync_us: u64,
}

impl Batch {
    pub(crate) fn records(&self) -> u64 {
        self.inputs.iter().map(|input| input.records).sum()
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.inputs.iter().map(|input| input.bytes).sum()
    }

    /// Milliseconds in the queue, once the batch has begun.
    pub(crate) fn scheduling_delay(&self) -> Option<i64> {
        Some(self.started? - self.submitted)
    }

    /// Milliseconds of its outputs, once they have ended.
    pub(crate) fn processing_time(&self) -> Option<i64> {
        Some(self.ended? - self.started?)
    }

    /// Milliseconds of waiting and outputs together, once they have ended.
    pub(crate) fn total_delay(&self) -> Option<i64> {
        Some(self.scheduling_delay()? + self.processing_time()?)
    }

    /// The failure of the output with the lowest number that failed.
    pub(crate) fn first_failure(&self) -> Option<&str> {
        self.outputs
            .iter()
            .find_map(|output| output.failure.as_deref())
    }
}

impl Output {
    /// Milliseconds, once the output has ended.
    pub(crate) fn duration(&self) -> Option<i64> {
        Some(self.ended? - self.started?)
    }
}

impl From<&ReceiverInfo> for Receiver {
    fn from(info: &ReceiverInfo) -> Receiver {
        Receiver {
            stream: info.stream_id.0,
            name: info.name.clone(),
            active: info.active,
            location: info.location.clone(),
            executor: info.executor_id.clone(),
            error_message: bounded(&info.last_error_message),
            error: bounded(&info.last_error),
            error_time: info.last_error_time,
        }
    }
}

impl From<&BatchInfo> for Batch {
    fn from(info: &BatchInfo) -> Batch {
        let inputs = info.stream_id_to_input_info.values();
        let inputs = inputs.map(|input| Input {
            stream: input.input_stream_id.0,
            records: input.num_records,
            bytes: input.num_bytes,
            description: input.metadata_description.as_deref().map(bounded),
        });
        Batch {
            time: info.batch_time.as_millis(),
            submitted: info.submission_time,
            started: info.processing_start_time,
            ended: info.processing_end_time,
            inputs: inputs.collect(),
            outputs: info
                .output_operation_infos
                .values()
                .map(Output::from)
                .collect(),
        }
    }
}

impl From<&OutputOperationInfo> for Output {
    fn from(info: &OutputOperationInfo) -> Output {
        Output {
            batch: info.batch_time.as_millis(),
            id: info.id,
            name: info.name.clone(),
            description: info.description.clone(),
            started: info.start_time,
            ended: info.end_time,
            failure: info.failure_reason.as_deref().map(bounded),
        }
    }
}

impl From<&CheckpointInfo> for Checkpoint {
    fn from(info: &CheckpointInfo) -> Checkpoint {
        let micros =
            |time: std::time::Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Checkpoint {
            batch: info.batch_time.as_millis(),
            bytes: info.bytes,
            write_us: micros(info.write),
            sync_us: micros(info.sync),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_of_a_newer_version_is_passed_over() {
        let newer = r#"{"event":"comet_seen","tail":3}"#;
        assert_eq!(
            serde_json::from_str::<Event>(newer).unwrap(),
            Event::Unknown
        );
        let more = r#"{"event":"streaming_started","time":5,"mood":"good"}"#;
        let expected = Event::StreamingStarted { time: 5 };
        assert_eq!(serde_json::from_str::<Event>(more).unwrap(), expected);
    }
}
