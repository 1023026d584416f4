//! Laws 1, 2 and 7 for the sources that are no socket of lines: queues, directories, receivers
//! that a program brings, sockets of records. What goes in is in one batch, whole and in order.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::{Receiver as Channel, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration as StdDuration, UNIX_EPOCH};

use millrace::dstream::Computed;

use millrace::events::{BatchInfo, ReceiverInfo};
use millrace::pipeline::Pipeline;
use millrace::source::{FileOptions, QueueOptions, RddQueue};
use millrace::testing::Setup;
use millrace::{
    Conf, DStream, Data, Duration, Rdd, Receiver, ReceiverContext, Result, StreamingContext,
    StreamingListener, keys,
};
use proptest::prelude::*;
use tempfile::TempDir;

use super::support::{cases, failure, watched};

/// Partitions of every batch of the stream that `program` makes.
fn partitions<P: Pipeline<Item: Clone>>(
    setup: &Setup,
    batches: usize,
    program: impl FnOnce(&StreamingContext) -> DStream<P::Item, P>,
) -> Vec<(usize, Vec<P::Item>)> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    setup.run_context(batches, |ssc| {
        program(ssc).foreach_rdd(move |rdd| {
            noted
                .lock()
                .unwrap()
                .push((rdd.partitions(), rdd.collect()));
        });
    });
    std::mem::take(&mut *seen.lock().unwrap())
}

fn setup(workers: usize, partitions: usize) -> Setup {
    Setup {
        workers,
        partitions,
        ..Setup::default()
    }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn a_queue_gives_its_items_one_a_batch_or_all_at_once(
        items in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..6), 0..5),
        idle in prop::option::of(prop::collection::vec(any::<u8>(), 0..4)),
        slices in 1_usize..4,
        workers in 1_usize..4,
        all_at_once: bool,
    ) {
        let mut options = QueueOptions::new();
        if all_at_once {
            options = options.all_at_once();
        }
        let nothing = match &idle {
            Some(records) => (slices, records.clone()),
            None => (1, Vec::new()),
        };
        if let Some(records) = idle {
            options = options.default_records(records);
        }
        let mut expected: Vec<(usize, Vec<u8>)> = if !all_at_once {
            items.iter().map(|item| (slices, item.clone())).collect()
        } else if items.is_empty() {
            Vec::new()
        } else {
            vec![(slices * items.len(), items.concat())]
        };
        expected.resize(6, nothing);
        let seen = partitions(&setup(workers, slices), 6, |ssc| {
            ssc.queue_stream_with(items, options)
        });
        prop_assert_eq!(seen, expected);
    }
}

#[test]
fn a_queue_is_live_and_keeps_its_partitions() {
    let queue = RddQueue::new();
    queue.push_partitions(vec![vec![1], vec![], vec![2, 3]]);
    let later = queue.clone();
    let seen = partitions(&setup(2, 2), 4, |ssc| {
        let stream = ssc.queue_stream(queue);
        stream.foreach_rdd_with_time(move |_, time| {
            if time.as_millis() == 2000 {
                later.push(vec![4]);
            }
        });
        stream
    });
    let expected = [(3, vec![1, 2, 3]), (1, vec![]), (2, vec![4]), (1, vec![])];
    assert_eq!(seen, expected);
}

#[test]
fn an_explicit_default_of_no_partitions_has_none() {
    let seen = partitions(&setup(1, 2), 1, |ssc| {
        let options = QueueOptions::<u8>::new().default_partitions(Vec::new());
        ssc.queue_stream_with(RddQueue::new(), options)
    });
    assert_eq!(seen, [(0, vec![])]);
}

/// A context on the wall clock that ends when its sources have.
fn ending(settings: &[(&str, &str)]) -> StreamingContext {
    let mut conf = Conf::new();
    conf.set(keys::MASTER, "local[2]")
        .set(keys::STOP_AT_EOF, "true");
    for (key, value) in settings {
        conf.set(*key, *value);
    }
    millrace::testing::context(&conf, Duration::milliseconds(20)).unwrap()
}

