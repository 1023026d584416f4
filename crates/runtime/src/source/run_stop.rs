//! The end of a run, as a source sees it that waits for somebody else.
//!
//! A batch that was begun is run to its end, and a stop waits for that. A source whose other side
//! is silent would hold the stop up for as long as it is patient: it gives the batch up instead,
//! whose range is in the checkpoint.

use std::fmt;
use std::io;
use std::sync::Arc;

/// The end of the run, as a source sees it: a partition whose other side is silent asks it, and
/// gives its batch up when the run is to end. A source has it from
/// [`BatchSource::watch_stop`](crate::source::BatchSource::watch_stop).
///
/// ```
/// use millrace::{Conf, Duration};
/// use millrace::source::{BatchSource, RunStop, SourceBatch, SourcePartition};
/// use std::io;
/// use std::time::Duration as Pause;
///
/// /// Has a record to come in every batch, and nobody sends it.
/// struct Silent(Option<RunStop>);
///
/// impl BatchSource for Silent {
///     type Item = u64;
///     type Range = u64;
///     type Partition = Wait;
///
///     fn plan(&mut self, batch: &SourceBatch<'_, u64>) -> io::Result<Option<u64>> {
///         Ok(Some(batch.last().map_or(1, |last| last + 1)))
///     }
///
///     fn partitions(&mut self, _range: &u64) -> io::Result<Vec<Wait>> {
///         Ok(self.0.clone().map(Wait).into_iter().collect())
///     }
///
///     fn watch_stop(&mut self, stop: RunStop) {
///         self.0 = Some(stop);
///     }
/// }
///
/// struct Wait(RunStop);
///
/// impl SourcePartition for Wait {
///     type Item = u64;
///
///     fn read(&self, _piece: usize, _each: &mut dyn FnMut(u64)) -> io::Result<()> {
///         while !self.0.is_asked() {
///             std::thread::sleep(Pause::from_millis(1));
///         }
///         if !self.0.is_urgent() {
///             // A record may be on its way, and there is time for it.
///             std::thread::sleep(Pause::from_millis(5));
///         }
///         Err(RunStop::unfinished("nobody sent the record"))
///     }
/// }
///
/// # fn main() -> millrace::Result<()> {
/// let ssc = millrace::testing::context(&Conf::new(), Duration::milliseconds(20))?;
/// ssc.source_stream("silent", Silent(None)).print();
/// ssc.start()?;
/// ssc.stop(false);
/// ssc.await_termination()
/// # }
/// ```
#[derive(Clone)]
pub struct RunStop {
    asked: Arc<dyn Fn() -> Asked + Send + Sync>,
}

/// The stop that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// None: the run goes on.
    No,
    /// The batches that have begun are to be run first.
    InTime,
    /// Nothing more is to be run.
    Now,
}

impl RunStop {
    #[doc(hidden)]
    pub fn new(asked: impl Fn() -> Asked + Send + Sync + 'static) -> RunStop {
        RunStop {
            asked: Arc::new(asked),
        }
    }

    /// True if the run is to end, with grace or without.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        (self.asked)() > Asked::No
    }

    /// True if the run is to end without grace, has failed, or its grace is over.
    #[must_use]
    pub fn is_urgent(&self) -> bool {
        (self.asked)() == Asked::Now
    }

    /// The error of a partition that gives its batch up because the run is to end. A stop without
    /// grace is none the less for it; to a stop with grace it is an error of the kind
    /// [`Unfinished`](millrace_engine::error::ErrorKind::Unfinished). The batch is not committed.
    pub fn unfinished(reason: impl Into<String>) -> io::Error {
        io::Error::other(Unfinished(reason.into()))
    }
}

impl fmt::Debug for RunStop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RunStop").field(&(self.asked)()).finish()
    }
}

/// The reason for which a batch was given up.
#[derive(Debug)]
struct Unfinished(String);

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unfinished {}

/// True if a partition has given its batch up.
pub(super) fn gives_up(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|it| it.is::<Unfinished>())
}
