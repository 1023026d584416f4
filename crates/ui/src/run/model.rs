//! The sum of the events of a run.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use millrace_types::EpochMillis;
use serde::{Deserialize, Serialize};

use super::batches::{Batches, Status};
use super::kept::KeptSamples;
use super::receivers::Receivers;
use crate::event::{Batch, Checkpoint, Event, RunInfo};

/// Checkpoints that are kept for showing.
const CHECKPOINTS: usize = 60;

/// Counts since the start of the run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) completed_batches: u64,
    /// Records of batches that have completed; Spark's `numProcessedRecords`.
    pub(crate) processed_records: u64,
    pub(crate) processed_bytes: u64,
    /// Events that were not delivered because listeners were too slow.
    pub(crate) dropped_events: u64,
}

/// The work of one output of the program so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct OutputTotals {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    /// Milliseconds of all its runs.
    pub(crate) millis: i64,
    pub(crate) last_failure: Option<String>,
}

/// One run, as far as its events tell.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) info: RunInfo,
    pub(crate) streaming_since: Option<EpochMillis>,
    pub(crate) ended: Option<EpochMillis>,
    /// The time of the newest event that has one.
    pub(crate) updated: EpochMillis,
    /// Milliseconds for which an event log has said nothing, if that is long.
    pub(crate) silent: Option<i64>,
    pub(crate) receivers: Receivers,
    pub(crate) batches: Batches,
    pub(crate) outputs: BTreeMap<u32, OutputTotals>,
    /// Numbers of the streams that batches had input from.
    pub(crate) streams: BTreeSet<u32>,
    /// The names of what streams read from.
    pub(crate) sources: BTreeMap<u32, String>,
    pub(crate) kept: KeptSamples,
    pub(crate) checkpoints: VecDeque<Checkpoint>,
    pub(crate) checkpointed_bytes: u64,
    pub(crate) totals: Totals,
}

impl Model {
    pub(super) fn new(info: RunInfo, retained: usize) -> Model {
        Model {
            streaming_since: None,
            ended: None,
            updated: info.start_time,
            silent: None,
            receivers: Receivers::default(),
            batches: Batches::new(retained),
            outputs: BTreeMap::new(),
            streams: BTreeSet::new(),
            sources: BTreeMap::new(),
            kept: KeptSamples::default(),
            checkpoints: VecDeque::new(),
            checkpointed_bytes: 0,
            totals: Totals::default(),
            info,
        }
    }

    pub(super) fn fold(&mut self, event: Event) {
        match event {
            Event::Run(info) => self.info = info,
            Event::Carried {
                completed_batches,
                processed_records,
                processed_bytes,
                checkpointed_bytes,
                streaming_since,
                dropped_events,
                receivers,
                outputs,
            } => {
                self.totals = Totals {
                    completed_batches,
                    processed_records,
                    processed_bytes,
                    dropped_events,
                };
                self.receivers.carry(receivers);
                self.outputs.extend(outputs);
                self.checkpointed_bytes = checkpointed_bytes;
                self.streaming_since = streaming_since;
            }
            Event::StreamingStarted { time } => {
                self.streaming_since = Some(time);
                self.saw(time);
            }
            Event::ReceiverStarted(receiver) => self.receivers.started(receiver),
            Event::ReceiverError(receiver) => self.receivers.failed(receiver),
            Event::ReceiverStopped(receiver) => self.receivers.stopped(receiver),
            Event::BatchSubmitted(batch) => {
                self.saw(batch.submitted);
                self.batches.submit(batch);
            }
            Event::BatchStarted(batch) => self.batches.start(batch),
            Event::BatchCompleted(batch) => self.completed(batch),
            Event::BatchCheckpointed(checkpoint) => {
                self.checkpointed_bytes += checkpoint.bytes;
                self.checkpoints.push_back(checkpoint);
                if self.checkpoints.len() > CHECKPOINTS {
                    self.checkpoints.pop_front();
                }
            }
            Event::OutputStarted(output) | Event::OutputCompleted(output) => {
                self.batches.update_output(output);
            }
            Event::Streams { names } => {
                self.streams.extend(names.iter().map(|(stream, _)| *stream));
                self.sources = names.into_iter().collect();
            }
            Event::Kept(kept) => self.kept.push(kept),
            Event::EventsDropped { count } => self.totals.dropped_events = count,
            Event::RunEnded { time } => {
                self.ended = Some(time);
                self.saw(time);
            }
            Event::Unknown => {}
        }
    }

    /// The counts so far, for a log that goes on in another file.
    pub(crate) fn carried(&self) -> Event {
        let totals = self.totals;
        Event::Carried {
            completed_batches: totals.completed_batches,
            processed_records: totals.processed_records,
            processed_bytes: totals.processed_bytes,
            checkpointed_bytes: self.checkpointed_bytes,
            streaming_since: self.streaming_since,
            dropped_events: totals.dropped_events,
            receivers: self.receivers.all().cloned().collect(),
            outputs: self.outputs.clone().into_iter().collect(),
        }
    }

    fn saw(&mut self, time: EpochMillis) {
        self.updated = self.updated.max(time);
    }

    fn completed(&mut self, batch: Batch) {
        self.totals.completed_batches += 1;
        self.totals.processed_records += batch.records();
        self.totals.processed_bytes += batch.bytes();
        self.saw(batch.ended.unwrap_or(batch.submitted));
        self.streams
            .extend(batch.inputs.iter().map(|input| input.stream));
        for output in &batch.outputs {
            let totals = self.outputs.entry(output.id).or_default();
            totals.name.clone_from(&output.name);
            totals.description.clone_from(&output.description);
            totals.millis += output.duration().unwrap_or(0);
            match &output.failure {
                Some(failure) => {
                    totals.failed += 1;
                    totals.last_failure = Some(failure.clone());
                }
                None => totals.succeeded += 1,
            }
        }
        self.batches.complete(batch);
    }

    /// Records of batches that have begun; Spark's `numReceivedRecords`. Those of a batch are known
    /// in full when it has completed: its lines may still be counted when it begins.
    pub(crate) fn received_records(&self) -> u64 {
        let running = self.batches.of(Status::Processing).map(Batch::records);
        self.totals.processed_records + running.sum::<u64>()
    }

    /// Batches that wait or run.
    pub(crate) fn active_batches(&self) -> usize {
        self.batches.count(Status::Queued) + self.batches.count(Status::Processing)
    }

    /// The rates of one stream, records per second of each batch that is kept, oldest first.
    pub(crate) fn rates(&self, stream: u32) -> Vec<(EpochMillis, f64)> {
        let seconds = self.info.batch_duration as f64 / 1000.0;
        let rate = |batch: &Batch| {
            let records = batch.inputs.iter().find(|input| input.stream == stream);
            records.map_or(0, |input| input.records) as f64 / seconds
        };
        let retained = self.batches.retained().into_iter();
        retained
            .map(|(_, batch)| (batch.time, rate(batch)))
            .collect()
    }
}

/// The mean, rounded down as Spark's; `None` of nothing.
pub(crate) fn mean(values: impl IntoIterator<Item = i64>) -> Option<i64> {
    let (mut sum, mut count) = (0, 0);
    for value in values {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / count)
}

/// The mean of fractions; `None` of nothing.
pub(crate) fn mean_of_rates(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_u32);
    for value in values {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / f64::from(count))
}
