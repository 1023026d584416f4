//! Counts the words that a TCP server has sent in the last `window` seconds, every `slide`
//! seconds. Both are multiples of the batch interval, one second.
//!
//! ```text
//! nc -lk 9999
//! windowed_network_wordcount localhost 9999 30 10
//! ```

use std::process::ExitCode;

use millrace::Duration;
use millrace_cli::{App, Exit, Program, run};

const PROGRAM: Program = Program {
    name: "windowed_network_wordcount",
    arguments: "<hostname> <port> <window> <slide>",
    argument_count: 4,
    app_name: "PythonStreamingWindowedNetworkWordCount",
};

fn main() -> ExitCode {
    run(&PROGRAM, windowed_network_wordcount)
}

fn windowed_network_wordcount(app: &App) -> Result<(), Exit> {
    let (window, slide) = (app.seconds(2, "window")?, app.seconds(3, "slide")?);
    let ssc = app.streaming_context(Duration::seconds(1))?;

    let lines = ssc.socket_text_stream(app.argument(0), app.port(1)?);
    let counts = lines
        .flat_map(|line| line.split(" "))
        .map(|word| (word, 1_i64))
        .reduce_by_key_and_window(|a, b| a + b, window, slide);
    counts.pprint();

    ssc.start()?;
    app.await_termination(&ssc)
}
