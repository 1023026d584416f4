//! `noting`: durable notes of a front end that keeps state of its own.
//!
//! The engine's operators keep what they keep. A front end in another language may have operators
//! that it computes itself; what they keep has to be durable with the batch that changed it, or a
//! run that goes on would begin without it.

use std::panic::Location;
use std::sync::Arc;

use millrace_engine::data::{Data, Key};
use millrace_engine::durable::Durable;
use millrace_engine::error::{Error, Result};
use millrace_engine::pipeline::{NodeId, Pipeline};
use millrace_engine::state::{NoteStore, Part, parts_of};
use millrace_runtime::checkpoint::NOTES;
use millrace_runtime::graph::{BatchRun, Dataset, Node};
use serde::Serialize;

use super::{Computed, DStream, named};

/// Notes that are in the checkpoint with the batch that made them; see [`DStream::noting`].
///
/// ```
/// use millrace::{Conf, Duration, StreamingContext};
/// # fn main() -> millrace::Result<()> {
/// let mut conf = Conf::new();
/// conf.set("millrace.maxBatches", "1");
/// let ssc = StreamingContext::new(&conf, Duration::milliseconds(10))?;
/// let (numbers, notes) = ssc.queue_stream(vec![vec![1]]).noting::<String, u64>();
/// let own = notes.clone();
/// numbers.foreach_rdd(move |rdd| {
///     let change = ("numbers".to_owned(), Some(rdd.count()));
///     own.change(vec![change]).unwrap();
/// });
/// ssc.start()?;
/// ssc.await_termination()?;
/// assert_eq!(notes.all()?, [("numbers".to_owned(), 1)]);
/// # Ok(())
/// # }
/// ```
pub struct Notes<K, V>(Arc<NoteStore<K, V>>);

impl<K: Key, V: Data> Notes<K, V> {
    /// Notes a value for every key that has one, and forgets the keys that have none. To be called
    /// by an output of the stream, at most once per batch.
    ///
    /// # Errors
    /// If a key or value cannot be written down; then nothing is changed.
    pub fn change(&self, changes: Vec<(K, Option<V>)>) -> Result<()> {
        let changed = self.0.change(changes);
        changed.map_err(|what| Error::illegal(format!("a note cannot be written down: {what}")))
    }

    /// Says that what the front end keeps lacks the batch that runs, because it failed there. From
    /// then on no batch of the run is committed, so that a run that goes on from the checkpoint
    /// begins with this batch. To be called by an output of the stream.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// # let directory = std::env::temp_dir().join(format!("millrace-lack-{}", std::process::id()));
    /// let run = |recover: &str, fails_at: u64| {
    ///     let mut conf = Conf::new();
    ///     conf.set("millrace.maxBatches", "3").set("millrace.checkpoint.recover", recover);
    ///     let ssc = StreamingContext::new(&conf, Duration::milliseconds(10))?;
    ///     ssc.checkpoint(&directory)?;
    ///     let (numbers, notes) = ssc.queue_stream(vec![vec![1]]).noting::<String, u64>();
    ///     let own = notes.clone();
    ///     numbers.foreach_rdd(move |_| {
    ///         let batches = own.all().unwrap().first().map_or(1, |(_, batches)| batches + 1);
    ///         if batches == fails_at {
    ///             own.lack();
    ///         }
    ///         own.change(vec![("batches".to_owned(), Some(batches))]).unwrap();
    ///     });
    ///     ssc.start()?;
    ///     ssc.await_termination()?;
    ///     notes.all()
    /// };
    /// run("false", 2)?;
    /// // The second batch and the third are not committed.
    /// assert_eq!(run("true", 0)?, [("batches".to_owned(), 1 + 3)]);
    /// # std::fs::remove_dir_all(directory).ok();
    /// # Ok(())
    /// # }
    /// ```
    pub fn lack(&self) {
        self.0.lack();
    }

