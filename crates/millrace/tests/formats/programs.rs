//! The programs whose checkpoints are kept.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use millrace::pipeline::{FlatMap, Lines, Map};
use millrace::record::Split;
use millrace::testing::context;
use millrace::{
    Conf, DStream, Duration, State, StateOptions, StateSpec, StreamingContext, Text, Values, keys,
};

/// The records that a program's outputs have seen: their name, and the records as texts, sorted.
pub(crate) type Saw = (&'static str, Vec<String>);

/// Told of every batch of every output.
pub(crate) type Ear = Arc<dyn Fn(Saw) + Send + Sync>;

/// The settings of one run of a program.
pub(crate) struct Run<'a> {
    /// The checkpoint directory.
    pub(crate) state: PathBuf,
    /// The directory that the program's files are moved to.
    pub(crate) files: PathBuf,
    pub(crate) interval: Duration,
    pub(crate) settings: &'a [(&'a str, &'a str)],
}

impl Run<'_> {
    /// The context of the program of this name, not started, and where its sender is to be.
    pub(crate) fn program(&self, name: &str, ear: Ear) -> (StreamingContext, TcpListener) {
        let mut conf = Conf::new();
        conf.set(keys::MASTER, "local[2]");
        conf.set(keys::DEFAULT_PARALLELISM, "2");
        conf.set(keys::APP_NAME, name);
        for (key, value) in self.settings {
            conf.set(*key, *value);
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let ssc = context(&conf, self.interval).unwrap();
        ssc.checkpoint(&self.state).unwrap();
        let lines = || ssc.socket_text_stream("127.0.0.1", port);
        match name {
            "counted" => counted(&lines(), ear),
            "mapped" => mapped(&lines(), &ear),
            "windowed" => windowed(&lines(), self.interval, &ear),
            "files" => files(&ssc, &self.files, ear),
            other => panic!("there is no program {other}"),
        }
        (ssc, listener)
    }
}

fn told<T: ToString>(ear: &Ear, name: &'static str, records: Vec<T>) {
    let mut records: Vec<String> = records.iter().map(T::to_string).collect();
    records.sort_unstable();
    ear((name, records));
}

type Ones = DStream<(Text, i64), Map<FlatMap<Lines, fn(Text) -> Split>, fn(Text) -> (Text, i64)>>;

fn ones(lines: &DStream<Text, Lines>) -> Ones {
    let split: fn(Text) -> Split = |line| line.split(" ");
    let one: fn(Text) -> (Text, i64) = |word| (word, 1);
    lines.flat_map(split).map(one)
}

/// `update_state_by_key` with a state before the first batch.
fn counted(lines: &DStream<Text, Lines>, ear: Ear) {
    let count = |new: &Values<i64>, last: Option<i64>| {
        let sum = new.iter().sum::<i64>() + last.unwrap_or(0);
        // A word that was seen five times is forgotten.
        (sum != 5).then_some(sum)
    };
    let options = StateOptions::new().initial_state([(Text::from("hello"), 1)]);
    let counts = ones(lines).update_state_by_key_with(count, options);
    counts.foreach_rdd(move |rdd| {
        let pair = |(word, count): (Text, i64)| format!("{word} {count}");
        told(
            &ear,
            "counts",
            rdd.collect().into_iter().map(pair).collect(),
        );
    });
}

/// `map_with_state`, once with a timeout that is over when the fixture is read, once with one of
/// two centuries.
fn mapped(lines: &DStream<Text, Lines>, ear: &Ear) {
    let function = |word: &Text, one: Option<i64>, state: &mut State<i64>| {
        let sum = state.get().copied().unwrap_or(0) + one.unwrap_or(0);
        let timing_out = state.is_timing_out();
        if !timing_out {
            state.update(sum);
        }
        format!("{word} {sum}{}", if timing_out { " timed out" } else { "" })
    };
    let ones = ones(lines);
    let short = ones.map_with_state(StateSpec::function(function).timeout(Duration::minutes(1)));
    let (own, other) = (Arc::clone(ear), Arc::clone(ear));
    short
        .stream()
        .foreach_rdd(move |rdd| told(&own, "short", rdd.collect()));
    let centuries = Duration::minutes(200 * 365 * 24 * 60);
    let long = ones.map_with_state(StateSpec::function(function).timeout(centuries));
    long.state_snapshots().foreach_rdd(move |rdd| {
        let pair = |(word, sum): (Text, i64)| format!("{word} {sum}");
        told(
            &other,
            "long",
            rdd.collect().into_iter().map(pair).collect(),
        );
    });
}

/// Windows of every kind that is written down, so long that nothing leaves them.
fn windowed(lines: &DStream<Text, Lines>, slide: Duration, ear: &Ear) {
    let window = Duration::minutes(10);
    let words = ones(lines);
    let add: fn(i64, i64) -> i64 = |a, b| a + b;
    let shown = |(word, count): (Text, i64)| format!("{word} {count}");
    let own = Arc::clone(ear);
    words
        .reduce_by_key_and_window(add, window, None)
        .foreach_rdd(move |rdd| told(&own, "plain", rdd.map(shown).collect()));
    let own = Arc::clone(ear);
    words
        .reduce_by_key_and_window_inverse(add, |a, b| a - b, window, None)
        .foreach_rdd(move |rdd| told(&own, "inverse", rdd.map(shown).collect()));
    let own = Arc::clone(ear);
    let all = |(word, ones): (Text, Values<i64>)| format!("{word} {}", ones.len());
    words
        .group_by_key_and_window(window, None)
        .foreach_rdd(move |rdd| told(&own, "groups", rdd.map(all).collect()));
    let own = Arc::clone(ear);
    let long = |line: Text| line.len() as i64;
    lines
        .map(long)
        .reduce_by_window(add, window, slide)
        .foreach_rdd(move |rdd| told(&own, "letters", rdd.collect()));
    let own = Arc::clone(ear);
    lines
        .window(window, None)
        .foreach_rdd(move |rdd| told(&own, "whole", rdd.collect()));
}

/// A directory of text files.
fn files(ssc: &StreamingContext, directory: &Path, ear: Ear) {
    let lines = ssc.text_file_stream(directory.to_str().unwrap());
    lines.foreach_rdd(move |rdd| told(&ear, "lines", rdd.collect()));
}

/// Collects what was seen.
pub(crate) fn collecting() -> (Ear, Arc<Mutex<Vec<Saw>>>) {
    let all = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::clone(&all);
    let ear = move |saw| own.lock().unwrap().push(saw);
    (Arc::new(ear), all)
}
