//! Counts the words that a receiver of its own brings in: the twin of Spark's `CustomReceiver`.

use millrace::{Duration, Receiver, ReceiverContext, Text};
use millrace_cli::{Program, run};
use std::io::{self, BufReader, ErrorKind, Read};
use std::{net::TcpStream, process::ExitCode};

const PROGRAM: Program = Program {
    name: "custom_receiver",
    arguments: "<hostname> <port>",
    argument_count: 2,
    app_name: "CustomReceiver",
};

fn main() -> ExitCode {
    run(&PROGRAM, |app| {
        let ssc = app.streaming_context(Duration::seconds(1))?;
        let lines = ssc.receiver_stream(LineReceiver(app.argument(0).to_owned(), app.port(1)?));
        let words = lines.flat_map(|line| line.split(" "));
        words.count_by_value().print();
        ssc.start()?;
        app.await_termination(&ssc)
    })
}

/// The lines that a TCP server sends: its host and port.
struct LineReceiver(String, u16);

impl Receiver for LineReceiver {
    type Item = Text;
    fn on_start(&mut self, context: ReceiverContext<Text>) {
        let (host, port) = (self.0.clone(), self.1);
        context.spawn("lines", move |context| {
            match receive(&host, port, &context) {
                Ok(()) => context.restart("Trying to connect again"),
                Err(error) => context.restart(&format!("Error with {host}:{port}: {error}")),
            }
        });
    }
}

fn receive(host: &str, port: u16, context: &ReceiverContext<Text>) -> io::Result<()> {
    let connection = TcpStream::connect((host, port))?;
    // It looks up now and then, to see whether it should end.
    connection.set_read_timeout(Some(Duration::milliseconds(100).to_std()))?;
    let (mut line, mut after_cr) = (Vec::new(), false);
    for byte in BufReader::new(connection).bytes() {
        match byte {
            Ok(b'\n') if after_cr => after_cr = false,
            // Like Java's `readLine`: `\n`, `\r` and `\r\n` end a line.
            Ok(end @ (b'\n' | b'\r')) => {
                store(context, &line);
                line.clear();
                after_cr = end == b'\r';
                if context.is_stopped() {
                    return Ok(());
                }
            }
            Ok(byte) => {
                line.push(byte);
                after_cr = false;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if context.is_stopped() {
                    break;
                }
            }
            Err(error) => return Err(error),
        }
    }
    // An unfinished line is one when the sender has closed, and when the program stops.
    if !line.is_empty() {
        store(context, &line);
    }
    Ok(())
}

fn store(context: &ReceiverContext<Text>, line: &[u8]) {
    context.store(Text::from(&*String::from_utf8_lossy(line)));
}
