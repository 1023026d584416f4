//! Records of a topic, read by the client library alone and by a stream of millrace: the figures
//! of `scripts/bench_kafka.sh`.
#![expect(clippy::print_stdout, reason = "the figures are this program's output")]

mod client;
mod cluster;
mod stream;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use millrace_benches::usage;

const USAGE: &str = "usage: kafka serve RECORDS PARTITIONS BYTES [KEY=VALUE...] | client BROKERS RECORDS PARTITIONS | \
                     stream BROKERS RECORDS [KEY=VALUE...]";

/// The name of the topic.
const TOPIC: &str = "records";

/// The time in which a record must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// The outcome of a measurement; an error is for people.
type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// The first and the last record that were read.
struct Read {
    records: u64,
    first: Instant,
    last: Instant,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = run(&words);
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kafka: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Outcome<()> {
    match *words {
        ["serve", records, partitions, bytes, ref settings @ ..] => cluster::serve(
            records.parse()?,
            partitions.parse()?,
            bytes.parse()?,
            settings,
        ),
        ["client", brokers, records, partitions] => {
            client::read(brokers, records.parse()?, partitions.parse()?).map(|read| show(&read))
        }
        ["stream", brokers, records, ref settings @ ..] => {
            stream::read(brokers, records.parse()?, settings).map(|read| show(&read))
        }
        _ => Err(USAGE.into()),
    }
}

/// The time is that from the first record to the last: neither connecting nor the wait for the
/// first tick is in it.
fn show(read: &Read) {
    let seconds = (read.last - read.first).as_secs_f64();
    println!(
        "{{\"records\":{},\"seconds\":{seconds:.3},\"records_per_s\":{:.0},\"cpu_seconds\":{:.3},\
         \"peak_bytes\":{}}}",
        read.records,
        read.records as f64 / seconds,
        usage::cpu_seconds(),
        usage::peak_rss_bytes(),
    );
}
