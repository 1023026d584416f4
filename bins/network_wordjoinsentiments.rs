//! Joins the words that a TCP server sends with a list of sentiments, and prints the happiest of
//! every five seconds; the twin of Spark's `network_wordjoinsentiments.py`.
//!
//! The list is `data/streaming/AFINN-111.txt`, as in Spark's directory: `word<TAB>score`. Where
//! there is none, a short list of the program's own serves.
//!
//! ```text
//! nc -lk 9999
//! network_wordjoinsentiments localhost 9999
//! ```

use std::path::{Path, absolute};
use std::process::ExitCode;

use millrace::dstream::show;
use millrace::{Duration, PrintFormat, Text};
use millrace_cli::{App, Exit, Program, run};

const PROGRAM: Program = Program {
    name: "network_wordjoinsentiments",
    arguments: "<hostname> <port>",
    argument_count: 2,
    app_name: "PythonStreamingNetworkWordJoinSentiments",
};

const LIST: &str = "data/streaming/AFINN-111.txt";
const SHORT_LIST: &str = include_str!("sentiments.txt");

fn main() -> ExitCode {
    run(&PROGRAM, network_wordjoinsentiments)
}

fn network_wordjoinsentiments(app: &App) -> Result<(), Exit> {
    let ssc = app.streaming_context(Duration::seconds(5))?;

    let sentiments = if Path::new(LIST).exists() {
        ssc.text_file(LIST)?
    } else {
        let path = absolute(LIST).unwrap_or_else(|_| LIST.into());
        let instead = "is not there: a short list of words serves instead";
        app.warn(&format!("{} {instead}", path.display()));
        ssc.parallelize(SHORT_LIST.lines().map(Text::from).collect())
    };
    // A line that is not `word<TAB>score` is passed over.
    let sentiments = sentiments.flat_map(|line| {
        let (word, score) = line.split_once('\t')?;
        Some((Text::from(word), score.trim().parse::<i64>().ok()?))
    });

    let lines = ssc.socket_text_stream(app.argument(0), app.port(1)?);
    let happiest = lines
        .flat_map(|line| line.split(" "))
        .map(|word| (word, 1_i64))
        .reduce_by_key(|a, b| a + b)
        .transform(move |counts| sentiments.join(counts))
        .map(|(word, (score, count))| (score * count, word))
        .transform(|rdd| rdd.sort_by_key(false));
    if ssc.print_format() == PrintFormat::Json {
        happiest.print_num(5);
        ssc.start()?;
        return app.await_termination(&ssc);
    }
    happiest.foreach_rdd(|rdd| {
        let total = rdd.count();
        // Not `println!`, which panics when nobody reads the output any more.
        show(format_args!(
            "Happiest topics in the last 5 seconds ({total} total):"
        ));
        for (happiness, word) in rdd.take(5) {
            show(format_args!("{word} ({happiness} happiness)"));
        }
    });

    ssc.start()?;
    app.await_termination(&ssc)
}
