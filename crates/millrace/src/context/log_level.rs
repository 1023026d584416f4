//! The level of what is written to standard error.

use millrace_engine::error::{Error, Result};
use millrace_stderr::Level;

use super::StreamingContext;

impl StreamingContext {
    /// Writes to standard error from now on what is at least as grave as `level`: one of Spark's
    /// `ALL`, `DEBUG`, `ERROR`, `FATAL`, `INFO`, `OFF`, `TRACE` and `WARN`, in any case; Spark's
    /// `setLogLevel`. It holds for the whole process, as `spark.log.level` does.
    ///
    /// Until a level is chosen, every message is said and no log is written. A process that has a
    /// subscriber of its own for `tracing` chooses there.
    ///
    /// # Errors
    /// If there is no such level.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let ssc = StreamingContext::new(&Conf::new(), Duration::seconds(1))?;
    /// ssc.set_log_level("error")?;
    /// assert!(ssc.set_log_level("loud").is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_log_level(&self, level: &str) -> Result<()> {
        let level = Level::parse(level).map_err(|error| Error::illegal(error.to_string()))?;
        millrace_stderr::set_level(level);
        Ok(())
    }
}
