//! Counts the words that a receiver of its own brings in: the twin of Spark's `CustomReceiver`.

use millrace::record::{LineByte, LineScanner};
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
        let lines = ssc.receiver_stream(LineReceiver(app.host(0)?.to_string(), app.port(1)?));
        let words = lines.flat_map(|line| line.split(" "));
        words.count_by_value().print();
        ssc.start()?;
        app.await_termination(&ssc)
    })
}

/// A text without a line end does not fill the memory.
const LONGEST_LINE: usize = 32 << 20;

/// The lines that a TCP server sends: its host and port.
struct LineReceiver(String, u16);

impl Receiver for LineReceiver {
    type Item = Text;
    fn on_start(&mut self, context: ReceiverContext<Text>) {
        let (host, port) = (self.0.clone(), self.1);
        context.spawn("lines", move |context| {
            let connection = match context.connect(&host, port) {
                Ok(connection) => connection,
                Err(error) => return context.restart(&error.to_string()),
            };
            let (ended, unfinished) = receive(connection, &context);
            context.disconnected(&format!("{host}:{port}"), ended, unfinished);
        });
    }
}

/// Stores lines until the connection ends; gives how it did, and the bytes of a line that it cut
/// off.
fn receive(connection: TcpStream, context: &ReceiverContext<Text>) -> (io::Result<()>, usize) {
    // It ends lines as Java's `readLine` does: at `\n`, `\r` and `\r\n`.
    let (mut line, mut scanner) = (Vec::new(), LineScanner::default());
    // It looks up now and then, to see whether it should end.
    let timed = connection.set_read_timeout(Some(Duration::milliseconds(100).to_std()));
    if let Err(error) = timed {
        return (Err(error), 0);
    }
    for byte in BufReader::new(connection).bytes() {
        let byte = match byte {
            Ok(byte) => byte,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if context.is_stopped() {
                    break;
                }
                continue;
            }
            // What has come of a line may be half of a word.
            Err(error) => return (Err(error), line.len()),
        };
        match scanner.see(byte) {
            LineByte::End => {
                store(context, &line);
                line.clear();
                if context.is_stopped() {
                    return (Ok(()), 0);
                }
            }
            LineByte::EndOfPair => {}
            LineByte::Inside => {
                if line.len() == LONGEST_LINE {
                    context.report_error("a line of more than 32 MiB was cut there");
                    store(context, &line);
                    line.clear();
                }
                line.push(byte);
            }
        }
    }
    // An unfinished line is one when the sender has closed, and when the program stops.
    if !line.is_empty() {
        store(context, &line);
    }
    (Ok(()), 0)
}

fn store(context: &ReceiverContext<Text>, line: &[u8]) {
    context.store(Text::from(&*String::from_utf8_lossy(line)));
}
