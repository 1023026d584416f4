//! Laws 1, 5 and 7 for sources of a program's own that are asked for every batch.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use millrace::dstream::Computed;

use millrace::checkpoint::CheckpointReader;
use millrace::context::StopHandle;
use millrace::events::BatchInfo;
use millrace::source::{BatchSource, RunStop, SourceBatch, SourceInput, SourcePartition};
use millrace::testing::Setup;
use millrace::{Conf, Duration, ErrorKind, Result, StreamingContext, StreamingListener, keys};

use super::support::{failure, watched};

/// Counts on: `step` numbers per batch, nothing in every third one, in two partitions of two pieces.
#[derive(Clone, Default)]
struct Numbers {
    step: u64,
    asked: u64,
    until: Option<u64>,
    reached: u64,
    committed: Arc<Mutex<Vec<Range<u64>>>>,
    /// Reading this number fails.
    broken: Option<u64>,
    /// The number that does not come before the run is to end.
    silent: Option<u64>,
    stop: Option<RunStop>,
}

impl BatchSource for Numbers {
    type Item = u64;
    type Range = Range<u64>;
    type Partition = Half;

    fn plan(&mut self, batch: &SourceBatch<'_, Range<u64>>) -> io::Result<Option<Range<u64>>> {
        assert!(batch.time().as_millis() > 0);
        self.asked += 1;
        let from = batch.last().map_or(0, |last| last.end);
        if self.asked.is_multiple_of(3) {
            return Ok(None);
        }
        self.reached = from + self.step;
        Ok(Some(from..self.reached))
    }

    fn partitions(&mut self, range: &Range<u64>) -> io::Result<Vec<Half>> {
        let half = range.start.midpoint(range.end);
        let part = |range| Half {
            range,
            broken: self.broken,
            silent: self.silent.zip(self.stop.clone()),
        };
        Ok([range.start..half, half..range.end].map(part).into())
    }

    fn committed(&mut self, range: &Range<u64>) {
        self.committed.lock().unwrap().push(range.clone());
    }

    fn watch_stop(&mut self, stop: RunStop) {
        assert!(!stop.is_asked() && !stop.is_urgent());
        self.stop = Some(stop);
    }

    fn input(&self, range: &Range<u64>) -> SourceInput {
        SourceInput {
            records: range.end - range.start,
            ..SourceInput::default()
        }
    }

    fn has_ended(&self) -> bool {
        self.until.is_some_and(|until| self.reached >= until)
    }
}

struct Half {
    range: Range<u64>,
    broken: Option<u64>,
    silent: Option<(u64, RunStop)>,
}

impl SourcePartition for Half {
    type Item = u64;

    fn pieces(&self) -> usize {
        2
    }

    fn read(&self, piece: usize, each: &mut dyn FnMut(u64)) -> io::Result<()> {
        let half = self.range.start.midpoint(self.range.end);
        let piece = [self.range.start..half, half..self.range.end][piece].clone();
        for number in piece {
            if Some(number) == self.broken {
                return Err(io::Error::other("the sender is gone"));
            }
            if let Some((silent, stop)) = &self.silent
                && number == *silent
            {
                while !stop.is_asked() {
                    thread::yield_now();
                }
                return Err(RunStop::unfinished("the sender is silent"));
            }
            each(number);
        }
        Ok(())
    }
}

#[test]
fn a_source_gives_each_batch_its_range_in_order_and_hears_of_its_commit() {
    for workers in [1, 3] {
        let setup = Setup {
            workers,
            partitions: 2,
            ..Setup::default()
        };
        let source = Numbers {
            step: 10,
            ..Numbers::default()
        };
        let committed = Arc::clone(&source.committed);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&seen);
        setup.run_context(5, |ssc| {
            ssc.source_stream("numbers", source)
                .foreach_rdd(move |rdd| {
                    noted
                        .lock()
                        .unwrap()
                        .push((rdd.partitions(), rdd.collect()));
                });
        });
        let batch = |from: u64| (2, (from..from + 10).collect::<Vec<_>>());
        let expected = [batch(0), batch(10), (0, vec![]), batch(20), batch(30)];
        assert_eq!(*seen.lock().unwrap(), expected);
        assert_eq!(*committed.lock().unwrap(), [0..10, 10..20, 20..30, 30..40]);
    }
}

