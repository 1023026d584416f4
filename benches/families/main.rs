//! One line for every family of operators: how many million records per second
//! it takes on one worker and on two.
//!
//! A family is a program through the public API with closures as anybody would
//! write them, on batches that a queue holds before the clock runs. The clock
//! runs from the end of the last batch that warms up (buffers, tables, windows
//! that have to fill) to the end of the last batch: it has all that a batch
//! costs, handing it over and letting it go too. One batch runs at a time.
//!
//! `--workers 1,2,4,8,16` prints another table: what a record costs with so many workers, however
//! few the cores are, and what follows for as many cores.
#![expect(clippy::print_stdout, reason = "the figures are this program's output")]

mod load;
mod measure;
mod rows;
mod scaling;

use std::process::ExitCode;

use millrace_benches::args::Args;

use crate::measure::{Figures, median};
use crate::rows::{Row, rows};
use crate::scaling::Workers;

const USAGE: &str = "usage: families [--only NAME] [--rounds N] [--records N] [--workers N,N...]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("families: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let args = Args::from_env(&["only", "rounds", "records", "workers"], USAGE)?;
    let only: String = args.option("only")?.unwrap_or_default();
    let rounds: usize = args.option("rounds")?.unwrap_or(3);
    let records: usize = args.option("records")?.unwrap_or(1_000_000);
    let mut chosen = rows();
    chosen.retain(|row| row.name.contains(&only));
    if chosen.is_empty() || !args.operands().is_empty() {
        return Err(args.wrong("no family has this in its name"));
    }
    if rounds == 0 || records < 1_000 {
        return Err(args.wrong("at least one round of a thousand records is needed"));
    }
    if let Some(workers) = args.option::<Workers>("workers")? {
        scaling::print(&chosen, records, rounds, &workers);
        return Ok(());
    }
    println!(
        "| family | read | records per batch | M/s on 1 | M/s on 2 | growth | CPU ns on 1 | on 2 |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for row in &chosen {
        println!("{}", line(row, records, rounds));
    }
    Ok(())
}

/// The row's line of the table: medians over rounds that measure one worker, then two.
fn line(row: &Row, records: usize, rounds: usize) -> String {
    let measured: Vec<(Figures, Figures)> = (0..rounds)
        .map(|_| (row.measure(1, records), row.measure(2, records)))
        .collect();
    let of = |figure: fn(&(Figures, Figures)) -> f64| median(measured.iter().map(figure).collect());
    format!(
        "| {} | {} | {} | {:.1} | {:.1} | {:.2} | {:.0} | {:.0} |",
        row.name,
        row.read,
        (row.brings)(records),
        of(|(one, _)| one.millions_per_second),
        of(|(_, two)| two.millions_per_second),
        of(|(one, two)| two.millions_per_second / one.millions_per_second),
        of(|(one, _)| one.cpu_nanos),
        of(|(_, two)| two.cpu_nanos),
    )
}
