//! Text into lines into words: what every record of a word count pays before it is one.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use millrace_benches::corpus::Kind;
use millrace_text::Buffer;

const BYTES: usize = 1 << 20;

fn split(c: &mut Criterion) {
    let mut group = c.benchmark_group("split");
    group.throughput(Throughput::Bytes(BYTES as u64));
    for kind in Kind::ALL {
        let mut buffer = Buffer::with_capacity(2 * BYTES);
        buffer.extend_from_slice(&kind.generate(BYTES));
        let block = buffer.freeze();
        group.bench_function(format!("lines/{}", kind.name()), |b| {
            b.iter(|| {
                let mut lines = 0_u64;
                block.for_each_line(false, |line| {
                    black_box(line);
                    lines += 1;
                });
                lines
            });
        });
        group.bench_function(format!("words/{}", kind.name()), |b| {
            b.iter(|| {
                let mut words = 0_u64;
                block.for_each_line(false, |line| {
                    line.split(" ").for_each(|word| {
                        black_box(word);
                        words += 1;
                    });
                });
                words
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = split
}
criterion_main!(benches);
