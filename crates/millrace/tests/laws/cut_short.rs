//! Law 5 for the first batch of a checkpoint: cut short before anything is committed, it is run
//! again as what it was, with its records and its time, when the program starts again later.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration as StdDuration, Instant};

use millrace::source::{BatchSource, FileOptions, SourceBatch, SourcePartition};
use millrace::{Conf, DStream, Duration, Result, StreamingContext, keys};

use super::support::{failure, watched};

/// Three numbers per batch.
struct Threes;

struct Three(Range<u64>);

impl BatchSource for Threes {
    type Item = u64;
    type Range = u64;
    type Partition = Three;

    fn plan(&mut self, batch: &SourceBatch<'_, u64>) -> io::Result<Option<u64>> {
        Ok(Some(batch.last().map_or(0, |last| last + 3)))
    }

    fn partitions(&mut self, from: &u64) -> io::Result<Vec<Three>> {
        Ok(vec![Three(*from..*from + 3)])
    }
}

impl SourcePartition for Three {
    type Item = u64;

    fn read(&self, _piece: usize, each: &mut dyn FnMut(u64)) -> io::Result<()> {
        self.0.clone().for_each(each);
        Ok(())
    }
}

type Describe = fn(&StreamingContext, &Path) -> DStream<String>;

fn numbers(ssc: &StreamingContext, _files: &Path) -> DStream<String> {
    let numbers = ssc.source_stream("threes", Threes);
    numbers.map(|number| number.to_string()).erased()
}

fn files(ssc: &StreamingContext, files: &Path) -> DStream<String> {
    let options = FileOptions::new().new_files_only(false);
    let lines = ssc.file_stream(files.to_str().unwrap(), options);
    lines.map(|line| line.to_string()).erased()
}

/// A batch that has records: its time, and those.
type Seen = (i64, Vec<String>);

/// Runs a program that fails at its first batch with records, and goes on from it later.
fn lives(describe: Describe, settings: &'static [(&str, &str)], interval: i64) -> Vec<Seen> {
    watched(move || {
        let directory = tempfile::tempdir().unwrap();
        let input = directory.path().join("input");
        std::fs::create_dir(&input).unwrap();
        std::fs::write(input.join("f"), "a\nb\n").unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let life = |interval: i64, fails: bool| -> Result<()> {
            let mut conf = Conf::new();
            conf.set(keys::MASTER, "local[2]")
                .set(keys::CHECKPOINT_RECOVER, "true")
                .set(keys::MAX_BATCHES, "3");
            let checkpoint = directory.path().join("state");
            conf.set(keys::CHECKPOINT_DIR, checkpoint.display().to_string());
            for (key, value) in settings {
                conf.set(*key, *value);
            }
            let interval = Duration::milliseconds(interval);
            let ssc = millrace::testing::context(&conf, interval)?;
            let noted = Arc::clone(&seen);
            describe(&ssc, &input).foreach_rdd_with_time(move |rdd, time| {
                let records = rdd.collect();
                if !records.is_empty() {
                    noted.lock().unwrap().push((time.as_millis(), records));
                    assert!(!fails, "it is cut short behind its output");
                }
            });
            ssc.start()?;
            ssc.await_termination()
        };
        failure(life(20, true));
        // Ticks are missed.
        let ended = Instant::now();
        while ended.elapsed() < StdDuration::from_millis(90) {
            thread::yield_now();
        }
        life(interval, false).unwrap();
        std::mem::take(&mut *seen.lock().unwrap())
    })
}

#[test]
fn the_first_batch_that_is_cut_short_is_run_again_with_its_time() {
    let skip = &[(keys::MISSED_BATCHES, "skip")];
    let ways: [(&'static [(&str, &str)], i64); 3] = [(&[], 20), (skip, 20), (&[], 30)];
    for (name, describe) in [("numbers", numbers as Describe), ("files", files)] {
        for (settings, interval) in ways {
            let seen = lives(describe, settings, interval);
            let shown = format!("{name}, {settings:?}, {interval} ms: {seen:?}");
            assert_eq!(seen[0], seen[1], "{shown}");
            // What follows has later times, a tick after it or when the program was started again.
            let gap = seen.get(2).map(|next| next.0 - seen[1].0);
            let apart = !settings.is_empty() || interval != 20;
            match (name, apart) {
                ("files", _) => assert_eq!(gap, None, "{shown}"),
                (_, false) => assert_eq!(gap, Some(20), "{shown}"),
                (_, true) => assert!(gap > Some(60), "{shown}"),
            }
        }
    }
}
