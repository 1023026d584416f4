//! Operators on windows: the last batches of a stream, together.
//!
//! The window of batch T is what the stream had in (T - window, T], oldest first; it fires every
//! `slide`, counted from the start of the run (Spark 3.5). Durations must be positive multiples
//! of the stream's own slide; what breaks that rule fails the start.

mod count_by_value_and_window;
mod count_by_window;
mod group_by_key_and_window;
mod keyed;
mod reduce_by_key_and_window;
mod reduce_by_key_and_window_inverse;
mod reduce_by_window;
mod single;
mod whole;

use std::sync::atomic::{AtomicU64, Ordering};

use millrace_engine::error::{Error, ErrorKind, Result};
use millrace_engine::pipeline::Pipeline;
use millrace_engine::window::WindowSpec;
use millrace_runtime::graph::BatchRun;
use millrace_runtime::zone;
use millrace_types::Duration;

use super::DStream;

/// Spark's name for the stream of a window, in the errors about its durations.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Windowed,
    /// The window of a function with an inverse.
    Reduced,
}

impl Kind {
    /// The error for a duration, named `what`, that is not a positive multiple of the slide of
    /// the parent. Spark's words, but for those about a duration that is not positive.
    fn fault(self, what: &str, duration: Duration, parent: Duration) -> String {
        let (requirement, stream, a) = match self {
            Kind::Windowed => ("", "windowed DStream", "a "),
            Kind::Reduced => ("requirement failed: ", "ReducedWindowedDStream", ""),
        };
        let rule = if duration.as_millis() > 0 {
            format!("multiple of the slide duration of parent DStream ({parent})")
        } else {
            "positive duration".to_owned()
        };
        let a = if duration.as_millis() > 0 { a } else { "a " };
        format!("{requirement}The {what} duration of {stream} ({duration}) must be {a}{rule}")
    }
}

impl<T: Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// The frame of a window over this stream; a rule is broken if there is no such window.
    fn frame(
        &self,
        name: &str,
        kind: Kind,
        window: Duration,
        slide: Option<Duration>,
    ) -> WindowSpec {
        let batches = self.slide();
        let parent = self.builder.interval * i64::try_from(batches).unwrap_or(i64::MAX);
        let count = |what: &str, duration: Duration| {
            let fits = duration.as_millis() > 0 && duration.is_multiple_of(parent);
            if !fits {
                let fault = kind.fault(what, duration, parent);
                self.builder
                    .record_error(Error::illegal(format!("{name}: {fault}")));
                return 1;
            }
            (duration.as_millis() / parent.as_millis()).unsigned_abs()
        };
        let length = count("window", window);
        let slide = slide.map_or(1, |slide| count("slide", slide));
        WindowSpec::new(batches, length, slide)
    }
}

/// The last batch that a node has observed. A node that could not observe a batch has nothing
/// to show of it, and must not show what it has half done.
#[derive(Debug, Default)]
struct Observed(AtomicU64);

impl Observed {
    fn note(&self, batch: &BatchRun<'_>) {
        self.0.store(batch.number(), Ordering::Relaxed);
    }

    /// # Errors
    /// If the batch was not observed; why not is the error of whoever failed.
    fn check(&self, batch: &BatchRun<'_>, name: &str) -> Result<()> {
        if self.0.load(Ordering::Relaxed) == batch.number() {
            return Ok(());
        }
        let message = format!(
            "{}, {name}: there is no window, because the batch failed before it was made",
            zone::batch(batch.time())
        );
        Err(Error::new(ErrorKind::Task, message))
    }
}
