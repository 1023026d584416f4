//! Counts the remainders of numbers that the program itself puts into a queue; the twin of
//! Spark's `queue_stream.py`.
//!
//! ```text
//! queue_stream
//! ```

use std::process::ExitCode;
use std::thread;

use millrace::Duration;
use millrace::source::RddQueue;
use millrace_cli::{App, Exit, Program, run};

const PROGRAM: Program = Program {
    name: "queue_stream",
    arguments: "",
    argument_count: 0,
    app_name: "PythonStreamingQueueStream",
};

fn main() -> ExitCode {
    run(&PROGRAM, queue_stream)
}

fn queue_stream(app: &App) -> Result<(), Exit> {
    let ssc = app.streaming_context(Duration::seconds(1))?;

    // Five datasets of a thousand numbers in ten partitions, one for each batch.
    let queue = RddQueue::new();
    for _ in 0..5 {
        let numbers: Vec<i64> = (1..=1000).collect();
        queue.push_partitions(numbers.chunks(100).map(<[i64]>::to_vec).collect());
    }

    let counts = ssc
        .queue_stream(queue.clone())
        .map(|number| (number % 10, 1_i64))
        .reduce_by_key(|a, b| a + b);
    counts.pprint();

    ssc.start()?;
    let stop = ssc.stop_handle();
    thread::spawn(move || {
        // A batch that has been taken is run: the stop is a graceful one.
        while !queue.is_empty() {
            thread::sleep(Duration::seconds(1).to_std());
        }
        stop.stop(true);
    });
    app.await_termination(&ssc)
}
