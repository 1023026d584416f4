//! Figures of batches, taken while they run and reported at the end.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration as StdDuration;

use millrace::StreamingListener;
use millrace::events::{BatchInfo, CheckpointInfo};

/// The time to wait for a batch before something must be wrong.
const PATIENCE: StdDuration = StdDuration::from_secs(300);

/// One batch that changed something.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    /// Beginning to end of its outputs. The engine's clock has whole milliseconds.
    pub(crate) processing: f64,
    pub(crate) write: f64,
    pub(crate) sync: f64,
    pub(crate) bytes: u64,
    /// True if a snapshot was being written when it ended.
    pub(crate) beside_snapshot: bool,
}

/// Hears of batches; its clones share what they heard.
#[derive(Clone)]
pub(crate) struct Ear(Arc<Shared>);

struct Shared {
    heard: Mutex<Heard>,
    changed: Condvar,
    snapshot_runs: Box<dyn Fn() -> bool + Send + Sync>,
}

#[derive(Default)]
struct Heard {
    processing: Option<i64>,
    /// Batches that are durable, those that changed nothing too.
    batches: u64,
    measured: Vec<Measured>,
}

impl Ear {
    pub(crate) fn new(snapshot_runs: impl Fn() -> bool + Send + Sync + 'static) -> Ear {
        Ear(Arc::new(Shared {
            heard: Mutex::default(),
            changed: Condvar::new(),
            snapshot_runs: Box::new(snapshot_runs),
        }))
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, enough: impl Fn(&Heard) -> bool) -> Result<(), String> {
        let not_yet = |heard: &mut Heard| !enough(heard);
        let waited = self
            .0
            .changed
            .wait_timeout_while(self.heard(), PATIENCE, not_yet);
        let timed_out = waited.unwrap_or_else(PoisonError::into_inner).1.timed_out();
        if timed_out {
            return Err("the batches do not end".to_owned());
        }
        Ok(())
    }

    /// Waits until `count` more batches are durable.
    pub(crate) fn wait_for_any(&self, count: u64) -> Result<(), String> {
        let wanted = self.heard().batches + count;
        self.wait(|heard| heard.batches >= wanted)
    }

    /// Waits until there are `count` batches in all that changed something.
    pub(crate) fn wait_for(&self, count: usize) -> Result<(), String> {
        self.wait(|heard| heard.measured.len() >= count)
    }

    /// Forgets the batches that changed something, and gives them.
    pub(crate) fn take(&self) -> Vec<Measured> {
        std::mem::take(&mut self.heard().measured)
    }
}

impl StreamingListener for Ear {
    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        let delay = batch.processing_delay();
        self.heard().processing = delay.map(|delay| delay.as_millis());
    }

    fn on_batch_checkpointed(&mut self, checkpoint: &CheckpointInfo) {
        let beside_snapshot = (self.0.snapshot_runs)();
        let mut heard = self.heard();
        heard.batches += 1;
        let processing = heard.processing.take().unwrap_or(0) as f64;
        if checkpoint.bytes > 0 {
            heard.measured.push(Measured {
                processing,
                write: checkpoint.write.as_secs_f64() * 1e3,
                sync: checkpoint.sync.as_secs_f64() * 1e3,
                bytes: checkpoint.bytes,
                beside_snapshot,
            });
        }
        drop(heard);
        self.0.changed.notify_all();
    }
}

/// Mean and greatest of what batches took, as members of a JSON object.
pub(crate) fn summary(prefix: &str, batches: &[Measured]) -> String {
    let count = batches.len().max(1) as f64;
    let figures = |name: &str, of: fn(&Measured) -> f64| {
        let sum: f64 = batches.iter().map(of).sum();
        let most = batches.iter().map(of).fold(0.0, f64::max);
        format!(
            "\"{prefix}{name}\":{:.3},\"{prefix}{name}_worst\":{most:.3}",
            sum / count
        )
    };
    [
        format!("\"{prefix}batches\":{}", batches.len()),
        figures("bytes", |batch| batch.bytes as f64),
        figures("processing_ms", |batch| batch.processing),
        figures("write_ms", |batch| batch.write),
        figures("sync_ms", |batch| batch.sync),
        figures("without_sync_ms", |batch| batch.processing + batch.write),
    ]
    .join(",")
}
