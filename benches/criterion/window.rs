//! A window of sixty batches that slides by one, over a million keys: what a batch costs that
//! brings a hundred thousand of them, when as many leave. The window has six million pairs of a
//! key and a batch.

use std::sync::{Arc, Mutex};
use std::time::{Duration as StdDuration, Instant};

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use millrace::Text;
use millrace::pipeline::Lines;
use millrace::testing::Setup;
use millrace::{DStream, Duration};

const KEYS: u64 = 1_000_000;
/// A batch brings one key of so many; the next batch brings the next one of them.
const TURNS: u64 = 10;
const LENGTH: u64 = 60;

const WINDOW: Duration = Duration::seconds(LENGTH as i64);

/// The words of the batch whose turn it is, in an order that is not that of their numbers.
fn words(turn: u64) -> String {
    let numbers = (0..KEYS / TURNS).map(|index| index * 61_803 % (KEYS / TURNS) * TURNS + turn);
    numbers.map(|number| format!("word-{number}\n")).collect()
}

/// Times so many batches while the window is full.
fn time(
    turns: &[String],
    batches: u64,
    program: impl FnOnce(&DStream<Text, Lines>),
) -> StdDuration {
    let warm = LENGTH + TURNS;
    let messages: Vec<&str> = (0..warm + batches)
        .map(|batch| turns[(batch % TURNS) as usize].as_str())
        .collect();
    let setup = Setup {
        workers: 2,
        partitions: 2,
        ..Setup::default()
    };
    let ends = Arc::new(Mutex::new(Vec::with_capacity(messages.len())));
    let noted = Arc::clone(&ends);
    setup.run(&messages, |lines| {
        program(lines);
        lines.foreach_rdd(move |_| noted.lock().expect("no batch fails").push(Instant::now()));
    });
    let ends = ends.lock().expect("no batch fails");
    ends[ends.len() - 1].duration_since(ends[warm as usize - 1])
}

fn window(c: &mut Criterion) {
    let mut group = c.benchmark_group("window");
    group.sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Elements(KEYS / TURNS));
    let turns: Vec<String> = (0..TURNS).map(words).collect();
    group.bench_function("plain", |b| {
        b.iter_custom(|batches| {
            time(&turns, batches, |lines| {
                lines
                    .map(|word| (word, 1_i64))
                    .reduce_by_key_and_window(|a, b| a + b, WINDOW, None)
                    .foreach_rdd(|rdd| drop(rdd.take(11)));
            })
        });
    });
    group.bench_function("inverse", |b| {
        b.iter_custom(|batches| {
            time(&turns, batches, |lines| {
                lines
                    .map(|word| (word, 1_i64))
                    .reduce_by_key_and_window_inverse(|a, b| a + b, |a, b| a - b, WINDOW, None)
                    .foreach_rdd(|rdd| drop(rdd.take(11)));
            })
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(StdDuration::from_millis(500))
        .measurement_time(StdDuration::from_secs(4));
    targets = window
}
criterion_main!(benches);