/// Records of all batches of a stream, as they come.
fn records<P: Pipeline<Item: Clone>>(stream: &DStream<P::Item, P>) -> Channel<P::Item> {
    let (send, seen) = channel();
    stream.foreach_rdd(move |rdd| {
        for record in rdd.collect() {
            // The test may have what it wanted.
            let _ = send.send(record);
        }
    });
    seen
}

fn to_the_end(ssc: StreamingContext) -> Result<()> {
    ssc.start()?;
    ssc.await_termination()
}

#[test]
fn a_run_ends_when_its_last_queue_has() {
    let seen = watched(|| {
        let ssc = ending(&[]);
        let first = ssc.queue_stream(vec![vec![1], vec![2]]);
        let second = ssc.queue_stream(vec![vec![10], vec![20], vec![30]]);
        let seen = records(&first.union(&second));
        to_the_end(ssc).unwrap();
        let mut seen: Vec<i32> = seen.iter().collect();
        seen.sort_unstable();
        seen
    });
    assert_eq!(seen, [1, 2, 10, 20, 30]);
}

/// A directory whose files have times of 1970, as the harness' batches have.
struct Watched(TempDir);

impl Watched {
    fn new() -> Watched {
        Watched(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }

    fn write(&self, name: &str, millis: u64, contents: impl AsRef<[u8]>) {
        write(self.0.path(), name, millis, contents);
    }
}

fn write(directory: &Path, name: &str, millis: u64, contents: impl AsRef<[u8]>) {
    let path = directory.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, contents).unwrap();
    touch(&path, millis);
}

fn touch(path: &Path, millis: u64) {
    let file = std::fs::File::open(path).unwrap();
    file.set_modified(UNIX_EPOCH + StdDuration::from_millis(millis))
        .unwrap();
}

/// The lines of every batch, as strings, with the number of partitions.
fn lines(
    setup: &Setup,
    batches: usize,
    program: impl FnOnce(&StreamingContext) -> Computed<millrace::Text>,
) -> Vec<(usize, Vec<String>)> {
    let seen = partitions(setup, batches, program).into_iter();
    let strings = |lines: Vec<millrace::Text>| lines.iter().map(ToString::to_string).collect();
    seen.map(|(partitions, lines)| (partitions, strings(lines)))
        .collect()
}

proptest! {
    #![proptest_config(cases(24))]

    /// Every file is in the batch of its time, each a partition, in the order of their times.
    #[test]
    fn files_are_read_once_and_in_order(
        files in prop::collection::btree_map("[a-z]{1,4}", (1_u64..3500, "([a-c]{0,3}\n?){0,6}"), 0..6),
        workers in 1_usize..4,
    ) {
        let directory = Watched::new();
        for (name, (millis, contents)) in &files {
            directory.write(name, *millis, contents);
        }
        let mut order: Vec<_> = files.iter().collect();
        order.sort_by_key(|&(name, &(millis, _))| (millis, name));
        let expected: Vec<(usize, Vec<String>)> = (0..4)
            .map(|batch| {
                let own = order.iter().filter(|(_, (millis, contents))| {
                    millis.div_ceil(1000) == batch + 1 && !contents.is_empty()
                });
                let own: Vec<_> = own.collect();
                let lines = own.iter().flat_map(|(_, (_, contents))| contents.lines());
                (own.len(), lines.map(str::to_owned).collect())
            })
            .collect();
        let seen = lines(&setup(workers, 1), 4, |ssc| ssc.text_file_stream(directory.path()));
        prop_assert_eq!(seen, expected);
    }
}

#[test]
fn files_that_spark_chokes_on_are_passed_over() {
    let directory = Watched::new();
    directory.write("good", 500, "\u{feff}good\r\nlines\n");
    directory.write("empty", 500, "");
    for name in ["_temporary", ".hidden"] {
        directory.write(name, 500, "not this\n");
    }
    let seen = lines(&setup(2, 1), 1, |ssc| {
        ssc.text_file_stream(directory.path())
    });
    assert_eq!(seen, [(1, vec!["good".to_owned(), "lines".to_owned()])]);
}