struct Counted(Arc<AtomicU64>);

impl StreamingListener for Counted {
    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        self.0.fetch_add(batch.num_records(), Ordering::SeqCst);
    }
}

fn context(directory: Option<&Path>, settings: &[(&str, &str)]) -> StreamingContext {
    let mut conf = Conf::new();
    conf.set(keys::MASTER, "local[2]");
    for (key, value) in settings {
        conf.set(*key, *value);
    }
    if let Some(directory) = directory {
        conf.set(keys::CHECKPOINT_DIR, directory.display().to_string());
        conf.set(keys::CHECKPOINT_RECOVER, "true");
    }
    millrace::testing::context(&conf, Duration::milliseconds(20)).unwrap()
}

fn to_the_end(ssc: StreamingContext) -> Result<()> {
    ssc.start()?;
    ssc.await_termination()
}

#[test]
fn a_run_ends_with_its_source_and_counts_what_it_brought() {
    let counted = Arc::new(AtomicU64::new(0));
    let listener = Counted(Arc::clone(&counted));
    let sum = watched(move || {
        let ssc = context(None, &[(keys::STOP_AT_EOF, "true")]);
        ssc.add_streaming_listener(listener);
        let sum = ssc.accumulator(0_u64);
        let add = sum.clone();
        let source = Numbers {
            step: 100,
            until: Some(300),
            ..Numbers::default()
        };
        let numbers = ssc.source_stream("numbers", source);
        numbers.foreach_rdd(move |rdd| add.add(rdd.collect().iter().sum::<u64>()));
        to_the_end(ssc).unwrap();
        sum.value()
    });
    assert!(sum >= 299 * 300 / 2, "{sum}");
    assert!(counted.load(Ordering::SeqCst) >= 300);
}

/// The failed part is the source, and not the program's code, whichever way its records take.
#[test]
fn a_source_that_cannot_be_read_is_named_and_the_program_is_not_blamed() {
    type Describe = fn(&Computed<u64>);
    let ways: [Describe; 3] = [
        |numbers| numbers.print(),
        |numbers| {
            numbers
                .map(|n| (n % 3, n))
                .reduce_by_key(|a, b| a + b)
                .print()
        },
        |numbers| {
            let counts = |rdd: &millrace::Rdd<u64>| rdd.map(|n| (n, 1)).reduce_by_key(|a, _| a);
            numbers.transform(counts).print();
        },
    ];
    for describe in ways {
        let ended = watched(move || {
            let ssc = context(None, &[]);
            let source = Numbers {
                step: 100,
                broken: Some(3),
                ..Numbers::default()
            };
            describe(&ssc.source_stream("numbers", source));
            to_the_end(ssc)
        });
        let error = failure(ended);
        let message = error.to_string();
        assert_eq!(error.kind(), ErrorKind::Io, "{message}");
        let expected = "cannot read partition 0 of source stream numbers: the sender is gone";
        assert!(message.contains(expected), "{message}");
        assert!(!message.contains("program's code"), "{message}");
    }
}

/// Law 5: the batch that was cut short has its range again, though the source would say another.
#[test]
fn a_batch_that_is_cut_short_is_run_again_with_its_range() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_owned();
    let batches = watched(move || {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let life = |step, fails: bool| {
            let ssc = context(Some(&path), &[(keys::MAX_BATCHES, "2")]);
            let source = Numbers {
                step,
                ..Numbers::default()
            };
            let noted = Arc::clone(&seen);
            ssc.source_stream("numbers", source)
                .foreach_rdd(move |rdd| {
                    let numbers = rdd.collect();
                    let is_second = numbers.first().is_some_and(|first| *first > 0);
                    noted.lock().unwrap().push(numbers);
                    assert!(!(fails && is_second), "the second batch is cut short");
                });
            to_the_end(ssc)
        };
        failure(life(3, true));
        life(5, false).unwrap();
        let reader = CheckpointReader::open(&path).unwrap();
        let entries = reader.view(1).unwrap().entries(0).unwrap();
        let shown: Vec<_> = entries.iter().map(|entry| &entry.value).collect();
        let shown = format!("{shown:?}");
        assert!(shown.contains("11"), "the last range is shown: {shown}");
        std::mem::take(&mut *seen.lock().unwrap())
    });
    let runs = |range: Range<u64>| range.collect::<Vec<_>>();
    assert_eq!(batches, [runs(0..3), runs(3..6), runs(3..6), runs(6..11)]);
}

