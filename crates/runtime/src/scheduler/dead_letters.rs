//! The handling of a batch's records that were passed over, before it is committed.

use std::sync::Arc;

use millrace_engine::error::Result;
use millrace_engine::poison::Letter;
use millrace_types::Lock;

use crate::clock::Clock;
use crate::files::DeadLetterFiles;
use crate::graph::Batch;
use crate::notice::Repeats;
use crate::receiver::InputCounters;
use crate::zone;

/// Writes, counts and says them.
pub struct DeadLetters {
    /// Until the run has ended.
    files: Lock<Option<DeadLetterFiles>>,
    counters: Arc<InputCounters>,
    repeats: Repeats,
}

impl DeadLetters {
    /// Writes to `files`, counts in `counters`, and says repeats ever more seldom by `clock`.
    pub fn new(
        files: DeadLetterFiles,
        counters: Arc<InputCounters>,
        clock: Arc<dyn Clock>,
    ) -> DeadLetters {
        DeadLetters {
            files: Lock::new(Some(files)),
            counters,
            repeats: Repeats::new(clock),
        }
    }

    /// Writes the letters of a batch, which are durable then.
    ///
    /// # Errors
    /// If they cannot be written: the batch must not be committed.
    pub(super) fn write(&self, batch: &Batch, letters: &[Letter]) -> Result<()> {
        let mut lines = String::new();
        for letter in letters {
            letter.write(batch.time, &mut lines);
        }
        let mut files = self.files.lock();
        let Some(files) = files.as_mut() else {
            return Ok(());
        };
        files.write(batch.time, &lines)?;
        let Some(first) = letters.first() else {
            return Ok(());
        };
        let all = self.counters.records_skipped(letters.len());
        let (own, batch, place) = (letters.len(), zone::batch(batch.time), files.place());
        let Letter {
            operator, message, ..
        } = first;
        let plural = if own == 1 {
            "record was"
        } else {
            "records were"
        };
        self.repeats.say(
            "records",
            format_args!(
                "{batch}: {own} {plural} skipped, {all} since the start, and written to \
                 {place}; the first one by {operator}: {message}"
            ),
        );
        Ok(())
    }

    /// Says what was left out, and lets another run have the directory.
    pub fn close(&self) {
        self.repeats.end("skipped records");
        drop(self.files.lock().take());
    }
}