    /// Shows the notes of one of the front end's operators to those who watch the run, as a store
    /// of their own: those whose keys are tuples of `first` and so many `items` (1 to 14). The items
    /// are what is shown as the key, a single one by itself. The last item of a value that is a tuple
    /// (of 1 to 15) is shown as the value, any other value as it is. To be called before the context starts; `name`
    /// is a word such as `state` or `window`.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// let mut conf = Conf::new();
    /// conf.set("millrace.maxBatches", "1");
    /// let ssc = StreamingContext::new(&conf, Duration::milliseconds(10))?;
    /// let words = ssc.queue_stream(vec![vec!["to".to_owned()]]);
    /// let (words, notes) = words.noting::<(String, String), i64>();
    /// notes.show("counts at line 3", "state", &"counts", 1)?;
    /// let own = notes.clone();
    /// words.foreach_rdd(move |rdd| {
    ///     let note = |word: String| (("counts".to_owned(), word), Some(1));
    ///     own.change(rdd.collect().into_iter().map(note).collect()).unwrap();
    /// });
    /// let probe = ssc.probe();
    /// ssc.start()?;
    /// ssc.await_termination()?;
    /// assert_eq!(probe.find(0, "to").unwrap().value, "1");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If `first` cannot be written down, or the number of items is another one.
    pub fn show<T: Serialize>(
        &self,
        operator: impl Into<String>,
        name: &'static str,
        first: &T,
        items: usize,
    ) -> Result<()> {
        let part = Part::new(operator.into(), name, first, items);
        let part = part.map_err(|what| Error::illegal(format!("notes cannot be shown: {what}")))?;
        self.0.show(part);
        Ok(())
    }

    /// All notes, in the order in which their keys were first noted. When the context has
    /// started, those of the run that it goes on from are among them.
    ///
    /// # Errors
    /// If one cannot be read, since its type is another one than it was.
    pub fn all(&self) -> Result<Vec<(K, V)>> {
        let all = self.0.all();
        all.map_err(|what| Error::illegal(format!("a note cannot be read: {what}")))
    }
}

impl<K, V> Clone for Notes<K, V> {
    fn clone(&self) -> Notes<K, V> {
        Notes(Arc::clone(&self.0))
    }
}

impl<K, V> std::fmt::Debug for Notes<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notes").finish_non_exhaustive()
    }
}

impl<P: Pipeline> DStream<P::Item, P>
where
    P::Item: Data,
{
    /// The same records, and a place for notes: what an output of the stream notes is durable with
    /// its batch, if the program has a checkpoint directory. For front ends that keep state of
    /// their own; a program has `update_state_by_key`.
    ///
    /// ```
    /// use millrace::{Conf, Duration, StreamingContext};
    /// # fn main() -> millrace::Result<()> {
    /// # let directory = std::env::temp_dir().join(format!("millrace-notes-{}", std::process::id()));
    /// let run = |recover: &str| {
    ///     let mut conf = Conf::new();
    ///     conf.set("millrace.maxBatches", "2").set("millrace.checkpoint.recover", recover);
    ///     let ssc = StreamingContext::new(&conf, Duration::milliseconds(10))?;
    ///     ssc.checkpoint(&directory)?;
    ///     let (numbers, notes) = ssc.queue_stream(vec![vec![1], vec![2]]).noting::<String, i32>();
    ///     let own = notes.clone();
    ///     numbers.foreach_rdd(move |rdd| {
    ///         let before = own.all().unwrap().first().map_or(0, |(_, sum)| *sum);
    ///         let sum = before + rdd.collect().iter().sum::<i32>();
    ///         own.change(vec![("sum".to_owned(), Some(sum))]).unwrap();
    ///     });
    ///     ssc.start()?;
    ///     ssc.await_termination()?;
    ///     notes.all()
    /// };
    /// assert_eq!(run("false")?, [("sum".to_owned(), 3)]);
    /// assert_eq!(run("true")?, [("sum".to_owned(), 6)]);
    /// # std::fs::remove_dir_all(directory).ok();
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn noting<K: Key, V: Data>(&self) -> (Computed<P::Item>, Notes<K, V>) {
        let store = Arc::new(NoteStore::new());
        let node = Noting {
            pipeline: Arc::clone(&self.pipeline),
            store: Arc::clone(&store),
        };
        let noting = self.of_node(named("noting", Location::caller()), node);
        (noting, Notes(store))
    }
}

struct Noting<P, K, V> {
    pipeline: Arc<P>,
    store: Arc<NoteStore<K, V>>,
}

impl<P, K: Key, V: Data> Node for Noting<P, K, V>
where
    P: Pipeline,
    P::Item: Data,
{
    fn inputs(&self) -> Vec<NodeId> {
        self.pipeline.inputs()
    }

    fn observe_batch(&self, batch: &BatchRun<'_>) -> Result<()> {
        self.store.begin(batch.number());
        Ok(())
    }

    fn durables(&self) -> Vec<(&'static str, Arc<dyn Durable>)> {
        vec![(NOTES, Arc::clone(&self.store) as _)]
    }

    fn shown(&self) -> Vec<(String, &'static str, Arc<dyn Durable>)> {
        parts_of(&self.store)
    }

    fn is_whole(&self) -> bool {
        self.store.are_whole()
    }

    fn compute(&self, batch: &BatchRun<'_>) -> Result<Dataset> {
        Ok(Dataset::of(batch.rdd(&self.pipeline)?))
    }
}
