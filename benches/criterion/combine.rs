//! A batch of one worker: words into one value per key, with few keys, which combine in a table
//! that stays in the cache, and with many, which flush and merge.

mod run;

use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use millrace::testing::Setup;
use millrace_benches::corpus::Kind;

const BYTES: usize = 8 << 20;

fn combine(c: &mut Criterion) {
    let mut group = c.benchmark_group("combine");
    group.sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Bytes(BYTES as u64));
    let setup = Setup {
        workers: 1,
        ..Setup::default()
    };
    for (keys, kind) in [("few keys", Kind::Natural), ("many keys", Kind::Zipf)] {
        let text = kind.generate(BYTES);
        group.bench_function(keys, |b| {
            b.iter_custom(|batches| {
                run::time(&setup, b"", &text, batches, |lines| {
                    lines
                        .flat_map(|line| line.split(" "))
                        .map(|word| (word, 1_i64))
                        .reduce_by_key(|a, b| a + b)
                        .foreach_rdd(|_| ());
                })
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(4));
    targets = combine
}
criterion_main!(benches);
