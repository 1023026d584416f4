//! The cost of durability: a state of so many words, small batches upon it, and a recovery from
//! what was written down. `scripts/bench_durability.sh` runs it and says more.
//!
//! ```text
//! durability load --dir DIR --keys N      brings N words in, then small batches
//! durability recover --dir DIR --keys N   goes on from there, then small batches
//! ```
//!
//! It prints one JSON object. Times are of the wall clock, in milliseconds; memory is what the
//! system says is resident, in bytes.

mod figures;
mod program;

use std::process::ExitCode;

use millrace_benches::args::Args;

use program::{Operator, Plan};

const USAGE: &str = "usage: durability load|recover --dir DIR --keys N [--words W] [--batches B] \
                     [--operator idle|every|mapped|timed] [--interval MS] [--snapshot yes]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("durability: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    // Cargo adds this word for harnesses, which this is none of.
    let words = std::env::args().skip(1).filter(|word| word != "--bench");
    let known = [
        "dir", "keys", "words", "batches", "operator", "interval", "snapshot",
    ];
    let args = Args::parse(words, &known, USAGE)?;
    let needed = |name: &str| args.wrong(&format!("--{name} is needed"));
    let plan = Plan {
        directory: args
            .option::<String>("dir")?
            .ok_or_else(|| needed("dir"))?
            .into(),
        keys: args.option("keys")?.ok_or_else(|| needed("keys"))?,
        words: args.option("words")?.unwrap_or(1_000),
        batches: args.option("batches")?.unwrap_or(50),
        interval: args.option("interval")?.unwrap_or(100),
        operator: match args.option::<String>("operator")?.as_deref() {
            None | Some("idle") => Operator::Idle,
            Some("every") => Operator::Every,
            Some("mapped") => Operator::Mapped,
            Some("timed") => Operator::Timed,
            Some(other) => return Err(args.wrong(&format!("there is no operator {other}"))),
        },
        snapshot: args.option::<String>("snapshot")?.is_some(),
    };
    let measured = match args.operands() {
        [mode] if mode == "load" => plan.load(),
        [mode] if mode == "recover" => plan.recover(),
        _ => return Err(args.wrong("load or recover is needed")),
    };
    measured.map_err(|error| error.to_string())
}