#[test]
fn a_new_directory_counts_as_its_files_and_what_is_deeper_does_not() {
    let directory = Watched::new();
    directory.write("sub/b", 900, "b\n");
    directory.write("sub/a", 900, "a\n");
    directory.write("sub/old", 0, "old\n");
    directory.write("sub/deep/x", 900, "x\n");
    directory.write("sub/_x", 900, "x\n");
    touch(&directory.0.path().join("sub"), 600);
    directory.write("first", 500, "first\n");
    let seen = lines(&setup(2, 1), 2, |ssc| {
        ssc.text_file_stream(directory.path())
    });
    let all = ["first", "old", "a", "b"].map(str::to_owned).to_vec();
    assert_eq!(seen, [(4, all), (0, vec![])]);
}

#[test]
fn a_pattern_names_directories_and_a_missing_one_is_waited_for() {
    let top = Watched::new();
    let later = top.0.path().to_owned();
    let pattern = format!("file://{}/day-[0-9]", top.path());
    let seen = lines(&setup(1, 1), 3, |ssc| {
        let stream = ssc.text_file_stream(&pattern);
        stream.foreach_rdd_with_time(move |_, time| {
            if time.as_millis() == 1000 {
                write(&later, "day-2/f", 1500, "two\n");
                write(&later, "day-1/f", 1500, "one\n");
                write(&later, "day-x/f", 1500, "x\n");
            }
        });
        stream
    });
    let both = vec!["one".to_owned(), "two".to_owned()];
    assert_eq!(seen, [(0, vec![]), (2, both), (0, vec![])]);
}

#[test]
fn a_filter_and_old_files_are_a_matter_of_options() {
    let directory = Watched::new();
    directory.write("a.log", 700, "log\n");
    directory.write("a.txt", 700, "text\n");
    let is_log = |path: &Path| path.extension().is_some_and(|ending| ending == "log");
    let seen = lines(&setup(1, 1), 1, |ssc| {
        ssc.file_stream(directory.path(), FileOptions::new().filter(is_log))
    });
    assert_eq!(seen, [(1, vec!["log".to_owned()])]);
    // On the wall clock: what was there before the stream is read only if it is asked for.
    for (new_files_only, expected) in [(true, None), (false, Some("now".to_owned()))] {
        let seen = watched(move || {
            let directory = tempfile::tempdir().unwrap();
            std::fs::write(directory.path().join("f"), "now\n").unwrap();
            // The clock counts milliseconds: none but later files are new.
            let written = std::time::Instant::now();
            while written.elapsed() < StdDuration::from_millis(2) {
                thread::yield_now();
            }
            let ssc = ending(&[(keys::MAX_BATCHES, "3")]);
            let options = FileOptions::new().new_files_only(new_files_only);
            let stream = ssc.file_stream(directory.path().to_str().unwrap(), options);
            let seen = records(&stream.map(|line| line.to_string()));
            to_the_end(ssc).unwrap();
            seen.iter().next()
        });
        assert_eq!(seen, expected);
    }
}

#[test]
fn a_large_file_is_one_partition_and_is_read_in_parallel() {
    let directory = Watched::new();
    let contents: String = (0..1_200_000).map(|number| format!("{number}\n")).collect();
    assert!(contents.len() > 8 << 20, "three pieces");
    directory.write("large", 500, contents);
    for workers in [1, 3] {
        let seen = partitions(&setup(workers, 2), 1, |ssc| {
            let lines = ssc.text_file_stream(directory.path());
            lines.map(|line| line.as_str().parse::<u32>().unwrap())
        });
        let (partitions, numbers) = &seen[0];
        assert_eq!(*partitions, 1);
        assert!(numbers.iter().copied().eq(0..1_200_000));
    }
}

#[test]
fn records_of_one_length_are_cut_and_half_a_record_is_left_out() {
    let directory = Watched::new();
    directory.write("a", 500, [1, 2, 3, 4]);
    directory.write("b", 600, [5, 6, 7]);
    directory.write("c", 700, [8]);
    let path = directory.path().to_owned();
    let seen = partitions(&setup(2, 1), 1, |ssc| ssc.binary_records_stream(&path, 2));
    assert_eq!(seen, [(3, vec![vec![1, 2], vec![3, 4], vec![5, 6]])]);
}

