//! The sender of every measurement: serves one client a file over and over,
//! as fast as the client reads or at a given pace.
//!
//! It does nothing per byte but the write, from memory, so that what it costs
//! the machine is what TCP costs.
#![expect(clippy::print_stdout, reason = "scripts read the port from it")]

use std::fs;
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use millrace_benches::args::Args;
use millrace_benches::usage;
use millrace_types::reason;

/// Bytes of one write at full speed.
const FLOOD: usize = 512 * 1024;
/// The interval at which a paced sender wakes up.
const BEAT: Duration = Duration::from_millis(1);

const USAGE: &str =
    "usage: feed [--port N] [--repeat R | --seconds T] [--rate MB/s] [--hold SECONDS] FILE";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("feed: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let args = Args::from_env(&["port", "repeat", "seconds", "rate", "hold"], USAGE)?;
    let [file] = args.operands() else {
        return Err(args.wrong("one file is needed"));
    };
    let text = fs::read(file).map_err(|error| format!("{file}: {}", reason(&error)))?;
    if text.is_empty() {
        return Err(format!("{file} is empty"));
    }
    let seconds: Option<f64> = args.option("seconds")?;
    let rounds: Option<u64> = args.option("repeat")?;
    let pace = Pace {
        rounds: rounds.unwrap_or(if seconds.is_some() { u64::MAX } else { 1 }),
        seconds: seconds.unwrap_or(f64::INFINITY),
        rate: args.option::<f64>("rate")?.map(|mb_per_s| mb_per_s * 1e6),
    };
    // How long the connection stays open when everything has been sent.
    let hold: u64 = args.option("hold")?.unwrap_or(0);
    let port = args.option("port")?.unwrap_or(0);
    let failed = |error: io::Error| format!("port {port}: {}", reason(&error));
    let listener = TcpListener::bind(("127.0.0.1", port)).map_err(failed)?;
    println!("{}", listener.local_addr().map_err(failed)?.port());
    let (client, _) = listener.accept().map_err(failed)?;
    drop(listener);

    let start = Instant::now();
    let cpu = usage::cpu_seconds();
    let (sent, end) = pace.send(&client, &text);
    let elapsed = start.elapsed().as_secs_f64();
    eprintln!(
        "{{\"bytes\":{sent},\"seconds\":{elapsed:.3},\"mb_per_s\":{:.1},\"cpu_seconds\":{:.3}}}",
        usage::mb_per_s(sent, elapsed),
        usage::cpu_seconds() - cpu,
    );
    match end {
        // A client that has had enough is no failure of the sender's.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("feed: the client is gone: {}", reason(&error));
        }
        _ => thread::sleep(Duration::from_secs(hold)),
    }
    drop(client);
    Ok(())
}

/// The amount to send, and the speed.
struct Pace {
    rounds: u64,
    seconds: f64,
    /// Bytes a second; `None` is as fast as the client reads.
    rate: Option<f64>,
}

impl Pace {
    /// Sends and returns the bytes that went out, with what ended it early.
    fn send(&self, mut client: &TcpStream, text: &[u8]) -> (u64, io::Result<()>) {
        let start = Instant::now();
        let mut sent = 0u64;
        let mut round = 0;
        let mut at = 0;
        while round < self.rounds {
            let elapsed = start.elapsed().as_secs_f64();
            let over = elapsed >= self.seconds;
            let due = |rate| ((rate * elapsed) as u64).saturating_sub(sent);
            let allowed = self
                .rate
                .map_or(FLOOD, |rate| due(rate).min(FLOOD as u64) as usize);
            let end = if over {
                line_end(text, at)
            } else {
                text.len().min(at + allowed)
            };
            match client.write(&text[at..end]) {
                Ok(written) => {
                    sent += written as u64;
                    at += written;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return (sent, Err(error)),
            }
            if at == text.len() {
                at = 0;
                round += 1;
            }
            // What is due is sent once a beat, not byte by byte as it falls due.
            if allowed < FLOOD && !over {
                thread::sleep(BEAT);
            }
            if over && (at == 0 || text[at - 1] == b'\n') {
                break;
            }
        }
        (sent, Ok(()))
    }
}

/// The end of the line that `at` is in; `at` itself at the beginning of one,
/// so that a run that is over sends nothing more than it has to.
fn line_end(text: &[u8], at: usize) -> usize {
    if at == 0 || text[at - 1] == b'\n' {
        return at;
    }
    let rest = text[at..].iter().position(|&byte| byte == b'\n');
    rest.map_or(text.len(), |length| at + length + 1)
}
