//! `feeder PORT`: a small `nc -lk PORT`, for machines that have none.
//!
//! Listens on the loopback address and sends what it reads from stdin, line by
//! line, to the client that is connected; when that goes away it waits for the
//! next one. Ends with its input.

use std::io::{self, BufRead, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let port = match arguments.as_slice() {
        [port] => port.parse().ok(),
        _ => None,
    };
    let Some(port) = port else {
        eprintln!("usage: feeder PORT");
        return ExitCode::FAILURE;
    };
    match feed(port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("feeder: port {port}: {}", error.kind());
            ExitCode::FAILURE
        }
    }
}

fn feed(port: u16) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    loop {
        let (mut client, _) = listener.accept()?;
        loop {
            // A line that the last client did not take is the next one's.
            if line.is_empty() && input.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            if client.write_all(&line).is_err() {
                break;
            }
            line.clear();
        }
    }
}