/// The file is there when the batch takes it, and something else when it is read.
#[test]
fn a_file_that_goes_before_it_is_read_is_passed_over_and_the_others_count() {
    let spoilt: [fn(&Path); 3] = [
        |path| std::fs::remove_file(path).unwrap(),
        |path| std::fs::rename(path, path.with_file_name(".moved")).unwrap(),
        |path| {
            std::fs::remove_file(path).unwrap();
            std::fs::create_dir(path).unwrap();
        },
    ];
    for spoil in spoilt {
        let directory = Watched::new();
        directory.write("a", 500, "a\n");
        directory.write("gone", 600, "gone\n");
        directory.write("z", 700, "z\n");
        directory.write("later", 1500, "later\n");
        let gone = directory.0.path().join("gone");
        let seen = lines(&setup(2, 1), 2, |ssc| {
            let stream = ssc.text_file_stream(directory.path());
            let spoil = move |rdd: &Rdd<_>| {
                if rdd.partitions() == 3 {
                    spoil(&gone);
                }
            };
            stream.foreach_rdd(spoil);
            stream
        });
        let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(seen, [(3, of(&["a", "z"])), (1, of(&["later"]))]);
    }
}

/// Lines before the damage count, if they are whole.
#[test]
fn compressed_files_are_read_and_damaged_ones_as_far_as_they_go() {
    let text: String = (0..20_000).map(|number| format!("{number}\n")).collect();
    let compress = |bytes: &[u8]| {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    };
    let whole = compress(text.as_bytes());
    let directory = Watched::new();
    directory.write("a.gz", 500, &whole);
    directory.write("b.gz", 600, &whole[..whole.len() / 2]);
    directory.write("c.gz", 700, "no gzip at all");
    directory.write("d", 800, "-1\n");
    let seen = partitions(&setup(2, 1), 1, |ssc| {
        let lines = ssc.text_file_stream(directory.path());
        lines.map(|line| line.as_str().parse::<i32>().unwrap())
    });
    let (partitions, numbers) = &seen[0];
    assert_eq!(*partitions, 4);
    let (first, rest) = numbers.split_at(20_000);
    assert!(first.iter().copied().eq(0..20_000));
    let (last, half) = rest.split_last().unwrap();
    assert_eq!(*last, -1);
    assert!(half.iter().copied().eq(0..half.len() as i32));
    assert!((1..20_000).contains(&half.len()));

    millrace::testing::run_context(0, |ssc| {
        let path = |name: &str| directory.0.path().join(name).display().to_string();
        let read = ssc.text_file(&path("a.gz")).unwrap();
        assert_eq!((read.partitions(), read.count()), (1, 20_000));
        let error = ssc.text_file(&path("b.gz")).unwrap_err().to_string();
        assert!(
            error.starts_with("cannot read ") && error.contains("b.gz"),
            "{error}"
        );
    });
}

#[test]
fn files_of_sub_directories_are_taken_if_that_is_asked_for() {
    let directory = Watched::new();
    directory.write("one.log", 500, "one\n");
    directory.write("sub/two.log", 600, "two\n");
    directory.write("sub/deep/three.log", 1500, "three\n");
    directory.write("sub/four", 700, "four\n");
    let is_log = |path: &Path| path.extension().is_some_and(|ending| ending == "log");
    let seen = lines(&setup(1, 1), 2, |ssc| {
        let options = FileOptions::new().filter(is_log).recursive(true);
        ssc.file_stream(directory.path(), options)
    });
    let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(seen, [(2, of(&["one", "two"])), (1, of(&["three"]))]);
    let path = directory.path();
    millrace::testing::run_context(0, |ssc| {
        let error = ssc.text_file(path).unwrap_err().to_string();
        assert!(error.contains("sub"), "a directory is no file: {error}");
        let all = ssc
            .text_file_with(path, FileOptions::new().recursive(true))
            .unwrap();
        assert_eq!(all.collect(), ["one", "three", "four", "two"]);
        let logs = FileOptions::new().recursive(true).filter(is_log);
        assert_eq!(ssc.text_file_with(path, logs).unwrap().count(), 3);
    });
}

