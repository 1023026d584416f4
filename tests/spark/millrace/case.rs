//! One case: its entry in `inputs.json`, the streams it reads, and how it is run and judged.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

use millrace::dstream::Computed;

use millrace::pipeline::Pipeline;
use millrace::source::RddQueue;
use millrace::testing::Setup;
use millrace::{BatchTime, DStream, Data, Duration, Rdd, StreamingContext};
use millrace_text::python;
use serde_json::Value;

use super::transcript;

/// A test of the name of a case, which runs the program behind it; with a number in between, as
/// that many partitions of what is keyed.
macro_rules! case {
    ($name:ident, $($partitions:literal,)? |$case:pat_param| $program:expr) => {
        #[test]
        fn $name() {
            let partitions = [$($partitions)?].first().copied();
            super::case::play(stringify!($name), partitions, |$case| $program);
        }
    };
}

static TABLE: LazyLock<Value> = LazyLock::new(|| {
    let text = fs::read_to_string(here().join("inputs.json")).unwrap();
    serde_json::from_str(&text).unwrap()
});

/// `tests/spark`.
fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Everything that a program gets.
pub(super) struct Case<'a> {
    entry: &'a Value,
    pub(super) ssc: &'a StreamingContext,
    /// Empty when the case begins; what is in it at the end is in the transcript.
    folder: &'a str,
    /// The text that `each` has printed.
    printed: Arc<Mutex<String>>,
}

/// Runs a case and compares.
///
/// # Panics
/// If millrace prints something else than is written down.
pub(super) fn play(name: &str, partitions: Option<usize>, program: fn(&Case<'_>)) {
    let entry = &TABLE["cases"][name];
    assert!(entry.is_object(), "inputs.json has no case {name}");
    let number = |key: &str, default: usize| match &entry[key] {
        Value::Null => default,
        number => usize::try_from(number.as_u64().unwrap()).unwrap(),
    };
    let setup = Setup {
        partitions: partitions.unwrap_or_else(|| number("parallelism", 2)),
        ..Setup::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let printed = Arc::default();
    let (from_outputs, ended) = setup.run_local(number("batches", 0), |ssc| {
        program(&Case {
            entry,
            ssc,
            folder: folder.path().to_str().unwrap(),
            printed: Arc::clone(&printed),
        });
    });
    let mut found = transcript::blocks(&from_outputs);
    let from_each = printed.lock().unwrap();
    assert!(
        found.is_empty() || from_each.is_empty(),
        "what `each` prints cannot be put in order with what outputs print"
    );
    found.push_str(&from_each);
    found.push_str(&transcript::files(
        folder.path(),
        entry["hidden"] == Value::Bool(true),
    ));
    if let Err(error) = ended {
        found.push_str(&transcript::failed(&error.to_string()));
    }
    judge(name, &found);
}

/// Compares a transcript with what is expected, after it is written where the comparison with
/// Spark looks for it.
fn judge(name: &str, found: &str) {
    let file = format!("{name}.out");
    if let Some(directory) = std::env::var_os("MILLRACE_SPARK_TRANSCRIPTS") {
        fs::write(Path::new(&directory).join(&file), found).unwrap();
    }
    let departed = here().join("departures").join(&file);
    let expected = if departed.exists() {
        departed
    } else {
        here().join("recorded").join(&file)
    };
    let text = fs::read_to_string(&expected).unwrap();
    let body = transcript::body(&text);
    assert!(
        found == body,
        "{} is not what was printed\n===== expected\n{body}===== printed\n{found}=====",
        expected.display()
    );
}

impl Case<'_> {
    /// The batches of an input, which the case must say it reads.
    pub(super) fn batches<T: Data>(&self, name: &str) -> Vec<Vec<Vec<T>>> {
        let streams = self.entry["streams"].as_array().unwrap();
        assert!(
            streams.iter().any(|stream| stream == name),
            "inputs.json does not say that this reads {name}"
        );
        serde_json::from_value(TABLE["inputs"][name].clone()).unwrap()
    }

    /// The input as a queue of datasets.
    pub(super) fn queue<T: Data>(&self, name: &str) -> RddQueue<T> {
        let queue = RddQueue::new();
        for partitions in self.batches(name) {
            queue.push_partitions(partitions);
        }
        queue
    }

    /// The input as a stream, an entry of the queue a batch.
    pub(super) fn stream<T: Data>(&self, name: &str) -> Computed<T> {
        self.ssc.queue_stream(self.queue(name))
    }

    /// A path in the folder of the case.
    pub(super) fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    /// Prints, for every batch, what `lines` makes of its dataset, one value per line.
    pub(super) fn each<P: Pipeline, T: Data>(
        &self,
        stream: &DStream<P::Item, P>,
        lines: impl Fn(&Rdd<P::Item>) -> Vec<T> + Send + Sync + 'static,
    ) {
        self.each_with_number(stream, move |_, rdd| lines(rdd));
    }

    /// The same, with the number of the batch.
    pub(super) fn each_with_number<P: Pipeline, T: Data>(
        &self,
        stream: &DStream<P::Item, P>,
        lines: impl Fn(i64, &Rdd<P::Item>) -> Vec<T> + Send + Sync + 'static,
    ) {
        let printed = Arc::clone(&self.printed);
        stream.foreach_rdd_with_time(move |rdd, time| {
            let lines: Vec<String> = lines(number(time), rdd).iter().map(shown).collect();
            let block = transcript::block(number(time), &lines);
            printed.lock().unwrap().push_str(&block);
        });
    }
}

/// The number of a batch: a batch is a second.
pub(super) fn number(time: BatchTime) -> i64 {
    time.as_millis() / 1000
}

/// The time of a batch.
pub(super) fn time(number: i64) -> BatchTime {
    BatchTime::from_millis(number * 1000)
}

/// So many batches.
pub(super) fn seconds(batches: i64) -> Duration {
    Duration::seconds(batches)
}

/// The text that Python's `print` writes.
pub(super) fn shown<T: Data>(value: &T) -> String {
    let mut text = String::new();
    python::write_str(&mut text, value).unwrap();
    text
}

/// Cases whose test was forgotten would be nobody's: a name in `inputs.json` has to be in one of
/// the families.
#[test]
fn every_case_has_a_test() {
    let families = [
        include_str!("files.rs"),
        include_str!("joins.rs"),
        include_str!("pairs.rs"),
        include_str!("printing.rs"),
        include_str!("rdds.rs"),
        include_str!("state.rs"),
        include_str!("stateless.rs"),
        include_str!("transforms.rs"),
        include_str!("windows.rs"),
    ];
    let tested: Vec<&str> = families
        .iter()
        .flat_map(|family| family.split("\ncase!(").skip(1))
        .filter_map(|case| case.trim_start().split(',').next())
        .collect();
    let cases = TABLE["cases"].as_object().unwrap();
    let untested: Vec<_> = cases
        .keys()
        .filter(|case| !tested.contains(&case.as_str()))
        .collect();
    assert!(untested.is_empty(), "without a test: {untested:?}");
}
