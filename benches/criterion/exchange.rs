//! A batch whose keys are all different, on two workers: nothing combines, everything is
//! exchanged and merged. Beside it the same keys read back, in order and the first ten.

mod run;

use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use millrace::dstream::Computed;
use millrace::pipeline::Lines;
use millrace::testing::Setup;
use millrace::{DStream, Text};

const KEYS: u64 = 300_000;

/// A program on the lines of the bench.
type Program = fn(&DStream<Text, Lines>);

fn counts(lines: &DStream<Text, Lines>) -> Computed<(Text, i64)> {
    lines.map(|line| (line, 1_i64)).reduce_by_key(|a, b| a + b)
}

fn exchange(c: &mut Criterion) {
    let mut group = c.benchmark_group("exchange");
    group.sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Elements(KEYS));
    let setup = Setup {
        workers: 2,
        partitions: 2,
        ..Setup::default()
    };
    // In an order that has nothing to do with the names.
    let numbers = (0..KEYS).map(|index| index * 161_803 % KEYS);
    let text: String = numbers.map(|number| format!("word-{number}\n")).collect();
    let programs: [(&str, Program); 3] = [
        ("merge", |lines| counts(lines).foreach_rdd(|_| ())),
        ("merge and take 10", |lines| {
            counts(lines).foreach_rdd(|rdd| drop(rdd.take(10)));
        }),
        ("merge and collect", |lines| {
            counts(lines).foreach_rdd(|rdd| drop(rdd.collect()));
        }),
    ];
    for (name, program) in programs {
        group.bench_function(name, |b| {
            b.iter_custom(|batches| run::time(&setup, b"", text.as_bytes(), batches, program));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    targets = exchange
}
criterion_main!(benches);