#[test]
fn a_reader_of_the_programs_own_reads_files() {
    let directory = Watched::new();
    directory.write("f", 500, "1;2;3");
    let seen = partitions(&setup(1, 1), 1, |ssc| {
        ssc.file_stream_with(directory.path(), FileOptions::new(), |file| {
            let parts = file.split(b';').map_while(std::result::Result::ok);
            parts.map(|part| String::from_utf8(part).unwrap().parse::<u8>().unwrap())
        })
    });
    assert_eq!(seen, [(1, vec![1, 2, 3])]);
}

#[test]
fn a_directory_that_cannot_be_meant_is_an_error_of_the_start() {
    for directory in ["hdfs://host/in", "/a/[b", ""] {
        let ssc = ending(&[]);
        let _seen = records(&ssc.text_file_stream(directory));
        let message = failure(ssc.start()).to_string();
        assert!(message.contains("sources.rs"), "{message}");
    }
    let ssc = ending(&[]);
    let _seen = records(&ssc.binary_records_stream("/tmp", 0));
    failure(ssc.start());
}

/// Stores what `run` says, on several threads, and stops when all of them have.
struct ThreadGroup<F> {
    threads: u32,
    run: F,
}

impl<T: Data, F: Fn(u32, &ReceiverContext<T>) + Clone + Send + 'static> Receiver
    for ThreadGroup<Storing<T, F>>
{
    type Item = T;

    fn on_start(&mut self, context: ReceiverContext<T>) {
        let left = Arc::new(Mutex::new(self.threads));
        for number in 0..self.threads {
            let (run, left) = (self.run.0.clone(), Arc::clone(&left));
            context.spawn("storing", move |context| {
                run(number, &context);
                let mut left = left.lock().unwrap();
                *left -= 1;
                if *left == 0 {
                    context.stop("it has stored everything");
                }
            });
        }
    }
}

/// A function with what it stores.
struct Storing<T, F>(F, std::marker::PhantomData<fn() -> T>);

fn threads<T: Data, F: Fn(u32, &ReceiverContext<T>) + Clone + Send + 'static>(
    threads: u32,
    run: F,
) -> ThreadGroup<Storing<T, F>> {
    let run = Storing(run, std::marker::PhantomData);
    ThreadGroup { threads, run }
}

/// Counts what batches say they have received.
struct Counted(Arc<Mutex<u64>>);

impl StreamingListener for Counted {
    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        *self.0.lock().unwrap() += batch.num_records();
    }
}

#[test]
fn what_receivers_store_is_seen_once_and_in_order() {
    const EACH: u32 = 20_000;
    let counted = Arc::new(Mutex::new(0));
    let listener = Counted(Arc::clone(&counted));
    let seen = watched(move || {
        let ssc = ending(&[
            (keys::MAX_BYTES_IN_FLIGHT, "1m"),
            (keys::BLOCK_INTERVAL, "5ms"),
        ]);
        ssc.add_streaming_listener(listener);
        let store = |receiver: u32| {
            threads(
                3,
                move |thread, context: &ReceiverContext<(u32, u32, u32)>| {
                    for start in (0..EACH).step_by(100) {
                        let records = (start..start + 100).map(|record| (receiver, thread, record));
                        // Blocks and single records keep their order.
                        let stored = if start % 200 == 0 {
                            context.store_many(records)
                        } else {
                            context.store_block(records.collect())
                        };
                        assert!(stored);
                    }
                },
            )
        };
        let first = ssc.receiver_stream(store(0));
        let second = ssc.receiver_stream(store(1));
        let both = records(&first.union(&second));
        // The same, combined while it comes in.
        let pairs = first.map(|(_, thread, record)| (thread, u64::from(record)));
        let sums = records(&pairs.reduce_by_key(|a, b| a + b));
        to_the_end(ssc).unwrap();
        (
            both.iter().collect::<Vec<_>>(),
            sums.iter().collect::<Vec<_>>(),
        )
    });
    let (both, sums) = seen;
    for receiver in 0..2 {
        for thread in 0..3 {
            let own = both
                .iter()
                .filter(|record| (record.0, record.1) == (receiver, thread));
            assert!(own.map(|record| record.2).eq(0..EACH));
        }
    }
    for thread in 0..3 {
        let own = sums.iter().filter(|(key, _)| *key == thread);
        let sum: u64 = own.map(|(_, sum)| sum).sum();
        assert_eq!(sum, u64::from(EACH) * u64::from(EACH - 1) / 2);
    }
    assert_eq!(both.len(), 6 * EACH as usize);
    assert_eq!(
        *counted.lock().unwrap(),
        u64::from(6 * EACH),
        "counted exactly"
    );
}

