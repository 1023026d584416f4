//! `remember`: how long batches can be read when they have been run.

use millrace_engine::error::{Error, Result};
use millrace_runtime::graph::Lifecycle;
use millrace_types::Duration;

use super::StreamingContext;

impl StreamingContext {
    /// Keeps the batches of the last `duration`, so that [`DStream::slice`](crate::DStream::slice)
    /// can read them (Spark: `remember`). Without it none is kept.
    ///
    /// The kept data is: the received text of streams that an output reads, which counts against
    /// the receivers' budget until it is forgotten; the datasets of operators; and per batch a
    /// copy of the whole of each state. After the batch of time `T` what is not newer than `T -
    /// duration` is forgotten, but no stream forgets its last batch.
    ///
    /// To be called before the start; later it changes nothing, and says so on standard error.
    ///
    /// # Errors
    /// If it was called before, or `duration` is not positive.
    ///
    /// ```
    /// use millrace::{BatchTime, Duration};
    /// use millrace::testing::Setup;
    /// Setup::default().run_stream(&["a\n", "b\n"], |ssc, lines| {
    ///     ssc.remember(Duration::seconds(2)).unwrap();
    ///     assert!(ssc.remember(Duration::seconds(3)).is_err(), "it is set once");
    ///     let own = lines.clone();
    ///     lines.foreach_rdd_with_time(move |_, now| {
    ///         let all = own.slice(BatchTime::from_millis(0), now).unwrap();
    ///         assert_eq!(all.len() as i64, now.as_millis() / 1000);
    ///     });
    /// });
    /// ```
    pub fn remember(&self, duration: Duration) -> Result<()> {
        if duration.as_millis() <= 0 {
            return Err(Error::illegal(format!(
                "the remember duration must be positive, but was {duration}"
            )));
        }
        if self.builder.lifecycle() != Lifecycle::Initialized {
            let line = "remember changes nothing after the start";
            self.calls.say("remember", line);
            return Ok(());
        }
        self.builder.memory.want(duration)
    }
}
