//! `millrace.summary`: the figures of a run, written as one JSON object when it ends,
//! or said on stderr for people if the file is `-`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use millrace::events::{BatchInfo, InputCounts};
use millrace::{Conf, StreamingContext, StreamingListener, keys};
use millrace_stderr::answer;
use millrace_types::Lock;
use serde_json::{Value, json};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::try_to_write;
use crate::resources::{cpu_seconds, peak_resident_bytes};

/// The figures of a run, if its settings ask for them.
///
/// It is made before a context starts, listens to it, and is ended when the run has ended.
#[derive(Debug, Clone)]
pub struct Summary(Arc<Collector>);

impl Summary {
    /// The summary that `millrace.summary` asks for, if it asks for one.
    ///
    /// # Errors
    /// An [`Exit`] that says why the file cannot be written.
    pub fn of(conf: &Conf) -> Result<Option<Summary>, Exit> {
        if conf.get(keys::SUMMARY) == Some("-") {
            return Ok(Some(Summary(Arc::new(Collector::to(None)))));
        }
        let file = conf.location(keys::SUMMARY);
        let file = file.map_err(|bad| Exit::error(bad.to_string()))?;
        let collector = file.map(Collector::new).transpose()?;
        Ok(collector.map(|collector| Summary(Arc::new(collector))))
    }

    /// Collects from now on what `ssc` does.
    pub fn listen(&self, ssc: &StreamingContext) {
        ssc.add_streaming_listener(Listener(Arc::clone(&self.0)));
    }

    /// Writes the file, or says the figures on standard error.
    ///
    /// # Errors
    /// An [`Exit`] that says why the file could not be written.
    pub fn end(&self, ssc: &StreamingContext) -> Result<(), Exit> {
        Ok(self.0.write(ssc.bytes_not_run(), ssc.input_counts())?)
    }
}

/// Collects while the run goes on.
#[derive(Debug)]
struct Collector {
    /// The file that takes it as JSON; without one it is said on stderr, for people.
    file: Option<PathBuf>,
    started: Instant,
    figures: Lock<Figures>,
}

#[derive(Debug, Default)]
struct Figures {
    bytes: u64,
    records: u64,
    batches: u64,
    /// End of interval to end of output, a batch, in milliseconds.
    latencies: Vec<i64>,
    ended: Option<Instant>,
}

/// The summary's ear on the stream.
struct Listener(Arc<Collector>);

impl StreamingListener for Listener {
    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        let mut figures = self.0.figures.lock();
        figures.batches += 1;
        figures.records += batch.num_records();
        figures.bytes += batch
            .stream_id_to_input_info
            .values()
            .map(|input| input.num_bytes)
            .sum::<u64>();
        let end = batch
            .processing_end_time
            .map(|end| end - batch.batch_time.as_millis());
        // A batch that a stop runs before its interval has ended is not late.
        figures.latencies.extend(end.map(|late| late.max(0)));
        figures.ended = Some(Instant::now());
    }
}

impl Collector {
    /// For `file`; an error says why it could not be written there.
    fn new(file: PathBuf) -> Result<Collector, CommandError> {
        try_to_write(&file).map_err(|why| cannot_write(&file, why))?;
        Ok(Collector::to(Some(file)))
    }

    fn to(file: Option<PathBuf>) -> Collector {
        Collector {
            file,
            started: Instant::now(),
            figures: Lock::default(),
        }
    }

    /// Writes the file, or says the figures; an error says why it could not.
    fn write(&self, bytes_not_run: u64, input: InputCounts) -> Result<(), CommandError> {
        let json = self.json(bytes_not_run, input);
        let Some(file) = &self.file else {
            answer(&for_people(&json));
            return Ok(());
        };
        std::fs::write(file, format!("{json:#}\n")).map_err(|why| cannot_write(file, why))
    }

    fn json(&self, bytes_not_run: u64, input: InputCounts) -> Value {
        let mut figures = self.figures.lock();
        figures.latencies.sort_unstable();
        let ended = figures.ended.unwrap_or_else(Instant::now);
        json!({
            "bytes": figures.bytes,
            // Spark counts no records of queues, so batches do not tell of them.
            "records": figures.records + input.queue_records,
            "batches": figures.batches,
            "wall_seconds": (ended - self.started).as_secs_f64(),
            "cpu_seconds": cpu_seconds(),
            "latency_p50_ms": percentile(&figures.latencies, 50),
            "latency_p99_ms": percentile(&figures.latencies, 99),
            "peak_rss_bytes": peak_resident_bytes(),
            "bytes_dropped": bytes_not_run,
            "lines_cut": input.lines_cut,
            "unfinished_dropped": input.unfinished_dropped,
            "unfinished_bytes": input.unfinished_bytes,
            "records_skipped": input.records_skipped,
        })
    }
}

/// The figures, a line each; a figure that is not known is left out.
fn for_people(json: &Value) -> String {
    let mut lines = vec!["millrace: the figures of the run".to_owned()];
    for (name, value) in json.as_object().into_iter().flatten() {
        let value = match value {
            Value::Null => continue,
            Value::Number(number) if number.is_f64() => {
                format!("{:.3}", number.as_f64().unwrap_or_default())
            }
            value => value.to_string(),
        };
        lines.push(format!("  {:<20}{value}", name.replace('_', " ")));
    }
    lines.join("\n")
}

fn cannot_write(file: &Path, why: io::Error) -> CommandError {
    CommandError::Summary {
        file: file.to_owned(),
        why,
    }
}

/// The smallest value that `percent` of all are not above; `None` of nothing.
fn percentile(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_a_line_for_every_figure_that_is_known() {
        let json = json!({ "batches": 3, "wall_seconds": 1.23456, "peak_rss_bytes": null });
        let expected = "millrace: the figures of the run\n  batches             3\n  \
                        wall seconds        1.235";
        assert_eq!(for_people(&json), expected);
    }

    #[test]
    fn percentiles_are_ranks() {
        let hundred: Vec<i64> = (1..=100).collect();
        assert_eq!(
            (percentile(&hundred, 50), percentile(&hundred, 99)),
            (Some(50), Some(99))
        );
        assert_eq!(percentile(&[7], 99), Some(7));
        assert_eq!(percentile(&[], 50), None);
    }
}