/// Notes what receivers said of the blocks of each batch.
struct Said(Arc<Mutex<Vec<String>>>);

impl StreamingListener for Said {
    fn on_batch_completed(&mut self, batch: &BatchInfo) {
        let inputs = batch.stream_id_to_input_info.values();
        let said = inputs.flat_map(|input| input.block_metadata.clone());
        self.0.lock().unwrap().extend(said);
    }
}

#[test]
fn blocks_come_with_what_was_said_of_them_and_bytes_are_records_or_refused() {
    let said = Arc::new(Mutex::new(Vec::new()));
    let listener = Said(Arc::clone(&said));
    let seen = watched(move || {
        let ssc = ending(&[]);
        ssc.add_streaming_listener(listener);
        let store = |_, context: &ReceiverContext<(u8, bool)>| {
            assert!(context.store_block_with_metadata(vec![(1, true)], "first"));
            // A list of a number and a truth, twice; then others that are none.
            let two = [0x92, 2, 0xc3, 0x92, 3, 0xc2];
            assert!(context.store_bytes(&two).unwrap());
            assert!(
                context
                    .store_bytes_with_metadata(&two[..3], "third")
                    .unwrap()
            );
            for bad in [&two[..5], &[0x92, 0xc3, 2], b"text"] {
                let refused = context.store_bytes_with_metadata(bad, "bad").unwrap_err();
                assert_eq!(refused.kind(), std::io::ErrorKind::InvalidData);
            }
        };
        let seen = records(&ssc.receiver_stream(threads(1, store)));
        to_the_end(ssc).unwrap();
        seen.iter().collect::<Vec<_>>()
    });
    assert_eq!(seen, [(1, true), (2, true), (3, false), (2, true)]);
    assert_eq!(*said.lock().unwrap(), ["first", "third"]);
}

#[test]
fn the_last_end_of_a_connection_ends_its_receiver_and_what_it_cut_off_is_counted() {
    let reset = || Err(std::io::ErrorKind::ConnectionReset.into());
    let counts = watched(move || {
        let ssc = ending(&[
            (keys::STOP_AT_RESET, "true"),
            (keys::RECEIVER_RESTART_DELAY, "10ms"),
        ]);
        let closed = |_, context: &ReceiverContext<u8>| {
            context.disconnected("a sender", Ok(()), 0);
        };
        let _closed = records(&ssc.receiver_stream(threads(1, closed)));
        let reset = move |_, context: &ReceiverContext<u8>| {
            context.disconnected("another", reset(), 7);
        };
        let _reset = records(&ssc.receiver_stream(threads(1, reset)));
        ssc.start().unwrap();
        ssc.await_termination().unwrap();
        ssc.input_counts()
    });
    assert_eq!((counts.unfinished_dropped, counts.unfinished_bytes), (1, 7));
}

#[test]
fn records_that_batches_took_from_queues_are_counted() {
    let counts = watched(|| {
        let ssc = ending(&[]);
        let _seen = records(&ssc.queue_stream(vec![vec![1_u8, 2], vec![], vec![3]]));
        ssc.start().unwrap();
        ssc.await_termination().unwrap();
        ssc.input_counts()
    });
    assert_eq!(counts.queue_records, 3);
    assert_eq!((counts.lines_cut, counts.unfinished_dropped), (0, 0));
}

