//! The watcher of a measurement: keeps the Streaming page of a program open, as a browser does, and
//! asks its interface for figures at an interval, as a monitor does, until the program ends.
//!
//! It makes nothing of the answers, so that what it costs the machine is what the sockets cost.
#![expect(clippy::print_stdout, reason = "the figures are this program's output")]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use millrace_benches::args::Args;
use millrace_benches::usage;
use millrace_types::reason;

const USAGE: &str = "usage: watch [--every MILLISECONDS] HOST PORT";

/// Paths that are asked for at every interval, behind the path of the run.
const ASKED: [&str; 4] = ["overview", "statistics", "batches", "state"];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("watch: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let args = Args::from_env(&["every"], USAGE)?;
    let (host, port) = args.host_and_port()?;
    let every = Duration::from_millis(args.option("every")?.unwrap_or(500));
    let failed = |error: io::Error| format!("{host} {port}: {}", reason(&error));
    let address = TcpStream::connect((host, port)).and_then(|it| it.peer_addr());
    let address = address.map_err(failed)?;
    let (_, runs) = get(address, "/api/v1/applications").map_err(failed)?;
    let id = runs.split('"').skip_while(|word| *word != "id").nth(2);
    let id = id.ok_or_else(|| format!("{host} {port}: no run in {runs}"))?;
    let run = format!("/api/v1/applications/{id}/streaming");
    let stream = ask(address, &format!("{run}/events")).map_err(failed)?;
    let listening = thread::spawn(move || {
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        lines.filter(|line| line.starts_with("data:")).count()
    });
    let (mut answers, mut bytes) = (0_u64, 0_usize);
    // The stream ends with the program.
    while !listening.is_finished() {
        let paths = ASKED.iter().map(|path| format!("{run}/{path}"));
        for path in paths.chain(["/metrics/prometheus".to_owned()]) {
            let Ok((status, body)) = get(address, &path) else {
                continue;
            };
            if status != 200 {
                return Err(format!("{path} answers with status {status}"));
            }
            answers += 1;
            bytes += body.len();
        }
        thread::sleep(every);
    }
    let events = listening.join().map_err(|_| "the listener panicked")?;
    println!(
        "{{\"events\":{events},\"answers\":{answers},\"bytes\":{bytes},\"cpu_seconds\":{:.3}}}",
        usage::cpu_seconds(),
    );
    Ok(())
}

fn ask(address: SocketAddr, path: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    let head = "Host: localhost\r\nConnection: close\r\n\r\n";
    write!(stream, "GET {path} HTTP/1.1\r\n{head}")?;
    Ok(stream)
}

/// Status and body of an answer.
fn get(address: SocketAddr, path: &str) -> io::Result<(u16, String)> {
    let mut stream = ask(address, path)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
    let body = answer
        .split_once("\r\n\r\n")
        .map(|(_, body)| body.to_owned());
    Ok((status.unwrap_or(0), body.unwrap_or_default()))
}