/// A stop waits for no source that is silent: the batch is given up, which a stop with grace says
/// and one without takes as it is, and is run again with its range.
#[test]
fn a_batch_of_a_silent_source_is_given_up_when_the_run_is_to_end() {
    for graceful in [true, false] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_owned();
        let (ended, batches) = watched(move || {
            let seen = Arc::new(Mutex::new(Vec::new()));
            let life = |step, silent, batches: &str| {
                let ssc = context(Some(&path), &[(keys::MAX_BATCHES, batches)]);
                let source = Numbers {
                    step,
                    silent,
                    ..Numbers::default()
                };
                let noted = Arc::clone(&seen);
                let handle = Arc::new(OnceLock::<StopHandle>::new());
                let stop = Arc::clone(&handle);
                let numbers = ssc.source_stream("numbers", source);
                numbers.foreach_rdd(move |rdd| {
                    let is_second = !noted.lock().unwrap().is_empty();
                    if silent.is_some() && is_second {
                        stop.wait().stop(graceful);
                    }
                    let numbers = rdd.collect();
                    noted.lock().unwrap().push(numbers);
                });
                ssc.start()?;
                // Of a context that has not started a handle is none.
                handle.set(ssc.stop_handle()).unwrap();
                ssc.await_termination()
            };
            let ended = life(3, Some(4), "100");
            life(5, None, "1").unwrap();
            (ended, std::mem::take(&mut *seen.lock().unwrap()))
        });
        let runs = |range: Range<u64>| range.collect::<Vec<_>>();
        assert_eq!(batches.last(), Some(&runs(3..6)), "graceful: {graceful}");
        match graceful {
            true => {
                let error = failure(ended);
                assert_eq!(error.kind(), ErrorKind::Unfinished, "{error}");
                let expected = "source stream numbers was given up: the sender is silent";
                assert!(error.to_string().contains(expected), "{error}");
            }
            false => assert!(ended.is_ok(), "{ended:?}"),
        }
    }
}

/// A source that gives what it has once.
struct Once(Vec<u64>);

impl BatchSource for Once {
    type Item = u64;
    type Range = ();
    type Partition = Half;

    fn plan(&mut self, _batch: &SourceBatch<'_, ()>) -> io::Result<Option<()>> {
        Ok((!self.0.is_empty()).then_some(()))
    }

    fn partitions(&mut self, _range: &()) -> io::Result<Vec<Half>> {
        let one = |number| Half {
            range: number..number + 1,
            broken: None,
            silent: None,
        };
        Ok(std::mem::take(&mut self.0).into_iter().map(one).collect())
    }

    fn is_repeatable(&self) -> bool {
        false
    }
}

#[test]
fn nothing_is_written_down_of_a_source_that_cannot_repeat_itself() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().to_owned();
    let (stores, counts) = watched(move || {
        let ssc = context(Some(&path), &[(keys::MAX_BATCHES, "2")]);
        let counts = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&counts);
        let numbers = ssc.source_stream("once", Once(vec![1, 2, 3]));
        numbers.foreach_rdd(move |rdd| noted.lock().unwrap().push(rdd.count()));
        to_the_end(ssc).unwrap();
        let reader = CheckpointReader::open(&path).unwrap();
        let counts = std::mem::take(&mut *counts.lock().unwrap());
        (reader.generation(1).unwrap().stores.len(), counts)
    });
    assert_eq!((stores, counts), (0, vec![3, 0]));
}