/// Notes what is said of receivers.
struct Errors(Arc<Mutex<Vec<(String, String)>>>);

impl Errors {
    fn note(&self, receiver: &ReceiverInfo) {
        let error = (receiver.name.clone(), receiver.last_error_message.clone());
        self.0.lock().unwrap().push(error);
    }
}

impl StreamingListener for Errors {
    fn on_receiver_error(&mut self, receiver: &ReceiverInfo) {
        self.note(receiver);
    }

    fn on_receiver_stopped(&mut self, receiver: &ReceiverInfo) {
        self.note(receiver);
    }
}

/// Panics when it is started, then in a thread, then stores and stops.
struct Clumsy(u32);

impl Receiver for Clumsy {
    type Item = u32;

    fn on_start(&mut self, context: ReceiverContext<u32>) {
        self.0 += 1;
        match self.0 {
            1 => panic!("at the start"),
            2 => context.spawn("reader", |context| {
                context.store(2);
                panic!("amid the reading");
            }),
            _ => {
                context.report_error("nothing to worry about");
                context.store(3);
                context.stop("done");
            }
        }
    }
}

#[test]
fn a_receiver_that_panics_is_started_again_and_the_others_go_on() {
    let errors = Arc::new(Mutex::new(Vec::new()));
    let listener = Errors(Arc::clone(&errors));
    let (clumsy, steady) = watched(move || {
        let ssc = ending(&[(keys::RECEIVER_RESTART_DELAY, "10ms")]);
        ssc.add_streaming_listener(listener);
        let clumsy = records(&ssc.receiver_stream(Clumsy(0)));
        let store = |_, context: &ReceiverContext<u32>| {
            context.store_many(0..1000);
        };
        let steady = records(&ssc.receiver_stream(threads(1, store)));
        to_the_end(ssc).unwrap();
        (
            clumsy.iter().collect::<Vec<_>>(),
            steady.iter().collect::<Vec<_>>(),
        )
    });
    assert_eq!(clumsy, [2, 3]);
    assert!(steady.into_iter().eq(0..1000));
    let errors = errors.lock().unwrap();
    // The harness has no stream of its own here: the first one is number zero.
    let clumsy = errors.iter().filter(|(name, _)| name == "Clumsy-0");
    let messages: Vec<&str> = clumsy.map(|(_, message)| message.as_str()).collect();
    let expected = [
        "Restarting receiver with delay 10ms: on_start panicked: at the start",
        "Restarting receiver with delay 10ms: its thread reader panicked: amid the reading",
        "nothing to worry about",
        "done",
    ];
    assert_eq!(messages, expected);
}

/// A server for one connection, and what it sends.
fn server(bytes: Vec<u8>) -> (u16, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let sending = thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        connection.write_all(&bytes).unwrap();
    });
    (port, sending)
}

#[test]
fn sockets_of_records_and_of_frames_bring_all_of_them() {
    let (numbers, frames) = watched(|| {
        let (ports, senders): (Vec<u16>, Vec<_>) = [
            (0..100_000_u32).flat_map(u32::to_le_bytes).collect(),
            (0..2000_u32)
                .flat_map(|length| [&length.to_be_bytes()[..], &vec![7; length as usize]].concat())
                .collect(),
        ]
        .into_iter()
        .map(server)
        .unzip();
        let ssc = ending(&[(keys::MAX_BYTES_IN_FLIGHT, "2m")]);
        let numbers = ssc.socket_stream("127.0.0.1", ports[0], |connection| {
            let mut connection = BufReader::new(connection);
            std::iter::from_fn(move || {
                let mut bytes = [0; 4];
                connection.read_exact(&mut bytes).ok()?;
                Some(u32::from_le_bytes(bytes))
            })
        });
        let numbers = records(&numbers);
        let frames = ssc.raw_socket_stream("127.0.0.1", ports[1]);
        let frames = records(&frames.map(|frame| frame.len()));
        to_the_end(ssc).unwrap();
        senders
            .into_iter()
            .for_each(|sender| sender.join().unwrap());
        (
            numbers.iter().collect::<Vec<_>>(),
            frames.iter().collect::<Vec<_>>(),
        )
    });
    assert!(numbers.into_iter().eq(0..100_000));
    assert!(frames.into_iter().eq(0..2000));
}

