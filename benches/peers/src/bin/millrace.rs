//! The programs on millrace.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use millrace::dstream::Computed;

use millrace::testing::Setup;
use millrace::{DStream, Duration, StreamingContext};
use millrace::pipeline::{Pipeline};
use millrace::source::RddQueue;
use millrace_benches::checksum;
use millrace_benches::keyed::{Pair, parts};
use millrace_peers::{Mark, Outcome, Program, Size, WINDOW, WORKERS, main_of, term, words};

/// Partitions of a batch that comes from a queue.
const PARTS: usize = 8;
/// The size at which received text is cut into blocks.
const BLOCK: usize = 1 << 20;

fn main() -> ExitCode {
    main_of("millrace", run)
}

fn run(program: Program, size: Size) -> Option<Outcome> {
    let (warm, timed) = program.batches();
    let count = warm + timed;
    let clock = Clock::default();
    let setup = Setup {
        workers: WORKERS,
        partitions: WORKERS,
        block_bytes: BLOCK,
    };
    let records =
        match program {
            Program::WordCount => {
                let texts = size.texts(count);
                setup.run_stream(&texts, |ssc, lines| {
                    let counts = lines
                        .flat_map(|line| line.split(" "))
                        .map(|word| (word, 1_i64))
                        .reduce_by_key(|a, b| a + b);
                    clock.sum(&counts.map(|(word, count)| {
                        checksum::term(word.as_str().as_bytes(), count as u64)
                    }));
                    clock.ticks(ssc);
                });
                words(&texts, warm)
            }
            Program::Join => {
                setup.run_context(count, |ssc| {
                    let side = |side| stream(ssc, (0..count).map(|batch| size.side(batch, side)));
                    let joined = side(0).join(&side(1));
                    clock.sum(&joined.map(|(key, (left, right))| term(key, left, right)));
                    clock.ticks(ssc);
                });
                2 * (size.keys * timed) as u64
            }
            Program::Window | Program::WindowRead | Program::WindowEach => {
                setup.run_context(count, |ssc| {
                    let sums = stream(ssc, (0..count).map(|batch| size.entering(batch)))
                        .reduce_by_key_and_window_inverse(
                            |a, b| a + b,
                            |a, b| a - b,
                            Duration::seconds(WINDOW as i64),
                            None,
                        );
                    match program {
                        Program::WindowRead => {
                            clock.sum(&sums.map(|(key, sum)| term(key, sum, 0)));
                            clock.ticks(ssc);
                        }
                        Program::WindowEach => {
                            clock.sum_each(&sums);
                            clock.ticks(ssc);
                        }
                        _ => {
                            sums.foreach_rdd(|rdd| drop(rdd.take(11)));
                            clock.ticks(ssc);
                            clock.sum_last(&sums, count);
                        }
                    }
                });
                (size.keys / 10 * timed) as u64
            }
        };
    Some(clock.outcome(records, (warm, timed)))
}

/// A queue of all batches.
fn stream(
    ssc: &StreamingContext,
    batches: impl Iterator<Item = Vec<Pair>>,
) -> Computed<Pair> {
    let queue = RddQueue::new();
    batches.for_each(|batch| queue.push_partitions(parts(batch, PARTS)));
    ssc.queue_stream(queue)
}

/// More threads than add terms.
const THREADS: usize = 32;

/// The number of this thread, among those that add terms.
fn thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}

/// The sum of one thread, in cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
struct Own(AtomicU64);

impl Own {
    fn add(&self, term: u64) {
        let sum = self.sum().wrapping_add(term);
        self.0.store(sum, Ordering::Relaxed);
    }

    fn sum(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The notes of the outputs, batch by batch.
#[derive(Clone, Default)]
struct Clock {
    sums: Arc<Mutex<Vec<u64>>>,
    ends: Arc<Mutex<Vec<Mark>>>,
}

impl Clock {
    /// Adds up the terms of every batch.
    fn sum<P: Pipeline<Item = u64>>(&self, terms: &DStream<P::Item, P>) {
        let sums = Arc::clone(&self.sums);
        terms.reduce(u64::wrapping_add).foreach_rdd(move |rdd| {
            let sum = rdd.first().unwrap_or_default();
            sums.lock().expect("no batch fails").push(sum);
        });
    }

    /// Adds up the terms of every batch, in no order.
    fn sum_each<P: Pipeline<Item = Pair>>(&self, window: &DStream<P::Item, P>) {
        let sums = Arc::clone(&self.sums);
        window.foreach_rdd(move |rdd| {
            let own: [Own; THREADS] = Default::default();
            rdd.for_each(|(key, sum)| own[thread()].add(term(key, sum, 0)));
            let sum = own.iter().fold(0, |sum: u64, own| sum.wrapping_add(own.sum()));
            sums.lock().expect("no batch fails").push(sum);
        });
    }

    /// Adds up the last window.
    fn sum_last<P: Pipeline<Item = Pair>>(&self, window: &DStream<P::Item, P>, last: usize) {
        let clock = self.clone();
        window.foreach_rdd(move |rdd| {
            let ended = clock.ends.lock().expect("no batch fails").len();
            let sum = (ended == last).then(|| {
                let terms = rdd.map(|(key, sum)| term(key, sum, 0));
                terms.reduce(u64::wrapping_add).unwrap_or_default()
            });
            let mut sums = clock.sums.lock().expect("no batch fails");
            sums.push(sum.unwrap_or_default());
        });
    }

    /// Notes the end of every batch: outputs run in the order in which they are registered.
    fn ticks(&self, ssc: &StreamingContext) {
        let ends = Arc::clone(&self.ends);
        ssc.queue_stream(Vec::<Vec<u8>>::new())
            .foreach_rdd(move |_| ends.lock().expect("no batch fails").push(Mark::now()));
    }

    fn outcome(&self, records: u64, (warm, timed): (usize, usize)) -> Outcome {
        let ends = self.ends.lock().expect("no batch fails");
        let sums = self.sums.lock().expect("no batch fails");
        let (seconds, cpu_seconds) = ends[warm - 1].until(ends[warm + timed - 1]);
        Outcome {
            records,
            seconds,
            cpu_seconds,
            checksum: sums[warm..].iter().fold(0, |a, b| a.wrapping_add(*b)),
        }
    }
}
