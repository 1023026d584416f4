//! `checkpoint`: Spark's word for how often the records of a stream are written down.

use std::panic::Location;

use millrace_engine::error::Error;
use millrace_engine::pipeline::Pipeline;
use millrace_runtime::graph::Lifecycle;
use millrace_types::Duration;

use super::{DStream, named};

impl<T: Send + 'static, P: Pipeline<Item = T>> DStream<T, P> {
    /// Asks that the stream be checkpointed every `interval` (Spark: `checkpoint(interval)`), and
    /// gives the stream. All that a program keeps is written down in every batch, whatever is
    /// asked here, so the interval changes nothing; it is checked as Spark checks it.
    ///
    /// Like every stream that keeps something it needs a checkpoint directory, see
    /// [`StreamingContext::checkpoint`](crate::StreamingContext::checkpoint).
    ///
    /// An interval that is shorter than the slide of the stream, or no multiple of it, is an
    /// error that `start` reports; so is a call after the start, at the next wait.
    ///
    /// ```
    /// use millrace::Duration;
    /// let batches = millrace::testing::run_batches(&["a\nb\na\n"], |lines| {
    ///     lines.checkpoint(Duration::seconds(10)).count_by_value()
    /// });
    /// assert_eq!(batches[0][0].1, 2);
    /// ```
    #[track_caller]
    pub fn checkpoint(&self, interval: Duration) -> DStream<P::Item, P> {
        let name = named("checkpoint", Location::caller());
        if let Some(rule) = self.checkpoint_rule(interval) {
            self.builder
                .record_error(Error::illegal(format!("{name}: {rule}")));
        }
        self.builder.keeps_state();
        self.clone()
    }

    /// The fault of an interval, in Spark 3.5's words.
    fn checkpoint_rule(&self, interval: Duration) -> Option<String> {
        if self.builder.lifecycle() != Lifecycle::Initialized {
            return Some(
                "Cannot change checkpoint interval of a DStream after streaming context has \
                 started"
                    .to_owned(),
            );
        }
        let slides = i64::try_from(self.slide()).unwrap_or(i64::MAX);
        let slide = self.builder.interval * slides;
        if interval < slide {
            return Some(format!(
                "The checkpoint interval has been set to {interval} which is lower than its \
                 slide time ({slide}). Please set it to at least {slide}."
            ));
        }
        (!interval.is_multiple_of(slide)).then(|| {
            format!(
                "The checkpoint interval has been set to {interval} which is not a multiple of \
                 its slide time ({slide}). Please set it to a multiple of {slide}."
            )
        })
    }
}
