//! The program that is measured: words and their counts, from a queue, on the wall clock.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use millrace::source::RddQueue;
use millrace::{
    Conf, Duration, State, StateOptions, StateSpec, StreamingContext, Text, Values, keys,
};
use millrace_benches::usage;

use crate::figures::{Ear, Measured, summary};

/// Words that one batch brings in while the state is loaded.
const AT_ONCE: u32 = 250_000;

/// A number that has no factor in common with powers of ten: its multiples spread a batch over
/// the state, without meeting a word twice.
const STRIDE: u64 = 161_803;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The operator that keeps the counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    /// `update_state_by_key` that was promised that idle keys keep their state.
    Idle,
    /// `update_state_by_key` that visits every key in every batch.
    Every,
    /// `map_with_state`.
    Mapped,
    /// `map_with_state` with a timeout that no key reaches.
    Timed,
}

/// The plan of a measurement.
pub(crate) struct Plan {
    pub(crate) directory: PathBuf,
    pub(crate) keys: u32,
    /// Distinct words of a small batch.
    pub(crate) words: u32,
    /// The number of small batches.
    pub(crate) batches: u32,
    /// Batch interval in milliseconds.
    pub(crate) interval: i64,
    pub(crate) operator: Operator,
    /// Small batches go on until a snapshot is written, which begins with the first of them.
    pub(crate) snapshot: bool,
}

impl Plan {
    /// Brings the words in, and then small batches.
    pub(crate) fn load(&self) -> Outcome<()> {
        let before = usage::rss_bytes();
        let (ssc, queue, ear) = self.context(false)?;
        ssc.start()?;
        let started = Instant::now();
        let mut loads = 0;
        for first in (0..self.keys).step_by(AT_ONCE as usize) {
            let last = self.keys.min(first + AT_ONCE);
            queue.push((first..last).collect());
            loads += 1;
            ear.wait_for(loads)?;
        }
        let load = started.elapsed().as_secs_f64();
        drop(ear.take());
        // What the last load has left behind goes with the batches after it.
        ear.wait_for_any(5)?;
        let resident = usage::rss_bytes().saturating_sub(before);
        let batches = self.small(&queue, &ear)?;
        say(&[
            format!("\"keys\":{},\"load_s\":{load:.2}", self.keys),
            format!(
                "\"resident_bytes_per_key\":{:.1}",
                resident as f64 / f64::from(self.keys)
            ),
            format!("\"peak_bytes\":{}", usage::peak_rss_bytes()),
            summary("", &batches),
        ]);
        ssc.stop(false);
        Ok(())
    }

    /// Goes on from what a load has left, and brings small batches.
    pub(crate) fn recover(&self) -> Outcome<()> {
        let before = usage::rss_bytes();
        let began = Instant::now();
        let (ssc, queue, ear) = self.context(true)?;
        ssc.start()?;
        let started = began.elapsed();
        ear.wait_for_any(1)?;
        let first_batch = began.elapsed();
        let resident = usage::rss_bytes().saturating_sub(before);
        let batches = if self.snapshot {
            self.small_beside_snapshot(&queue, &ear)?
        } else {
            self.small(&queue, &ear)?
        };
        let (beside, alone): (Vec<Measured>, Vec<Measured>) =
            batches.into_iter().partition(|batch| batch.beside_snapshot);
        say(&[
            format!("\"keys\":{}", self.keys),
            format!("\"start_s\":{:.3}", started.as_secs_f64()),
            format!("\"first_batch_s\":{:.3}", first_batch.as_secs_f64()),
            format!(
                "\"resident_bytes_per_key\":{:.1}",
                resident as f64 / f64::from(self.keys)
            ),
            format!("\"peak_bytes\":{}", usage::peak_rss_bytes()),
            summary("", &alone),
            summary("snapshot_", &beside),
        ]);
        ssc.stop(false);
        Ok(())
    }

    /// Numbers of the words of small batch `number`.
    fn delta(&self, number: u32) -> Vec<u32> {
        let first = u64::from(number) * u64::from(self.words);
        let word = |index| ((first + index) * STRIDE % u64::from(self.keys)) as u32;
        (0..u64::from(self.words)).map(word).collect()
    }

