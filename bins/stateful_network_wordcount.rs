//! Counts all words that a TCP server has ever sent, and prints the counts every five seconds;
//! the twin of Spark's `stateful_network_wordcount.py`.
//!
//! ```text
//! nc -lk 9999
//! stateful_network_wordcount localhost 9999
//! ```

use std::process::ExitCode;

use millrace::{Duration, StateOptions, Text, Values};
use millrace_cli::{App, Exit, Program, run};

const PROGRAM: Program = Program {
    name: "stateful_network_wordcount",
    arguments: "<hostname> <port>",
    argument_count: 2,
    app_name: "PythonStreamingStatefulNetworkWordCount",
};

fn main() -> ExitCode {
    run(&PROGRAM, stateful_network_wordcount)
}

fn stateful_network_wordcount(app: &App) -> Result<(), Exit> {
    let ssc = app.streaming_context(Duration::seconds(5))?;
    ssc.checkpoint("checkpoint")?;

    // The state before the first batch.
    let initial = [(Text::from("hello"), 1), (Text::from("world"), 1)];
    let update = |new_values: &Values<i64>, last_sum: Option<i64>| {
        Some(new_values.iter().sum::<i64>() + last_sum.unwrap_or(0))
    };
    // A word that does not come keeps its count, so that a batch visits the words that it brings.
    let options = StateOptions::new()
        .initial_state(initial)
        .idle_keeps_state();

    let lines = ssc.socket_text_stream(app.argument(0), app.port(1)?);
    let running_counts = lines
        .flat_map(|line| line.split(" "))
        .map(|word| (word, 1_i64))
        .update_state_by_key_with(update, options);
    running_counts.pprint();

    ssc.start()?;
    app.await_termination(&ssc)
}
