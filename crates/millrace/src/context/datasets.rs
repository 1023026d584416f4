//! Things that a program brings along: datasets that are there before anything was received, and
//! values that it shares with its functions.

use std::ops::AddAssign;

use millrace_engine::error::{Error, Result};
use millrace_engine::partition::check_count;
use millrace_engine::rdd::Rdd;
use millrace_engine::shared::{Accumulator, Broadcast};
use millrace_runtime::files;
use millrace_runtime::source::FileOptions;
use millrace_text::Text;
use millrace_types::keys::MOST_PARTITIONS;

use super::StreamingContext;

impl StreamingContext {
    /// A dataset of records that are there, in as many partitions as keyed results have (Spark:
    /// `SparkContext.parallelize`). For joins with what does not change, for instance.
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     let names = ssc.parallelize(vec![(1, "one"), (2, "two")]);
    ///     assert_eq!(names.count(), 2);
    /// });
    /// ```
    pub fn parallelize<T: Clone + Send + Sync + 'static>(&self, records: Vec<T>) -> Rdd<T> {
        Rdd::sliced(
            records,
            self.builder.default_partitions,
            &self.builder.executor,
        )
    }

    /// [`parallelize`](StreamingContext::parallelize) into `partitions` partitions: number `i`
    /// has the records from `len * i / partitions` up to `len * (i + 1) / partitions` (Spark's
    /// slices). None at all break a rule, which `start` or the next wait reports.
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     let slices = ssc.parallelize_in(vec![0, 1, 2, 3, 4], 2).glom();
    ///     assert_eq!(slices.collect(), [vec![0, 1], vec![2, 3, 4]]);
    /// });
    /// ```
    pub fn parallelize_in<T: Clone + Send + Sync + 'static>(
        &self,
        records: Vec<T>,
        partitions: u32,
    ) -> Rdd<T> {
        if partitions == 0 {
            // Spark's words.
            self.builder
                .record_error(Error::illegal("Positive number of partitions required"));
        } else if let Err(error) = check_count(partitions as usize) {
            self.builder.record_error(error.within("parallelize_in"));
        }
        let partitions = partitions.min(MOST_PARTITIONS);
        Rdd::sliced(records, partitions as usize, &self.builder.executor)
    }

    /// The lines of a local file, or of the files of a directory in the order of their names
    /// (Spark: `SparkContext.textFile`). Read now, once, and kept in memory.
    ///
    /// Lines end and malformed UTF-8 is replaced as on a socket. Partitions are Hadoop's splits
    /// for Spark's least number of them, two, or one if the default is one. A compressed file
    /// (`.gz`, `.bz2`, `.deflate`, `.lz4`, `.snappy`, `.zst`) is decompressed, and is one
    /// partition.
    ///
    /// # Errors
    /// If something cannot be read or is damaged, or if there is a directory in a directory; the
    /// message names it.
    ///
    /// ```
    /// let path = std::env::temp_dir().join(format!("weights-{}", std::process::id()));
    /// std::fs::write(&path, "good\t3\nbad\t-3\n").unwrap();
    /// millrace::testing::run_context(0, |ssc| {
    ///     let weights = ssc.text_file(path.to_str().unwrap()).unwrap().map(|line| {
    ///         let (word, weight) = line.as_str().split_once('\t').unwrap_or((line.as_str(), "0"));
    ///         (word.to_owned(), weight.parse::<i64>().unwrap_or(0))
    ///     });
    ///     assert_eq!(weights.collect(), [("good".to_owned(), 3), ("bad".to_owned(), -3)]);
    /// });
    /// std::fs::remove_file(path).unwrap();
    /// ```
    pub fn text_file(&self, path: &str) -> Result<Rdd<Text>> {
        self.text_file_with(path, FileOptions::new())
    }

    /// [`text_file`](StreamingContext::text_file) of those files of a directory that a filter
    /// accepts, or with those in its sub-directories. Files are read however old they are.
    ///
    /// # Errors
    /// As [`text_file`](StreamingContext::text_file).
    ///
    /// ```
    /// use millrace::source::FileOptions;
    /// let directory = std::env::temp_dir().join(format!("rules-{}", std::process::id()));
    /// std::fs::create_dir_all(directory.join("more")).unwrap();
    /// std::fs::write(directory.join("a"), "one\n").unwrap();
    /// std::fs::write(directory.join("more/b"), "two\n").unwrap();
    /// millrace::testing::run_context(0, |ssc| {
    ///     let options = FileOptions::new().recursive(true);
    ///     let rules = ssc.text_file_with(directory.to_str().unwrap(), options).unwrap();
    ///     assert_eq!(rules.collect(), ["one", "two"]);
    /// });
    /// std::fs::remove_dir_all(directory).unwrap();
    /// ```
    pub fn text_file_with(&self, path: &str, options: FileOptions) -> Result<Rdd<Text>> {
        let least = self.builder.default_partitions.min(2);
        let wanted = files::Wanted {
            filter: &|path| options.accepts(path),
            recursive: options.recursive,
        };
        files::read(path, least, &wanted, &self.builder.executor)
    }

    /// A value that tasks read (Spark: `SparkContext.broadcast`).
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     let stop_words = ssc.broadcast(vec!["the", "a"]);
    ///     let words = ssc.parallelize(vec!["the", "cat"]);
    ///     let kept = words.filter(move |word| !stop_words.value().contains(word));
    ///     assert_eq!(kept.collect(), ["cat"]);
    /// });
    /// ```
    pub fn broadcast<T: Send + Sync + 'static>(&self, value: T) -> Broadcast<T> {
        Broadcast::new(value, self.builder.executor.epochs())
    }

    /// A sum that tasks add to, beginning with `initial` (PySpark: `SparkContext.accumulator`).
    ///
    /// ```
    /// use millrace::testing::run_context;
    /// run_context(0, |ssc| {
    ///     let seen = ssc.accumulator(0_i64);
    ///     let add = seen.clone();
    ///     ssc.parallelize(vec![1, 2, 3]).for_each(move |n| add.add(n));
    ///     assert_eq!(seen.value(), 6);
    /// });
    /// ```
    pub fn accumulator<T>(&self, initial: T) -> Accumulator<T>
    where
        T: AddAssign + Clone + Send + 'static,
    {
        Accumulator::sum("", initial, &self.builder.executor)
    }

    /// A counter with a name (Scala: `SparkContext.longAccumulator`).
    ///
    /// ```
    /// millrace::testing::run_context(0, |ssc| {
    ///     let dropped = ssc.long_accumulator("dropped");
    ///     dropped.add(1);
    ///     assert_eq!((dropped.name(), dropped.value()), ("dropped", 1));
    /// });
    /// ```
    pub fn long_accumulator(&self, name: &str) -> Accumulator<i64> {
        Accumulator::sum(name, 0, &self.builder.executor)
    }

    /// An [`accumulator`](StreamingContext::accumulator) that is no sum: `merge` puts a value
    /// into what was accumulated (PySpark: `AccumulatorParam`, Scala: `AccumulatorV2`). It must
    /// be associative and commutative: who adds first is not known.
    ///
    /// ```
    /// use std::collections::BTreeSet;
    /// millrace::testing::run_context(0, |ssc| {
    ///     let seen = ssc.accumulator_by(BTreeSet::new(), |all, more| all.extend(more));
    ///     let add = seen.clone();
    ///     ssc.parallelize(vec!['b', 'a', 'b']).for_each(move |c| add.add(BTreeSet::from([c])));
    ///     assert_eq!(seen.value(), BTreeSet::from(['a', 'b']));
    /// });
    /// ```
    pub fn accumulator_by<T: Clone + Send + 'static>(
        &self,
        initial: T,
        merge: impl Fn(&mut T, T) + Send + Sync + 'static,
    ) -> Accumulator<T> {
        Accumulator::new("", initial, merge, &self.builder.executor)
    }
}