    fn small(&self, queue: &RddQueue<u32>, ear: &Ear) -> Outcome<Vec<Measured>> {
        for number in 0..self.batches {
            queue.push(self.delta(number));
            ear.wait_for(number as usize + 1)?;
        }
        Ok(ear.take())
    }

    /// Small batches from before a snapshot begins until after it has ended.
    fn small_beside_snapshot(&self, queue: &RddQueue<u32>, ear: &Ear) -> Outcome<Vec<Measured>> {
        let mut all = Vec::new();
        let mut number = 0;
        loop {
            queue.push(self.delta(number));
            ear.wait_for(1)?;
            number += 1;
            all.append(&mut ear.take());
            let last = all.last().is_some_and(|batch| batch.beside_snapshot);
            let seen = all.iter().filter(|batch| batch.beside_snapshot).count();
            if seen > 0 && !last && snapshots(&self.directory).0 > 0 {
                return Ok(all);
            }
            if number > 2_000 {
                return Err("no snapshot was written".into());
            }
        }
    }

    fn context(&self, recovers: bool) -> Outcome<(StreamingContext, RddQueue<u32>, Ear)> {
        // Snapshots as soon as anything has changed, or never.
        let log_bytes = if self.snapshot { "1k" } else { "1024g" };
        let mut conf = Conf::new();
        for (key, value) in [
            (keys::MASTER, "local[2]"),
            (keys::DEFAULT_PARALLELISM, "2"),
            (keys::CHECKPOINT_LOG_BYTES, log_bytes),
            (
                keys::CHECKPOINT_RECOVER,
                if recovers { "true" } else { "false" },
            ),
        ] {
            conf.set(key, value);
        }
        let ssc = StreamingContext::new(&conf, Duration::milliseconds(self.interval))?;
        ssc.checkpoint(&self.directory)?;
        let directory = self.directory.clone();
        let ear = Ear::new(move || snapshots(&directory).1);
        ssc.add_streaming_listener(ear.clone());
        let queue = RddQueue::new();
        self.describe(&ssc, &queue);
        Ok((ssc, queue, ear))
    }

    fn describe(&self, ssc: &StreamingContext, queue: &RddQueue<u32>) {
        let words = ssc.queue_stream(queue.clone());
        let ones = words.map(|number| (Text::from(format!("word-{number}").as_str()), 1_i64));
        if matches!(self.operator, Operator::Idle | Operator::Every) {
            let count = |new: &Values<i64>, last: Option<i64>| {
                Some(new.iter().sum::<i64>() + last.unwrap_or(0))
            };
            let options = StateOptions::new();
            let options = match self.operator {
                Operator::Idle => options.idle_keeps_state(),
                _ => options,
            };
            let counts = ones.update_state_by_key_with(count, options);
            return counts.foreach_rdd(|rdd| drop(rdd.take(11)));
        }
        let spec = StateSpec::function(|_: &Text, one: Option<i64>, state: &mut State<i64>| {
            let sum = state.get().copied().unwrap_or(0) + one.unwrap_or(0);
            state.update(sum);
            sum
        });
        let spec = match self.operator {
            Operator::Timed => spec.timeout(Duration::minutes(60)),
            _ => spec,
        };
        ones.map_with_state(spec)
            .foreach_rdd(|rdd| drop(rdd.take(11)));
    }
}

/// Counts the snapshots of a checkpoint directory, and tells if another is being written.
fn snapshots(directory: &Path) -> (usize, bool) {
    let (mut whole, mut running) = (0, false);
    for generation in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        for file in std::fs::read_dir(generation.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            let name = file.file_name().to_string_lossy().into_owned();
            if name.starts_with("snapshot-") {
                running |= name.ends_with(".temporary");
                whole += usize::from(!name.ends_with(".temporary"));
            }
        }
    }
    (whole, running)
}

#[expect(clippy::print_stdout, reason = "the figures are this program's output")]
fn say(members: &[String]) {
    println!("{{{}}}", members.join(","));
}
