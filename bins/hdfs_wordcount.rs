//! Counts the words of the text files that are moved into a directory, second by second; the twin
//! of Spark's `hdfs_wordcount.py`. The directory is a local one.
//!
//! ```text
//! hdfs_wordcount /var/spool/in
//! ```

use std::process::ExitCode;

use millrace::Duration;
use millrace_cli::{App, Exit, Program, run};

const PROGRAM: Program = Program {
    name: "hdfs_wordcount",
    arguments: "<directory>",
    argument_count: 1,
    app_name: "PythonStreamingHDFSWordCount",
};

fn main() -> ExitCode {
    run(&PROGRAM, hdfs_wordcount)
}

fn hdfs_wordcount(app: &App) -> Result<(), Exit> {
    let ssc = app.streaming_context(Duration::seconds(1))?;

    let lines = ssc.text_file_stream(app.argument(0));
    let counts = lines
        .flat_map(|line| line.split(" "))
        .map(|word| (word, 1_i64))
        .reduce_by_key(|a, b| a + b);
    counts.pprint();

    ssc.start()?;
    app.await_termination(&ssc)
}
