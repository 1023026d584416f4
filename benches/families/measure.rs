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
    pub(crate) millions_a_second: f64,
    /// Processor time of a record, all threads.
    pub(crate) cpu_nanos: f64,
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
                let now = (Instant::now(), usage::cpu_seconds());
                noted.lock().expect("no batch fails").push(now);
            });
    });
    let ends = ends.lock().expect("no batch fails");
    let ((start, cpu_start), (end, cpu_end)) = (ends[warm - 1], ends[warm + timed - 1]);
    let records = (brings * timed) as f64;
    Figures {
        millions_a_second: records / end.duration_since(start).as_secs_f64() / 1e6,
        cpu_nanos: (cpu_end - cpu_start) * 1e9 / records,
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
