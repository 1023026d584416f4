//! Contexts that go on where a run was: from a checkpoint, or because one runs already.

use std::path::Path;

use millrace_engine::error::Result;
use millrace_runtime::checkpoint::Start;

use super::{StopHandle, StreamingContext};

/// The result of [`StreamingContext::get_active_or_create`].
#[derive(Debug)]
pub enum ActiveOrCreated {
    /// A context is active in this process: a handle on it.
    Active(StopHandle),
    /// None was: the one that was made, which is not started.
    Created(Box<StreamingContext>),
}

impl StreamingContext {
    /// Makes the context of a program that goes on where it was: `create` describes the program,
    /// and what it kept is read from the generation in `directory` with the newest batch, if
    /// there is one (Spark: `getOrCreate`). A line on standard error says from where it goes on.
    ///
    /// Unlike Spark's, `create` is called every time: functions are not written down, so that a
    /// program can be changed and keep its state. The state that the program keeps must be the same:
    /// [`start`](StreamingContext::start) refuses a checkpoint of another program and says what
    /// differs. [`is_recovering`](StreamingContext::is_recovering) tells whether there is one.
    ///
    /// A program that keeps nothing goes on with the batch after its last one; what was received
    /// and not run is there again only with `spark.streaming.receiver.writeAheadLog.enable`.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext, keys};
    /// # fn main() -> millrace::Result<()> {
    /// let directory = std::env::temp_dir().join(format!("get-or-create-{}", std::process::id()));
    /// let run = || -> millrace::Result<bool> {
    ///     let ssc = StreamingContext::get_or_create(&directory, || {
    ///         let mut conf = Conf::new();
    ///         conf.set(keys::MAX_BATCHES, "1");
    ///         let ssc = StreamingContext::new(&conf, Duration::milliseconds(20))?;
    ///         ssc.queue_stream(vec![vec![1, 2]]).count_by_value().print();
    ///         Ok(ssc)
    ///     })?;
    ///     let goes_on = ssc.is_recovering();
    ///     ssc.start()?;
    ///     ssc.await_termination()?;
    ///     Ok(goes_on)
    /// };
    /// assert!(!run()?, "there is nothing to go on from");
    /// assert!(run()?);
    /// # drop(std::fs::remove_dir_all(directory));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Any error of `create`, and those of [`checkpoint`](StreamingContext::checkpoint).
    pub fn get_or_create(
        directory: impl AsRef<Path>,
        create: impl FnOnce() -> Result<StreamingContext>,
    ) -> Result<StreamingContext> {
        let ssc = create()?;
        ssc.checkpoint(directory)?;
        ssc.parts.lock().start = Start::Recover;
        Ok(ssc)
    }

    /// [`get_or_create`](StreamingContext::get_or_create) of a program that would rather begin
    /// anew than not run: if a generation in `directory` is damaged, that is said on standard error,
    /// it is left as it is, and the run has a generation of its own (Spark: `getOrCreate` with
    /// `createOnError`). The checkpoint of another program is refused all the same.
    ///
    /// The newest generation is read twice for that when the program starts.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let directory = std::env::temp_dir().join(format!("on-error-{}", std::process::id()));
    /// // A run has lost this and kept its state.
    /// let lost = directory.join("generation-000001");
    /// std::fs::create_dir_all(&lost).unwrap();
    /// std::fs::write(lost.join("snapshot-000000000001"), "damaged").unwrap();
    /// let create = || -> millrace::Result<StreamingContext> {
    ///     let ssc = StreamingContext::new(&Conf::new(), Duration::milliseconds(20))?;
    ///     ssc.queue_stream(vec![vec![1, 2]]).print();
    ///     Ok(ssc)
    /// };
    /// let ssc = StreamingContext::get_or_create(&directory, create)?;
    /// assert!(ssc.start().is_err());
    /// drop(ssc);
    /// let ssc = StreamingContext::get_or_create_on_error(&directory, create)?;
    /// ssc.start()?;
    /// assert!(!ssc.is_recovering());
    /// ssc.stop(false);
    /// # drop(std::fs::remove_dir_all(directory));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`get_or_create`](StreamingContext::get_or_create).
    pub fn get_or_create_on_error(
        directory: impl AsRef<Path>,
        create: impl FnOnce() -> Result<StreamingContext>,
    ) -> Result<StreamingContext> {
        let ssc = StreamingContext::get_or_create(directory, create)?;
        ssc.parts.lock().start = Start::RecoverOrAnew;
        Ok(ssc)
    }

    /// A handle on the context that is active in this process; if none is, the one that `create`
    /// makes, to go on from `directory` if that is given (Spark: `getActiveOrCreate`, with and
    /// without a checkpoint path).
    ///
    /// The active context belongs to whoever started it, so all that is given of it is the
    /// handle that stops it.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// use millrace::context::ActiveOrCreated;
    /// # fn main() -> millrace::Result<()> {
    /// let create = || -> millrace::Result<StreamingContext> {
    ///     let ssc = StreamingContext::new(&Conf::new(), Duration::milliseconds(50))?;
    ///     ssc.queue_stream(vec![vec![1, 2]]).print();
    ///     Ok(ssc)
    /// };
    /// let ActiveOrCreated::Created(ssc) = StreamingContext::get_active_or_create(None, create)? else {
    ///     panic!("none is active yet");
    /// };
    /// ssc.start()?;
    /// let again = StreamingContext::get_active_or_create(None, create)?;
    /// assert!(matches!(again, ActiveOrCreated::Active(_)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`get_or_create`](StreamingContext::get_or_create).
    pub fn get_active_or_create(
        directory: Option<&Path>,
        create: impl FnOnce() -> Result<StreamingContext>,
    ) -> Result<ActiveOrCreated> {
        if let Some(active) = StreamingContext::get_active() {
            return Ok(ActiveOrCreated::Active(active));
        }
        let created = match directory {
            Some(directory) => StreamingContext::get_or_create(directory, create),
            None => create(),
        };
        created.map(|ssc| ActiveOrCreated::Created(Box::new(ssc)))
    }
}
