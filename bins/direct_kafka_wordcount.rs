//! Counts the words of the values of Kafka topics, second by second; the twin of Spark's
//! `direct_kafka_wordcount.py`.
//!
//! ```text
//! direct_kafka_wordcount localhost:9092 orders,returns
//! ```

use std::process::ExitCode;

use millrace::Duration;
use millrace_cli::{App, Exit, Program, run};
use millrace_kafka::{KafkaMessage, KafkaOptions, KafkaStreams, Topics};

const PROGRAM: Program = Program {
    name: "direct_kafka_wordcount",
    arguments: "<brokers> <topics>",
    argument_count: 2,
    app_name: "PythonStreamingDirectKafkaWordCount",
};

fn main() -> ExitCode {
    run(&PROGRAM, direct_kafka_wordcount)
}

fn direct_kafka_wordcount(app: &App) -> Result<(), Exit> {
    let ssc = app.streaming_context(Duration::seconds(1))?;

    let topics = Topics::subscribe(app.argument(1).split(','));
    let value = |message: &KafkaMessage<'_>| message.value_text();
    let stream = ssc
        .kafka_direct_stream_with(app.argument(0), topics, KafkaOptions::new(), value)
        .map_err(|error| Exit::error(error.to_string()))?;
    let lines = stream.records().flat_map(|value| value);
    let counts = lines
        .flat_map(|line| line.split(" "))
        .map(|word| (word, 1_i64))
        .reduce_by_key(|a, b| a + b);
    counts.pprint();

    ssc.start()?;
    app.await_termination(&ssc)
}
