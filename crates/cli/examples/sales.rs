//! Sums what every shop sold, second by second: reads lines of `shop amount`.

use std::process::ExitCode;

use millrace::dstream::Computed;
use millrace::pipeline::Lines;
use millrace::{DStream, Duration, Text};
use millrace_cli::{App, Exit, Program, run};

const PROGRAM: Program = Program {
    name: "sales",
    arguments: "<hostname> <port>",
    argument_count: 2,
    app_name: "Sales",
};

fn main() -> ExitCode {
    run(&PROGRAM, sales)
}

fn sales(app: &App) -> Result<(), Exit> {
    let ssc = app.streaming_context(Duration::seconds(1))?;
    let lines = ssc.socket_text_stream(app.argument(0), app.port(1)?);
    by_shop(&lines).print();
    ssc.start()?;
    app.await_termination(&ssc)
}

/// The sum of every shop; a line that is not `shop amount` is passed over.
fn by_shop(lines: &DStream<Text, Lines>) -> Computed<(Text, i64)> {
    lines
        .flat_map(|line| {
            let (shop, amount) = line.split_once(' ')?;
            Some((Text::from(shop), amount.parse::<i64>().ok()?))
        })
        .reduce_by_key(|a, b| a + b)
}

#[test]
fn amounts_add_up_and_batches_are_apart() {
    let seconds = ["north 3\nsouth 4\nnonsense\nnorth 5\n", "south 1\n"];
    let batches = millrace::testing::run_batches(&seconds, by_shop);
    let sums = |batch: usize| -> Vec<(&str, i64)> {
        let records = batches[batch].iter();
        records.map(|(shop, sum)| (shop.as_str(), *sum)).collect()
    };
    assert_eq!(sums(0), [("north", 8), ("south", 4)]);
    assert_eq!(sums(1), [("south", 1)]);
}
