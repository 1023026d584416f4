//! Programs of the tests' own: this very binary, started with one test that is a program.

use std::path::{Path, PathBuf};
use std::time::Duration as StdDuration;

use millrace::{Conf, Duration, StreamingContext, Text, Values};

use crate::acceptance::harness::Launch;

use super::kind::Kind;
use super::place::{self, Place};

const PROGRAM: &str = "MILLRACE_TEST_PROGRAM";
const PLACE: &str = "MILLRACE_TEST_PLACE";
/// The port of the sender, for programs that read a socket.
pub(super) const PORT: &str = "MILLRACE_TEST_PORT";

/// The length of the windows of [`Kind::Windows`], and their slide, in milliseconds.
pub(super) const WINDOW: i64 = 240;
pub(super) const SLIDE: i64 = 80;

/// The names of outputs, in front of the time of their batch.
pub(super) const TEXT: &str = "text";
pub(super) const JSON: &str = "json";
pub(super) const LINES: &str = "lines";
pub(super) const WINDOW_OUT: &str = "window";
pub(super) const INVERSE_OUT: &str = "inverse";

pub(super) fn launch(kind: Kind, place: &Place) -> Launch {
    let own = std::env::current_exe().unwrap();
    Launch::of(own.to_str().unwrap())
        .args(["--exact", "acceptance::kills::programs::program"])
        .args(["--ignored", "--nocapture", "--quiet"])
        .env(PROGRAM, kind.name())
        .env(PLACE, place.root())
}

#[test]
#[ignore = "started by the others"]
fn program() {
    let Some(name) = std::env::var_os(PROGRAM) else {
        return;
    };
    let kind = Kind::ALL.into_iter().find(|kind| *kind.name() == *name);
    let root = PathBuf::from(std::env::var_os(PLACE).unwrap());
    if let Err(error) = run(kind.unwrap(), &root) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn run(kind: Kind, root: &Path) -> millrace::Result<()> {
    let ssc = StreamingContext::get_or_create(place::state(root), || describe(kind, root))?;
    ssc.start()?;
    let end = place::stop(root);
    while !ssc.await_termination_or_timeout(StdDuration::from_millis(10))? {
        if end.exists() {
            ssc.stop(true);
        }
    }
    Ok(())
}

fn describe(kind: Kind, root: &Path) -> millrace::Result<StreamingContext> {
    let mut conf = Conf::new();
    for (key, value) in kind.settings(false) {
        conf.set(key, value);
    }
    // As many as the judge of the outputs asks for.
    conf.set(
        "spark.default.parallelism",
        super::saved::PARTITIONS.to_string(),
    );
    let ssc = StreamingContext::new(&conf, Duration::seconds(1))?;
    let out = |name: &str| place::saved(root).join(name).display().to_string();
    let add = |new_values: &Values<i64>, sum: Option<i64>| {
        Some(new_values.iter().sum::<i64>() + sum.unwrap_or(0))
    };
    if kind == Kind::StatefulFiles {
        ssc.text_file_stream(&place::inbox(root).display().to_string())
            .map(|line| (line, 1_i64))
            .update_state_by_key(add)
            .count()
            .foreach_rdd(|_| ());
        return Ok(ssc);
    }
    let port = std::env::var(PORT).ok().and_then(|port| port.parse().ok());
    let lines = ssc.socket_text_stream("127.0.0.1", port.unwrap_or(0));
    if kind == Kind::Poison {
        let good = lines.map(|line: Text| {
            super::letters::taste(line.as_str());
            (line, 1_i64)
        });
        good.update_state_by_key(add).count().foreach_rdd(|_| ());
        return Ok(ssc);
    }
    let counts = lines.map(|line: Text| (line, 1_i64));
    if kind == Kind::Saving {
        let counts = counts.reduce_by_key(|a, b| a + b);
        counts.save_as_text_files(&out(TEXT), "txt");
        counts.save_as_json_files(&out(JSON), "jsonl");
        return Ok(ssc);
    }
    let (window, slide) = (
        Duration::milliseconds(WINDOW),
        Duration::milliseconds(SLIDE),
    );
    counts.save_as_json_files(&out(LINES), "jsonl");
    counts
        .reduce_by_key_and_window(|a, b| a + b, window, slide)
        .save_as_json_files(&out(WINDOW_OUT), "jsonl");
    counts
        .reduce_by_key_and_window_inverse(|a, b| a + b, |a, b| a - b, window, slide)
        .save_as_json_files(&out(INVERSE_OUT), "jsonl");
    Ok(ssc)
}
