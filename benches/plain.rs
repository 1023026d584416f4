//! The plain counter: what somebody writes in an afternoon who wants this count to be fast, with
//! a good hash map and without vector instructions. A thread reads and cuts at line ends, two
//! threads count, and once per second their counts are merged and dropped.
//!
//! The limit line says what the machine can do; this says what one would do without an engine.
#![expect(clippy::print_stdout, reason = "the figures are this program's output")]

use std::collections::HashMap;
use std::io::{self, Read};
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use millrace_benches::args::Args;
use millrace_benches::usage;
use millrace_types::reason;

/// Threads that count.
const THREADS: usize = 2;
/// Bytes of a block, and how many of them wait for each thread at most.
const BLOCK: usize = 256 * 1024;
const WAITING: usize = 8;
/// The interval over which words are counted together.
const INTERVAL: Duration = Duration::from_secs(1);

const USAGE: &str = "usage: plain HOST PORT";

type Counts = HashMap<Box<[u8]>, u64, RandomState>;

/// An order to a counting thread.
enum Order {
    Count(Vec<u8>),
    Report(SyncSender<Counts>),
}

/// The sums over all intervals.
#[derive(Default)]
struct Summary {
    words: u64,
    intervals: u64,
    distinct: usize,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("plain: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let args = Args::from_env(&[], USAGE)?;
    let address = args.host_and_port()?;
    let failed = |error: io::Error| format!("{} {}: {}", address.0, address.1, reason(&error));
    let socket = TcpStream::connect(address).map_err(failed)?;
    let start = Instant::now();
    let (bytes, summary) = thread::scope(|scope| {
        let counters: Vec<SyncSender<Order>> = (0..THREADS)
            .map(|_| {
                let (send, orders) = sync_channel(WAITING);
                scope.spawn(move || count(&orders));
                send
            })
            .collect();
        read(socket, &counters)
    })
    .map_err(failed)?;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{{\"bytes\":{bytes},\"words\":{},\"distinct\":{},\"intervals\":{},\"seconds\":{seconds:.3},\
         \"mb_per_s\":{:.1},\"cpu_seconds\":{:.3},\"peak_rss_bytes\":{}}}",
        summary.words,
        summary.distinct,
        summary.intervals,
        usage::mb_per_s(bytes, seconds),
        usage::cpu_seconds(),
        usage::peak_rss_bytes(),
    );
    Ok(())
}

/// Reads until the end, deals whole lines to the counters in turn, and merges once per interval.
fn read(mut input: impl Read, counters: &[SyncSender<Order>]) -> io::Result<(u64, Summary)> {
    let gone = |_| io::Error::other("a counting thread panicked");
    let (mut bytes, mut summary, mut turn) = (0, Summary::default(), 0);
    let mut block = Vec::with_capacity(BLOCK);
    let mut ends = Instant::now() + INTERVAL;
    loop {
        let filled = block.len();
        block.resize(filled.max(BLOCK / 2) + BLOCK / 2, 0);
        let read = match input.read(&mut block[filled..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            read => {
                let read = read?;
                if read == 0 {
                    block.truncate(filled);
                    if !block.is_empty() {
                        counters[turn].send(Order::Count(block)).map_err(gone)?;
                    }
                    merge(counters, &mut summary).map_err(gone)?;
                    return Ok((bytes, summary));
                }
                read
            }
        };
        bytes += read as u64;
        block.truncate(filled + read);
        let is_due = Instant::now() >= ends;
        if block.len() >= BLOCK / 2 || is_due {
            let end = block.iter().rposition(|byte| *byte == b'\n');
            if let Some(end) = end {
                let rest = block.split_off(end + 1);
                let whole = std::mem::replace(&mut block, rest);
                counters[turn].send(Order::Count(whole)).map_err(gone)?;
                turn = (turn + 1) % counters.len();
            }
        }
        if is_due {
            merge(counters, &mut summary).map_err(gone)?;
            ends += INTERVAL;
        }
    }
}

/// Ends an interval.
fn merge(
    counters: &[SyncSender<Order>],
    summary: &mut Summary,
) -> Result<(), std::sync::mpsc::SendError<Order>> {
    let (send, reports) = sync_channel(counters.len());
    for counter in counters {
        counter.send(Order::Report(send.clone()))?;
    }
    drop(send);
    let mut merged = Counts::default();
    for counts in reports {
        if merged.is_empty() {
            merged = counts;
            continue;
        }
        for (word, count) in counts {
            *merged.entry(word).or_default() += count;
        }
    }
    summary.words += merged.values().sum::<u64>();
    summary.distinct = summary.distinct.max(merged.len());
    summary.intervals += 1;
    Ok(())
}

/// A counting thread.
fn count(orders: &Receiver<Order>) {
    let mut counts = Counts::default();
    for order in orders {
        match order {
            Order::Count(block) => {
                let lines = block.strip_suffix(b"\n").unwrap_or(&block);
                for line in lines.split(|byte| *byte == b'\n') {
                    for word in line.split(|byte| *byte == b' ') {
                        match counts.get_mut(word) {
                            Some(count) => *count += 1,
                            None => drop(counts.insert(word.into(), 1)),
                        }
                    }
                }
            }
            Order::Report(to) => {
                let capacity = counts.len();
                let full = std::mem::take(&mut counts);
                counts.reserve(capacity);
                // Nobody listens any more if the reading thread has failed.
                drop(to.send(full));
            }
        }
    }
}
