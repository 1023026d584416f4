//! Sources that are asked for a batch, and can be asked for it again.

use std::io;

use millrace_types::BatchTime;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::run_stop::RunStop;

/// A source of a program's own that is asked for every batch (Spark: a subclass of `InputDStream`):
/// a queue of messages, a table that grows, files by a rule of one's own. See
/// `source_stream`.
///
/// For each batch the source is first asked for a *range*: positions, from which on and up to
/// where, that say what the batch has. With a checkpoint directory the range is durable before
/// anything of the batch runs. So a batch that a crash cut short is run again with the same range,
/// and what a source can give twice needs no write-ahead log. Then the source is asked for the
/// partitions of the range, which the workers read, and it is told when the batch is committed.
///
/// All calls come from one thread, batch after batch; only partitions are read on the workers.
/// The source itself need not remember anything: the range of the batch before is given to it,
/// after a recovery too.
///
/// An error ends the run. A source that would rather wait for better times answers that there is
/// nothing for this batch.
///
/// ```
/// use millrace::source::{BatchSource, SourceBatch, SourcePartition};
/// use std::io;
/// use std::ops::Range;
///
/// /// The numbers from zero on, three a batch.
/// struct Numbers;
///
/// impl BatchSource for Numbers {
///     type Item = u64;
///     type Range = Range<u64>;
///     type Partition = Span;
///
///     fn plan(&mut self, batch: &SourceBatch<'_, Range<u64>>) -> io::Result<Option<Range<u64>>> {
///         let from = batch.last().map_or(0, |last| last.end);
///         Ok(Some(from..from + 3))
///     }
///
///     fn partitions(&mut self, range: &Range<u64>) -> io::Result<Vec<Span>> {
///         Ok(vec![Span(range.clone())])
///     }
/// }
///
/// struct Span(Range<u64>);
///
/// impl SourcePartition for Span {
///     type Item = u64;
///
///     fn read(&self, _piece: usize, each: &mut dyn FnMut(u64)) -> io::Result<()> {
///         self.0.clone().for_each(each);
///         Ok(())
///     }
/// }
///
/// let printed = millrace::testing::run_context(2, |ssc| {
///     ssc.source_stream("numbers", Numbers).reduce(|a, b| a + b).print();
/// });
/// let sums: Vec<&str> = printed.lines().filter(|line| line.parse::<u64>().is_ok()).collect();
/// assert_eq!(sums, ["3", "12"]);
/// ```
pub trait BatchSource: Send + 'static {
    /// A record.
    type Item: Send + 'static;

    /// The content of a batch in the terms of the source: offsets, names, times. It is written
    /// into the checkpoint, where `millrace-state` shows it; a range that a program of before
    /// wrote must be readable.
    type Range: Serialize + DeserializeOwned + Clone + Send + Sync + 'static;

    /// A partition of a batch.
    type Partition: SourcePartition<Item = Self::Item>;

    /// Says what a batch has; `None` if there is nothing for it, and then the batch has no
    /// partition and the range before it stays the last one. Not called for a batch that is run
    /// again, whose range is known.
    ///
    /// # Errors
    /// Any error that keeps the source from saying it. The run ends.
    fn plan(&mut self, batch: &SourceBatch<'_, Self::Range>) -> io::Result<Option<Self::Range>>;

    /// The partitions of a range, in the order in which they are the batch's. Called once for a
    /// batch, if anything reads it. The range may be of a run before this one.
    ///
    /// # Errors
    /// Any error that keeps the source from giving them. The run ends.
    fn partitions(&mut self, range: &Self::Range) -> io::Result<Vec<Self::Partition>>;

    /// Hears that the batch of this range has been run and that its changes are durable: the range is
    /// never asked for again, and whoever sent its records may forget them. After a crash at this
    /// moment the source is not told.
    fn committed(&mut self, _range: &Self::Range) {}

    /// Is given, when the stream is described, what says that the run is to end. A partition that
    /// waits for somebody else should look at it: the stop waits for the batch. The default takes
    /// no notice.
    fn watch_stop(&mut self, _stop: RunStop) {}

    /// The input of a batch as listeners and the summary are told of it. The default says that
    /// nothing was counted.
    fn input(&self, _range: &Self::Range) -> SourceInput {
        SourceInput::default()
    }

    /// True if the source can give a range again, also to a run after this one. With `false`
    /// nothing of it is written down: what was in a batch that is cut short is lost. `true` by
    /// default; asked once.
    fn is_repeatable(&self) -> bool {
        true
    }

    /// True if nothing will come any more, so that `millrace.stopAtEof` may end the run. Asked
    /// after every [`plan`](BatchSource::plan); `false` by default.
    fn has_ended(&self) -> bool {
        false
    }
}

/// A partition of a batch that a [`BatchSource`] gives.
pub trait SourcePartition: Send + Sync + 'static {
    /// A record.
    type Item;

    /// The number of pieces of the partition, which several workers may read at once. A piece
    /// should be some thousand records at least. One by default.
    fn pieces(&self) -> usize {
        1
    }

    /// Gives the records of a piece, from zero on, in order. Called whenever something asks for
    /// the records, so more than once if several outputs do.
    ///
    /// # Errors
    /// Any error that keeps the source from giving them all. The batch fails, and the run ends.
    fn read(&self, piece: usize, each: &mut dyn FnMut(Self::Item)) -> io::Result<()>;

    /// The number of records, if that is known without reading them and they are at hand: to
    /// read the first few must cost no more than it seems. Unknown by default.
    fn count(&self) -> Option<u64> {
        None
    }
}

/// The batch for which a [`BatchSource`] is asked.
///
/// ```
/// use millrace::BatchTime;
/// use millrace::source::SourceBatch;
/// use std::ops::Range;
///
/// /// What a source has that gets a record in every millisecond.
/// fn plan(batch: &SourceBatch<'_, Range<BatchTime>>) -> Range<BatchTime> {
///     let from = batch.last().map_or(BatchTime::from_millis(0), |last| last.end);
///     from..batch.time()
/// }
/// ```
#[derive(Debug)]
pub struct SourceBatch<'a, R> {
    pub(super) time: BatchTime,
    pub(super) last: Option<&'a R>,
}

impl<R> SourceBatch<'_, R> {
    /// The batch's time.
    #[must_use]
    pub fn time(&self) -> BatchTime {
        self.time
    }

    /// The last range that a batch before this one had, in this run or in the run before it.
    #[must_use]
    pub fn last(&self) -> Option<&R> {
        self.last
    }
}

/// The input of a batch from a [`BatchSource`], as listeners are told of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceInput {
    /// Records.
    pub records: u64,
    /// Bytes.
    pub bytes: u64,
    /// The origin of the input, for people; Spark's `metadataDescription`.
    pub description: Option<String>,
}
