//! Reads from a socket and counts nothing: the ceiling of every measurement.
#![expect(clippy::print_stdout, reason = "the figures are this program's output")]

use std::io::{self, Read};
use std::net::TcpStream;
use std::process::ExitCode;
use std::time::Instant;

use millrace_benches::args::Args;
use millrace_benches::usage;
use millrace_types::reason;

/// Bytes of one read. More does not read faster; it only leaves the cache.
const BUFFER: usize = 512 * 1024;

const USAGE: &str = "usage: discard HOST PORT";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("discard: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let args = Args::from_env(&[], USAGE)?;
    let address = args.host_and_port()?;
    let failed = |error: io::Error| format!("{} {}: {}", address.0, address.1, reason(&error));
    let mut socket = TcpStream::connect(address).map_err(failed)?;
    let start = Instant::now();
    let mut buffer = vec![0; BUFFER];
    let mut bytes = 0u64;
    loop {
        match socket.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => bytes += read as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(failed(error)),
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{{\"bytes\":{bytes},\"seconds\":{seconds:.3},\"mb_per_s\":{:.1},\"cpu_seconds\":{:.3}}}",
        usage::mb_per_s(bytes, seconds),
        usage::cpu_seconds(),
    );
    Ok(())
}
