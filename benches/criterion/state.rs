//! A thousand words meet a state of half a million keys: what a batch costs that brings little,
//! when the program asks for every key, when idle keys keep their state, and when records are mapped
//! with a timeout (law 4).

mod run;

use std::time::Duration;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use millrace::testing::Setup;
use millrace::{State, StateOptions, StateSpec, Text, Values};

const KEYS: u64 = 500_000;
const DELTA: u64 = 1_000;

fn words(numbers: impl Iterator<Item = u64>) -> String {
    numbers.map(|number| format!("word-{number}\n")).collect()
}

fn state(c: &mut Criterion) {
    let mut group = c.benchmark_group("state");
    group.sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Elements(DELTA));
    let setup = Setup {
        workers: 2,
        partitions: 2,
        ..Setup::default()
    };
    let all = words(0..KEYS);
    let delta = words((0..DELTA).map(|index| index * 161_803 % KEYS));
    for (name, idle_keeps) in [("every key", false), ("touched keys", true)] {
        group.bench_function(name, |b| {
            b.iter_custom(|batches| {
                let options = StateOptions::new();
                let options = if idle_keeps {
                    options.idle_keeps_state()
                } else {
                    options
                };
                run::time(&setup, all.as_bytes(), delta.as_bytes(), batches, |lines| {
                    lines
                        .map(|word| (word, 1_i64))
                        .update_state_by_key_with(
                            |new: &Values<i64>, last: Option<i64>| {
                                Some(new.iter().sum::<i64>() + last.unwrap_or(0))
                            },
                            options,
                        )
                        .foreach_rdd(|rdd| drop(rdd.take(11)));
                })
            });
        });
    }
    group.bench_function("mapped records", |b| {
        b.iter_custom(|batches| {
            run::time(&setup, all.as_bytes(), delta.as_bytes(), batches, |lines| {
                let spec =
                    StateSpec::function(|word: &Text, new: Option<i64>, state: &mut State<i64>| {
                        let sum = state.get().copied().unwrap_or(0) + new.unwrap_or(0);
                        state.update(sum);
                        (word.clone(), sum)
                    });
                lines
                    .map(|word| (word, 1_i64))
                    .map_with_state(spec.timeout(millrace::Duration::minutes(60)))
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
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(4));
    targets = state
}
criterion_main!(benches);