#[test]
fn a_converter_that_panics_costs_its_connection_and_no_more() {
    let seen = watched(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let sender = thread::spawn(move || {
            for message in [&b"1\n2\nbad\n9\n"[..], b"3\n"] {
                let (mut connection, _) = listener.accept().unwrap();
                // The first one is left before its end.
                let _ = connection.write_all(message);
            }
        });
        let ssc = ending(&[(keys::RECEIVER_RESTART_DELAY, "10ms")]);
        let numbers = ssc.socket_stream("127.0.0.1", port, |connection| {
            let lines = BufReader::new(connection)
                .lines()
                .map_while(std::result::Result::ok);
            lines.map(|line| line.parse::<u8>().unwrap())
        });
        let seen = records(&numbers);
        to_the_end(ssc).unwrap();
        sender.join().unwrap();
        seen.iter().collect::<Vec<_>>()
    });
    assert_eq!(seen, [1, 2, 3]);
}

#[test]
fn a_stop_is_seen_by_receivers_and_takes_what_they_have_stored() {
    let (stored, seen) = watched(|| {
        let mut conf = Conf::new();
        conf.set(keys::MASTER, "local[1]");
        let ssc = millrace::testing::context(&conf, Duration::milliseconds(20)).unwrap();
        let (tell, told) = channel();
        let endless = move |_, context: &ReceiverContext<u64>| {
            let mut stored = 0;
            while !context.is_stopped() && context.store(stored) {
                stored += 1;
            }
            tell.send(stored).unwrap();
        };
        let seen = records(&ssc.receiver_stream(threads(1, endless)));
        ssc.start().unwrap();
        let first = seen.recv().unwrap();
        ssc.stop(true);
        drop(ssc);
        let seen: Vec<u64> = std::iter::once(first).chain(seen.iter()).collect();
        (told.recv().unwrap(), seen)
    });
    assert!(seen.into_iter().eq(0..stored));
}

#[test]
fn a_rate_that_is_none_is_refused_and_zero_is_no_limit() {
    let context = |rate: &str| {
        let mut conf = Conf::new();
        conf.set(keys::RECEIVER_MAX_RATE, rate);
        millrace::testing::context(&conf, Duration::seconds(1))
    };
    for rate in ["fast", "1.5", "10/s", ""] {
        assert!(context(rate).is_err(), "{rate}");
    }
    for rate in ["0", "-1", "9223372036854775807", "100"] {
        assert!(context(rate).is_ok(), "{rate}");
    }
}

#[test]
fn a_rate_limits_lines_and_loses_none() {
    let batches = watched(|| {
        let (port, sender) = server(b"line\r\n".repeat(1200));
        let ssc = ending(&[(keys::RECEIVER_MAX_RATE, "500")]);
        let (send, batches) = channel();
        let lines = ssc.socket_text_stream("127.0.0.1", port);
        lines.foreach_rdd_with_time(move |rdd, time| {
            send.send((time.as_millis(), rdd.count())).unwrap();
        });
        to_the_end(ssc).unwrap();
        sender.join().unwrap();
        batches.iter().collect::<Vec<_>>()
    });
    assert_eq!(batches.iter().map(|(_, count)| count).sum::<u64>(), 1200);
    let with_lines = batches.iter().filter(|(_, count)| *count > 0);
    let times: Vec<i64> = with_lines.map(|(time, _)| *time).collect();
    // A second's worth can have been saved up before the connection was there. The rest takes
    // 1.4 seconds; a machine that is busy may be late with its last batch.
    let took = times[times.len() - 1] - times[0];
    assert!(took >= 500, "{took} ms");
}
