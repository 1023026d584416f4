//! Figures for Prometheus at `/metrics/prometheus`, in the text format of OpenMetrics.
//!
//! Names carry their units; `docs/MONITORING.md` says which metric of Spark each one is. Delays
//! are histograms, so that quantiles over any time and over several programs can be had.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::event::{Batch, Event, Kept, RunInfo};
use crate::run::{Model, Status};

/// Upper bounds of the delays' histograms, in seconds.
const SECONDS: [f64; 14] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0,
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StreamLabel {
    stream: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReceiverLabel {
    receiver: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutputLabel {
    output: u32,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StoreLabel {
    store: u32,
    operator: String,
}

type HistogramOf<L> = Family<L, Histogram, fn() -> Histogram>;

/// The metrics of one run.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    records: Family<StreamLabel, Counter>,
    bytes: Family<StreamLabel, Counter>,
    batches: Counter,
    failed_batches: Counter,
    scheduling_delay: Histogram,
    processing_time: Histogram,
    total_delay: Histogram,
    output_duration: HistogramOf<OutputLabel>,
    output_failures: Family<OutputLabel, Counter>,
    receiver_active: Family<ReceiverLabel, Gauge>,
    receiver_errors: Family<ReceiverLabel, Counter>,
    receiver_starts: Family<ReceiverLabel, Counter>,
    checkpoint_bytes: Counter,
    checkpoint_write: Histogram,
    checkpoint_sync: Histogram,
    waiting: Gauge,
    running: Gauge,
    last_batch: Gauge,
    dropped_events: Counter,
    store_keys: Family<StoreLabel, Gauge>,
    store_bytes: Family<StoreLabel, Gauge>,
    received_bytes: Gauge,
    received_limit: Gauge,
    receivers_waited: Gauge<f64, AtomicU64>,
    resident_bytes: Gauge,
    lines_cut: Counter,
    unfinished_dropped: Counter,
    records_skipped: Counter,
}

fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

impl Metrics {
    pub(crate) fn new(info: &RunInfo) -> Metrics {
        let labels = [
            ("application_id".into(), info.id.clone().into()),
            ("application_name".into(), info.name.clone().into()),
        ];
        let mut metrics = Metrics {
            registry: Registry::with_prefix_and_labels("millrace", labels.into_iter()),
            records: Family::default(),
            bytes: Family::default(),
            batches: Counter::default(),
            failed_batches: Counter::default(),
            scheduling_delay: seconds(),
            processing_time: seconds(),
            total_delay: seconds(),
            output_duration: Family::new_with_constructor(seconds),
            output_failures: Family::default(),
            receiver_active: Family::default(),
            receiver_errors: Family::default(),
            receiver_starts: Family::default(),
            checkpoint_bytes: Counter::default(),
            checkpoint_write: seconds(),
            checkpoint_sync: seconds(),
            waiting: Gauge::default(),
            running: Gauge::default(),
            last_batch: Gauge::default(),
            dropped_events: Counter::default(),
            store_keys: Family::default(),
            store_bytes: Family::default(),
            received_bytes: Gauge::default(),
            received_limit: Gauge::default(),
            receivers_waited: Gauge::default(),
            resident_bytes: Gauge::default(),
            lines_cut: Counter::default(),
            unfinished_dropped: Counter::default(),
            records_skipped: Counter::default(),
        };
        metrics.register_batches(info);
        metrics.register_receivers();
        metrics.register_checkpoints();
        metrics.register_progress();
        metrics.register_kept();
        metrics
    }

    /// The batches that have completed, and their outputs.
    fn register_batches(&mut self, info: &RunInfo) {
        let interval: Gauge<f64, AtomicU64> = Gauge::default();
        interval.set(info.batch_duration as f64 / 1000.0);
        let to = &mut self.registry;
        let seconds = || Unit::Seconds;
        to.register_with_unit("batch_interval", "Length of a batch", seconds(), interval);
        to.register(
            "input_records",
            "Records of completed batches",
            self.records.clone(),
        );
        to.register_with_unit(
            "input",
            "Bytes of completed batches",
            Unit::Bytes,
            self.bytes.clone(),
        );
        to.register("batches", "Completed batches", self.batches.clone());
        to.register(
            "failed_batches",
            "Completed batches of which an output failed",
            self.failed_batches.clone(),
        );
        to.register_with_unit(
            "batch_scheduling_delay",
            "Time of a batch in the queue",
            seconds(),
            self.scheduling_delay.clone(),
        );
        to.register_with_unit(
            "batch_processing",
            "Time of a batch's outputs",
            seconds(),
            self.processing_time.clone(),
        );
        to.register_with_unit(
            "batch_total_delay",
            "Queue and outputs together",
            seconds(),
            self.total_delay.clone(),
        );
        to.register_with_unit(
            "output_duration",
            "Time of one output of a batch",
            seconds(),
            self.output_duration.clone(),
        );
        to.register(
            "output_failures",
            "Runs of an output that failed",
            self.output_failures.clone(),
        );
    }

    fn register_receivers(&mut self) {
        let to = &mut self.registry;
        to.register(
            "receiver_active",
            "1 while the receiver runs",
            self.receiver_active.clone(),
        );
        to.register(
            "receiver_errors",
            "Errors that the receiver reported",
            self.receiver_errors.clone(),
        );
        to.register(
            "receiver_starts",
            "Starts of the receiver",
            self.receiver_starts.clone(),
        );
    }

    fn register_checkpoints(&mut self) {
        let to = &mut self.registry;
        to.register_with_unit(
            "checkpoint",
            "Bytes of batches' changes",
            Unit::Bytes,
            self.checkpoint_bytes.clone(),
        );
        to.register_with_unit(
            "checkpoint_write",
            "Time of a batch's wait for writing",
            Unit::Seconds,
            self.checkpoint_write.clone(),
        );
        to.register_with_unit(
            "checkpoint_sync",
            "Time of a batch's wait for the disk",
            Unit::Seconds,
            self.checkpoint_sync.clone(),
        );
    }

    /// The queue of batches, and what has happened last.
    fn register_progress(&mut self) {
        let to = &mut self.registry;
        to.register(
            "batches_waiting",
            "Batches in the queue",
            self.waiting.clone(),
        );
        to.register("batches_running", "Batches that run", self.running.clone());
        to.register_with_unit(
            "last_batch_completed_timestamp",
            "End of the last completed batch, since 1970",
            Unit::Seconds,
            self.last_batch.clone(),
        );
        to.register(
            "dropped_events",
            "Events that listeners were too slow for",
            self.dropped_events.clone(),
        );
    }

    /// The amounts that the run keeps.
    fn register_kept(&mut self) {
        let to = &mut self.registry;
        to.register(
            "store_keys",
            "Keys that a store keeps",
            self.store_keys.clone(),
        );
        to.register_with_unit(
            "store",
            "Keys and values of a store, an estimate",
            Unit::Bytes,
            self.store_bytes.clone(),
        );
        to.register_with_unit(
            "received",
            "Received and not yet combined",
            Unit::Bytes,
            self.received_bytes.clone(),
        );
        to.register_with_unit(
            "received_limit",
            "The most that may be received and not yet combined",
            Unit::Bytes,
            self.received_limit.clone(),
        );
        to.register_with_unit(
            "receivers_waited",
            "Time for which receivers waited and senders were slowed, since the start",
            Unit::Seconds,
            self.receivers_waited.clone(),
        );
        to.register_with_unit(
            "resident",
            "Memory of the process",
            Unit::Bytes,
            self.resident_bytes.clone(),
        );
        to.register(
            "lines_cut",
            "Cuts of lines that were longer than millrace.receiver.maxLineBytes",
            self.lines_cut.clone(),
        );
        to.register(
            "unfinished_dropped",
            "Records that were dropped since their connection broke within them",
            self.unfinished_dropped.clone(),
        );
        to.register(
            "records_skipped",
            "Records that were skipped since a function panicked at them",
            self.records_skipped.clone(),
        );
    }

    fn kept(&self, kept: &Kept) {
        let number = |amount: u64| i64::try_from(amount).unwrap_or(i64::MAX);
        for (store, about) in (0..).zip(&kept.stores) {
            let label = StoreLabel {
                store,
                operator: about.operator.clone(),
            };
            self.store_keys
                .get_or_create(&label)
                .set(number(about.keys));
            self.store_bytes
                .get_or_create(&label)
                .set(number(about.bytes));
        }
        self.received_bytes.set(number(kept.in_flight));
        self.received_limit.set(number(kept.in_flight_limit));
        self.receivers_waited.set(kept.waited_ms as f64 / 1000.0);
        self.resident_bytes.set(number(kept.resident));
        for (counter, now) in [
            (&self.lines_cut, kept.lines_cut),
            (&self.unfinished_dropped, kept.unfinished_dropped),
            (&self.records_skipped, kept.records_skipped),
        ] {
            counter.inc_by(now.saturating_sub(counter.get()));
        }
    }

    pub(crate) fn fold(&self, event: &Event) {
        let label = |name: &str| ReceiverLabel {
            receiver: name.to_owned(),
        };
        match event {
            Event::ReceiverStarted(receiver) => {
                let label = label(&receiver.name);
                self.receiver_active.get_or_create(&label).set(1);
                self.receiver_starts.get_or_create(&label).inc();
            }
            Event::ReceiverError(receiver) => {
                self.receiver_errors
                    .get_or_create(&label(&receiver.name))
                    .inc();
            }
            Event::ReceiverStopped(receiver) => {
                self.receiver_active
                    .get_or_create(&label(&receiver.name))
                    .set(0);
            }
            Event::BatchCompleted(batch) => self.completed(batch),
            Event::BatchCheckpointed(checkpoint) => {
                self.checkpoint_bytes.inc_by(checkpoint.bytes);
                self.checkpoint_write
                    .observe(checkpoint.write_us as f64 / 1e6);
                self.checkpoint_sync
                    .observe(checkpoint.sync_us as f64 / 1e6);
            }
            Event::Kept(kept) => self.kept(kept),
            Event::EventsDropped { count } => {
                let known = self.dropped_events.get();
                self.dropped_events.inc_by(count.saturating_sub(known));
            }
            _ => {}
        }
    }

    fn completed(&self, batch: &Batch) {
        self.batches.inc();
        if batch.first_failure().is_some() {
            self.failed_batches.inc();
        }
        for input in &batch.inputs {
            let label = StreamLabel {
                stream: input.stream,
            };
            self.records.get_or_create(&label).inc_by(input.records);
            self.bytes.get_or_create(&label).inc_by(input.bytes);
        }
        let observe = |histogram: &Histogram, millis: Option<i64>| {
            if let Some(millis) = millis {
                histogram.observe(millis as f64 / 1000.0);
            }
        };
        observe(&self.scheduling_delay, batch.scheduling_delay());
        observe(&self.processing_time, batch.processing_time());
        observe(&self.total_delay, batch.total_delay());
        for output in &batch.outputs {
            let label = OutputLabel {
                output: output.id,
                name: output.name.clone(),
            };
            observe(
                &self.output_duration.get_or_create(&label),
                output.duration(),
            );
            if output.failure.is_some() {
                self.output_failures.get_or_create(&label).inc();
            }
        }
        if let Some(ended) = batch.ended {
            self.last_batch.set(ended / 1000);
        }
    }

    /// The text that Prometheus reads.
    pub(crate) fn text(&self, model: &Model) -> String {
        let count = |status| i64::try_from(model.batches.count(status)).unwrap_or(i64::MAX);
        self.waiting.set(count(Status::Queued));
        self.running.set(count(Status::Processing));
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            // Writing to a string does not fail; an empty page says that there is nothing.
            Err(std::fmt::Error) => String::new(),
        }
    }
}
