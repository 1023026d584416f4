//! The limit line: what a program reaches that does nothing but read from a
//! socket, split, count by the second and merge, written as fast as we can.
//!
//! An engine is judged by the share of this figure that it keeps. So nothing
//! here is general: words are counted, and nothing else; counts live for one
//! interval; the output is one line at the end.
//!
//! Two threads take turns at the socket. The thread that reads a block also counts
//! it, while it is in that core's cache, and the other one reads meanwhile:
//! no thread that only reads, no hand-over, no block in flight
//! ([`read`]). A block is split into lists of words by length, many words an
//! instruction ([`split`]); each list goes into a table for words of its
//! length class ([`table`]), with the slots of the next 32 words on their way
//! from memory meanwhile. At the end of an interval both threads merge, each
//! one half of the keys ([`merge`]).
#![expect(clippy::print_stdout, reason = "the figures are this program's output")]

mod count;
mod merge;
mod read;
mod slots;
mod split;
mod table;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod wide;

use std::io;
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use millrace_benches::args::Args;
use millrace_benches::usage;
use millrace_types::reason;

use crate::merge::{Meeting, Summary};
use crate::read::{Block, Event, Source};

/// Threads that take turns at the socket.
const THREADS: usize = 2;
/// The interval over which words are counted together.
const INTERVAL: Duration = Duration::from_secs(1);

const USAGE: &str = "usage: limit HOST PORT";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("limit: {message}");
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
    let (bytes, summary) = count(socket, every(INTERVAL)).map_err(failed)?;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{{\"bytes\":{bytes},\"words\":{},\"distinct\":{},\"intervals\":{},\"checksum\":\"{:016x}\",\
         \"seconds\":{seconds:.3},\"mb_per_s\":{:.1},\"cpu_seconds\":{:.3},\"peak_rss_bytes\":{}}}",
        summary.words,
        summary.distinct,
        summary.intervals,
        summary.checksum,
        usage::mb_per_s(bytes, seconds),
        usage::cpu_seconds(),
        usage::peak_rss_bytes(),
    );
    Ok(())
}

/// A clock that says, once each, that an interval of this length is over.
fn every(interval: Duration) -> impl FnMut() -> bool + Send {
    let mut over = Instant::now() + interval;
    move || {
        let is_over = Instant::now() >= over;
        if is_over {
            over += interval;
        }
        is_over
    }
}

/// Counts what comes from `input` until it ends, on two threads. `over` is asked before every
/// block whether the interval is over.
fn count(
    input: impl io::Read + Send,
    over: impl FnMut() -> bool + Send,
) -> io::Result<(u64, Summary)> {
    let source = Mutex::new(Source::new(input, over));
    let meeting = Meeting::default();
    thread::scope(|scope| {
        let other = scope.spawn(|| work(&source, &meeting, 1));
        work(&source, &meeting, 0);
        other
            .join()
            .map_err(|_| io::Error::other("a counting thread panicked"))
    })?;
    let source = source
        .into_inner()
        .map_err(|_| io::Error::other("a reading thread panicked"))?;
    Ok((source.finish()?, meeting.into_summary()))
}

/// The work of each of the two threads.
fn work(
    source: &Mutex<Source<impl io::Read, impl FnMut() -> bool>>,
    meeting: &Meeting,
    side: usize,
) {
    let _abort = AbortOnPanic;
    let mut block = Block::default();
    let mut interval = 0;
    loop {
        let event = source
            .lock()
            .expect("not poisoned")
            .next(&mut block, &mut interval);
        match event {
            Event::Block => meeting.counter(side).count(&block),
            Event::Interval => meeting.merge(side),
            Event::End => break meeting.merge(side),
        }
    }
}

/// Ends the process if its thread panics: the other one would wait for it for ever.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            std::process::abort();
        }
    }
}
