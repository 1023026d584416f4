//! Counts the words of every second that a TCP server sends; the twin of Spark's
//! `network_wordcount.py`.
//!
//! ```text
//! nc -lk 9999
//! network_wordcount localhost 9999
//! ```

use std::process::ExitCode;

use millrace::Duration;
use millrace_cli::{App, Exit, Program, run};

const PROGRAM: Program = Program {
    name: "network_wordcount",
    arguments: "<hostname> <port>",
    argument_count: 2,
    app_name: "PythonStreamingNetworkWordCount",
};

fn main() -> ExitCode {
    run(&PROGRAM, network_wordcount)
}

fn network_wordcount(app: &App) -> Result<(), Exit> {
    let ssc = app.streaming_context(Duration::seconds(1))?;

    let lines = ssc.socket_text_stream(app.argument(0), app.port(1)?);
    let counts = lines
        .flat_map(|line| line.split(" "))
        .map(|word| (word, 1_i64))
        .reduce_by_key(|a, b| a + b);
    counts.pprint();

    ssc.start()?;
    app.await_termination(&ssc)
}
