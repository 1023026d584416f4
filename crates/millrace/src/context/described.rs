//! A context's account of itself: its settings, its interval, its input streams.

use millrace_types::{Conf, Duration, StreamId};

use super::StreamingContext;

/// An input stream of a context.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct InputStream {
    /// The stream's number, by which events name it.
    pub id: StreamId,
    /// The stream's source, as in `socket text stream localhost:9999`.
    pub name: String,
}

impl StreamingContext {
    /// The settings with which the context was made, as they were given (Spark: `conf`).
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext, keys};
    /// # fn main() -> millrace::Result<()> {
    /// let mut conf = Conf::new();
    /// conf.set(keys::APP_NAME, "counts");
    /// let ssc = StreamingContext::new(&conf, Duration::seconds(1))?;
    /// assert_eq!(ssc.conf().get(keys::APP_NAME), Some("counts"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn conf(&self) -> &Conf {
        &self.settings.conf
    }

    /// The batch interval: that of the program, or what `millrace.batchInterval` says.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext, keys};
    /// # fn main() -> millrace::Result<()> {
    /// let mut conf = Conf::new();
    /// conf.set(keys::BATCH_INTERVAL, "2s");
    /// let ssc = StreamingContext::new(&conf, Duration::seconds(1))?;
    /// assert_eq!(ssc.batch_duration(), Duration::seconds(2));
    /// # Ok(())
    /// # }
    /// ```
    pub fn batch_duration(&self) -> Duration {
        self.settings.interval
    }

    /// The input streams in the order in which they were described (Spark: `getInputStreams` of
    /// the graph).
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let ssc = StreamingContext::new(&Conf::new(), Duration::seconds(1))?;
    /// ssc.socket_text_stream("localhost", 9999).print();
    /// let inputs = ssc.input_streams();
    /// assert_eq!(inputs[0].name, "socket text stream localhost:9999");
    /// # Ok(())
    /// # }
    /// ```
    pub fn input_streams(&self) -> Vec<InputStream> {
        let inputs = self.builder.inputs().into_iter();
        inputs.map(|(id, name)| InputStream { id, name }).collect()
    }
}
