//! Counts the words of every second that a TCP server sends, appends the counts to a file, and
//! goes on where it was when it is started again; the twin of Spark's
//! `recoverable_network_wordcount.py`.
//!
//! ```text
//! recoverable_network_wordcount localhost 9999 checkpoint counts.txt
//! ```

use std::io::{self, Write};
use std::{fs, process::ExitCode};

use millrace::dstream::{append_line, show};
use millrace::{Duration, PrintFormat, StreamingContext};
use millrace_cli::{App, Exit, Program, run};

const PROGRAM: Program = Program {
    name: "recoverable_network_wordcount",
    arguments: "<hostname> <port> <checkpoint-directory> <output-file>",
    argument_count: 4,
    app_name: "PythonStreamingRecoverableNetworkWordCount",
};

fn main() -> ExitCode {
    run(&PROGRAM, |app| {
        let ssc = app.get_or_create(app.argument(2), || describe(app))?;
        if !ssc.is_recovering() {
            if ssc.print_format() != PrintFormat::Json {
                // Not `println!`, which panics when nobody reads the output any more.
                drop(writeln!(io::stdout(), "Creating new context"));
            }
            let output = app.output_file(3, "output file")?;
            // Not a device, which others need.
            if output.is_file()
                && let Err(error) = fs::remove_file(&output)
            {
                let (output, why) = (output.display(), error.kind());
                return Err(Exit::error(format!("cannot replace {output}: {why}")));
            }
        }
        ssc.start()?;
        app.await_termination(&ssc)
    })
}

fn describe(app: &App) -> Result<StreamingContext, Exit> {
    let ssc = app.streaming_context(Duration::seconds(1))?;
    let format = ssc.print_format();
    let (excluded, dropped) = (ssc.broadcast(["a", "b", "c"]), ssc.accumulator(0_i64));
    let output = app.output_file(3, "output file")?;

    let lines = ssc.socket_text_stream(app.argument(0), app.port(1)?);
    let words = lines.flat_map(|line| line.split(" "));
    let counts = words.map(|word| (word, 1_i64)).reduce_by_key(|a, b| a + b);
    counts.foreach_rdd_with_time(move |rdd, time| {
        let (excluded, sum) = (excluded.clone(), dropped.clone());
        let kept = rdd.filter(move |(word, count)| {
            let keep = !excluded.value().contains(&word.as_str());
            sum.add(if keep { 0 } else { *count });
            keep
        });
        let (time, kept) = (format.time_of(time), format.str_of(&kept.collect()));
        let mut line = format!("Counts at time {time} {kept}");
        if format == PrintFormat::Json {
            let dropped = dropped.value();
            line = format!(r#"{{"records":{kept},"time":{time},"dropped":{dropped}}}"#);
            show(&line);
        } else {
            show(&line);
            show(format_args!("Dropped {} word(s) totally", dropped.value()));
            show(format_args!("Appending to {}", output.display()));
        }
        append_line(&output, line);
    });
    Ok(ssc)
}
