//! The programs on renoir, as far as it can say them: it has no batches, so every batch is an
//! execution of its own, and a window over batches cannot be said.

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use millrace_benches::checksum;
use millrace_benches::keyed::{Pair, parts};
use millrace_peers::{Mark, Outcome, Program, Size, WORKERS, main_of, term, words};
use renoir::prelude::*;

fn main() -> ExitCode {
    main_of("renoir", run)
}

fn run(program: Program, size: Size) -> Option<Outcome> {
    let (warm, timed) = program.batches();
    let count = warm + timed;
    let (records, results) = match program {
        Program::WordCount => {
            let texts = size.texts(count);
            let lines = |text: &String| text.lines().map(str::to_owned).collect();
            let batches: Vec<Vec<String>> = texts.iter().map(lines).collect();
            let results: Vec<_> = batches.into_iter().map(word_count).collect();
            (words(&texts, warm), results)
        }
        Program::Join => {
            let sides = |batch| (size.side(batch, 0), size.side(batch, 1));
            let batches: Vec<_> = (0..count).map(sides).collect();
            let results = batches.into_iter().map(join).collect();
            (2 * (size.keys * timed) as u64, results)
        }
        Program::Window | Program::WindowRead | Program::WindowEach => return None,
    };
    Some(Outcome {
        records,
        seconds: results[warm..].iter().map(|(took, _)| took.0).sum(),
        cpu_seconds: results[warm..].iter().map(|(took, _)| took.1).sum(),
        checksum: results[warm..]
            .iter()
            .fold(0, |sum, (_, checksum)| sum.wrapping_add(*checksum)),
    })
}

/// Seconds and processor seconds.
type Took = (f64, f64);

fn context() -> StreamContext {
    StreamContext::new(RuntimeConfig::local(WORKERS as u64).expect("two workers are possible"))
}

/// Gives every worker its share of the records.
fn shares<T: Send + 'static>(
    records: Vec<T>,
) -> impl FnOnce(u64, u64) -> std::vec::IntoIter<T> + Clone + Send {
    let shares = Arc::new(Mutex::new(parts(records, WORKERS)));
    move |index, _| {
        let mut shares = shares.lock().expect("no worker fails");
        std::mem::take(&mut shares[index as usize]).into_iter()
    }
}

/// Runs what was described, which gives the sum of all workers.
fn executed(context: StreamContext, sum: StreamOutput<Vec<u64>>) -> (Took, u64) {
    let start = Mark::now();
    context.execute_blocking();
    let took = start.until(Mark::now());
    let sums = sum.get().unwrap_or_default();
    (took, sums.into_iter().fold(0, u64::wrapping_add))
}

fn add(sum: &mut u64, term: u64) {
    *sum = sum.wrapping_add(term);
}

fn word_count(lines: Vec<String>) -> (Took, u64) {
    let context = context();
    let sum = context
        .stream_par_iter(shares(lines))
        .flat_map(|line: String| line.split(' ').map(str::to_owned).collect::<Vec<_>>())
        .group_by_count(|word: &String| word.clone())
        .unkey()
        .map(|(word, count)| checksum::term(word.as_bytes(), count as u64))
        .fold_assoc(0, add, add)
        .collect_vec();
    executed(context, sum)
}

fn join((left, right): (Vec<Pair>, Vec<Pair>)) -> (Took, u64) {
    let context = context();
    let right = context.stream_par_iter(shares(right));
    let sum = context
        .stream_par_iter(shares(left))
        .join(right, |pair: &Pair| pair.0, |pair: &Pair| pair.0)
        .unkey()
        .map(|(key, ((_, left), (_, right)))| term(key, left, right))
        .fold_assoc(0, add, add)
        .collect_vec();
    executed(context, sum)
}
