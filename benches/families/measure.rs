//! Running a program on a context and timing its last batches.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use millrace::StreamingContext;
use millrace::testing::Setup;
use millrace_benches::usage;

/// Partitions of keyed results, for one worker as for two: both do the same work.
const PARTITIONS: usize = 2;

/// The figures of a run.
pub(crate) struct Figures {
    pub(crate) millions_per_second: f64,
    /// Processor time of a record, all threads.
    pub(crate) cpu_nanos: f64,
    /// The part of it that the batch thread took: what no other worker shares.
    pub(crate) serial: f64,
    /// The waits of threads, in a batch.
    pub(crate) waits: f64,
}

/// The moment at which a batch has ended.
struct End {
    at: Instant,
    cpu: f64,
    batch_thread: f64,
    waits: i64,
}

impl End {
    /// Now. To be called on the batch thread.
    fn now() -> End {
        End {
            at: Instant::now(),
            cpu: usage::cpu_seconds(),
            batch_thread: usage::thread_cpu_seconds(),
            waits: usage::waits(),
        }
    }
}

/// Times the last `timed` of the batches that `program` runs, each of which brings `brings`
/// records.
pub(crate) fn measure(
    workers: usize,
    (warm, timed): (usize, usize),
    brings: usize,
    program: impl FnOnce(&StreamingContext),
) -> Figures {
    let setup = Setup {
        workers,
        partitions: PARTITIONS,
        ..Setup::default()
    };
    let ends = Arc::new(Mutex::new(Vec::with_capacity(warm + timed)));
    let noted = Arc::clone(&ends);
    setup.run_context(warm + timed, |ssc| {
        program(ssc);
        // Outputs run in the order in which they are registered: this one sees the batch end.
        ssc.queue_stream(Vec::<Vec<u8>>::new())
            .foreach_rdd(move |_| {
                noted.lock().expect("no batch fails").push(End::now());
            });
    });
    let ends = ends.lock().expect("no batch fails");
    let (start, end) = (&ends[warm - 1], &ends[warm + timed - 1]);
    let (records, cpu) = ((brings * timed) as f64, end.cpu - start.cpu);
    Figures {
        millions_per_second: records / end.at.duration_since(start.at).as_secs_f64() / 1e6,
        cpu_nanos: cpu * 1e9 / records,
        serial: (end.batch_thread - start.batch_thread) / cpu,
        waits: (end.waits - start.waits) as f64 / timed as f64,
    }
}

/// The middle one, or the mean of the two in the middle.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let (middle, odd) = (figures.len() / 2, figures.len() % 2 == 1);
    if odd {
        figures[middle]
    } else {
        f64::midpoint(figures[middle - 1], figures[middle])
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_median_stands_in_the_middle() {
        assert!((super::median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((super::median(vec![4.0, 1.0, 3.0, 2.0]) - 2.5).abs() < 1e-9);
    }
}
