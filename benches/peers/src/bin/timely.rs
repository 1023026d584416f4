//! The programs on timely dataflow: an epoch is a batch, and what a batch has is told when its
//! epoch has passed.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::hash::BuildHasher;
use std::process::ExitCode;
use std::rc::Rc;

use foldhash::fast::FixedState;
use foldhash::{HashMap, HashMapExt};
use millrace_benches::checksum;
use millrace_benches::keyed::{Pair, parts};
use millrace_peers::{Mark, Outcome, Program, Size, WINDOW, WORKERS, main_of, term, words};
use timely::dataflow::channels::pact::{Exchange, Pipeline};
use timely::dataflow::operators::{Inspect, Operator, Probe};
use timely::dataflow::{InputHandle, ProbeHandle};
use timely::worker::Worker;
use timely::{Config, ExchangeData};

/// Records that are sent at once.
const CHUNK: usize = 1 << 10;

fn main() -> ExitCode {
    main_of("timely", run)
}

fn run(program: Program, size: Size) -> Option<Outcome> {
    let (warm, timed) = program.batches();
    let records = match program {
        Program::WordCount => words(&size.texts(warm + timed), warm),
        Program::Join => 2 * (size.keys * timed) as u64,
        Program::Window | Program::WindowRead | Program::WindowEach => {
            (size.keys / 10 * timed) as u64
        }
    };
    let work = move |worker: &mut Worker| match program {
        Program::WordCount => word_count(worker, size),
        Program::Join => join(worker, size),
        Program::Window => window(worker, size, false),
        // It keeps no order that a reader could see.
        Program::WindowRead | Program::WindowEach => window(worker, size, true),
    };
    let workers = timely::execute(Config::process(WORKERS), work).expect("threads are given");
    let shares: Vec<(Took, u64)> = workers
        .join()
        .into_iter()
        .map(|share| share.expect("no worker fails"))
        .collect();
    Some(Outcome {
        records,
        // Every worker waits for the others at the end of every batch.
        seconds: shares[0].0.0,
        cpu_seconds: shares[0].0.1,
        checksum: shares
            .iter()
            .fold(0, |sum, share| sum.wrapping_add(share.1)),
    })
}

/// A worker's share of every batch, in chunks.
type Share<T> = Vec<VecDeque<Vec<T>>>;

/// The worker's share of every batch.
fn share<T>(worker: &Worker, batches: impl Iterator<Item = Vec<T>>) -> Share<T> {
    let of_batch = |batch: Vec<T>| {
        let own = parts(batch, WORKERS).swap_remove(worker.index());
        let chunks = own.len().div_ceil(CHUNK);
        parts(own, chunks).into()
    };
    batches.map(of_batch).collect()
}

/// One input of a dataflow.
struct Source<T: ExchangeData + Clone> {
    input: InputHandle<u64, timely::container::CapacityContainerBuilder<Vec<T>>>,
    share: Share<T>,
}

impl<T: ExchangeData + Clone> Source<T> {
    fn new(share: Share<T>) -> Source<T> {
        Source {
            input: InputHandle::new(),
            share,
        }
    }

    /// Sends the next chunk of a batch, if there is one.
    fn send(&mut self, batch: usize) -> bool {
        let chunk = self.share[batch].pop_front();
        chunk.is_some_and(|mut chunk| {
            self.input.send_batch(&mut chunk);
            true
        })
    }
}

/// Seconds and processor seconds.
type Took = (f64, f64);

/// Runs all batches, one after the other, and gives the seconds of the timed ones, and the sum
/// of what they gave to `sum`.
fn drive(
    worker: &mut Worker,
    (warm, timed): (usize, usize),
    probe: &ProbeHandle<u64>,
    sum: &Cell<u64>,
    mut send: impl FnMut(usize) -> bool,
    mut advance: impl FnMut(u64),
) -> (Took, u64) {
    timely::synchronization::Barrier::new(worker).wait();
    let mut start = Mark::now();
    for batch in 0..warm + timed {
        if batch == warm {
            start = Mark::now();
            sum.set(0);
        }
        while send(batch) {
            worker.step();
        }
        let next = batch as u64 + 1;
        advance(next);
        while probe.less_than(&next) {
            worker.step();
        }
    }
    (start.until(Mark::now()), sum.get())
}

/// Which worker has a key. Tables are seeded otherwise.
fn hash(key: &(impl std::hash::Hash + ?Sized)) -> u64 {
    FixedState::default().hash_one(key)
}

fn word_count(worker: &mut Worker, size: Size) -> (Took, u64) {
    let (warm, timed) = Program::WordCount.batches();
    let lines = |text: String| text.lines().map(str::to_owned).collect();
    let share = share(worker, size.texts(warm + timed).into_iter().map(lines));
    let mut source: Source<String> = Source::new(share);
    let (probe, sum) = (ProbeHandle::new(), Rc::new(Cell::new(0_u64)));
    let adding = Rc::clone(&sum);
    worker.dataflow::<u64, _, _>(|scope| {
        source
            .input
            .to_stream(scope)
            .unary_frontier(Pipeline, "count what is here", |_, _| {
                let mut open = HashMap::new();
                move |(input, frontier), output| {
                    input.for_each_stamp(|cap, data| {
                        let Some(cap) = cap.retain_least(output.output_index()) else {
                            return;
                        };
                        let counts: &mut HashMap<String, u64> = open.entry(cap).or_default();
                        for line in data.flat_map(|lines| lines.drain(..)) {
                            for word in line.split(' ') {
                                match counts.get_mut(word) {
                                    Some(count) => *count += 1,
                                    None => drop(counts.insert(word.to_owned(), 1)),
                                }
                            }
                        }
                    });
                    open.retain(|cap, counts| {
                        let is_open = frontier.less_equal(cap.time());
                        if !is_open {
                            output.session(cap).give_iterator(counts.drain());
                        }
                        is_open
                    });
                }
            })
            .container::<Vec<_>>()
            .unary_frontier(
                Exchange::new(|(word, _): &(String, u64)| hash(word.as_str())),
                "add up",
                |_, _| {
                    let mut open = HashMap::new();
                    move |(input, frontier), output| {
                        input.for_each_stamp(|cap, data| {
                            let Some(cap) = cap.retain_least(output.output_index()) else {
                                return;
                            };
                            let counts: &mut HashMap<String, u64> = open.entry(cap).or_default();
                            for (word, count) in data.flat_map(|counts| counts.drain(..)) {
                                *counts.entry(word).or_default() += count;
                            }
                        });
                        open.retain(|cap, counts| {
                            let is_open = frontier.less_equal(cap.time());
                            if !is_open {
                                output.session(cap).give_iterator(counts.drain());
                            }
                            is_open
                        });
                    }
                },
            )
            .container::<Vec<_>>()
            .inspect(move |(word, count): &(String, u64)| {
                let term = checksum::term(word.as_bytes(), *count);
                adding.set(adding.get().wrapping_add(term));
            })
            .probe_with(&probe);
    });
    let source = RefCell::new(source);
    drive(
        worker,
        (warm, timed),
        &probe,
        &sum,
        |batch| source.borrow_mut().send(batch),
        |next| source.borrow_mut().input.advance_to(next),
    )
}

fn join(worker: &mut Worker, size: Size) -> (Took, u64) {
    let (warm, timed) = Program::Join.batches();
    let side = |worker: &Worker, side| {
        let batches = (0..warm + timed).map(|batch| size.side(batch, side));
        Source::new(share(worker, batches))
    };
    let (mut left, mut right): (Source<Pair>, Source<Pair>) = (side(worker, 0), side(worker, 1));
    let (probe, sum) = (ProbeHandle::new(), Rc::new(Cell::new(0_u64)));
    let adding = Rc::clone(&sum);
    worker.dataflow::<u64, _, _>(|scope| {
        let by_key = || Exchange::new(|(key, _): &Pair| hash(key));
        let right = right.input.to_stream(scope);
        left.input
            .to_stream(scope)
            .binary_frontier(right, by_key(), by_key(), "join", |_, _| {
                // Of every open batch the values of the left side by key, the first one of a key
                // where it is found, and the right side.
                type Open = (HashMap<u64, (i64, Vec<i64>)>, Vec<Pair>);
                let mut open = HashMap::new();
                move |(left, left_frontier), (right, right_frontier), output| {
                    left.for_each_stamp(|cap, data| {
                        let Some(cap) = cap.retain_least(output.output_index()) else {
                            return;
                        };
                        let (table, _): &mut Open = open.entry(cap).or_default();
                        for (key, value) in data.flat_map(|pairs| pairs.drain(..)) {
                            table
                                .entry(key)
                                .and_modify(|(_, more)| more.push(value))
                                .or_insert_with(|| (value, Vec::new()));
                        }
                    });
                    right.for_each_stamp(|cap, data| {
                        let Some(cap) = cap.retain_least(output.output_index()) else {
                            return;
                        };
                        let (_, pairs): &mut Open = open.entry(cap).or_default();
                        pairs.extend(data.flat_map(|pairs| pairs.drain(..)));
                    });
                    open.retain(|cap, (table, pairs)| {
                        if left_frontier.less_equal(cap.time())
                            || right_frontier.less_equal(cap.time())
                        {
                            return true;
                        }
                        let mut session = output.session(cap);
                        for (key, right) in pairs.drain(..) {
                            if let Some((first, more)) = table.get(&key) {
                                session.give((key, (*first, right)));
                                session
                                    .give_iterator(more.iter().map(|left| (key, (*left, right))));
                            }
                        }
                        false
                    });
                }
            })
            .container::<Vec<_>>()
            .inspect(move |&(key, (left, right)): &(u64, (i64, i64))| {
                adding.set(adding.get().wrapping_add(term(key, left, right)));
            })
            .probe_with(&probe);
    });
    let (left, right) = (RefCell::new(left), RefCell::new(right));
    drive(
        worker,
        (warm, timed),
        &probe,
        &sum,
        |batch| left.borrow_mut().send(batch) | right.borrow_mut().send(batch),
        |next| {
            left.borrow_mut().input.advance_to(next);
            right.borrow_mut().input.advance_to(next);
        },
    )
}

fn window(worker: &mut Worker, size: Size, read: bool) -> (Took, u64) {
    let program = if read {
        Program::WindowRead
    } else {
        Program::Window
    };
    let (warm, timed) = program.batches();
    let batches = (0..warm + timed).map(|batch| size.entering(batch));
    let mut source: Source<Pair> = Source::new(share(worker, batches));
    let (probe, sum) = (ProbeHandle::new(), Rc::new(Cell::new(0_u64)));
    let sums: Rc<RefCell<HashMap<u64, i64>>> = Rc::default();
    let (adding, kept) = (Rc::clone(&sum), Rc::clone(&sums));
    worker.dataflow::<u64, _, _>(|scope| {
        source
            .input
            .to_stream(scope)
            .unary_frontier(
                Exchange::new(|(key, _): &Pair| hash(key)),
                "window",
                move |_, _| {
                    // Batches that are open, and those of the window, oldest first.
                    let mut open = BTreeMap::new();
                    let mut batches: VecDeque<Vec<Pair>> = VecDeque::new();
                    move |(input, frontier), output| {
                        input.for_each_stamp(|cap, data| {
                            let Some(cap) = cap.retain_least(output.output_index()) else {
                                return;
                            };
                            let (_, pairs) = open
                                .entry(*cap.time())
                                .or_insert_with(|| (cap, Vec::<Pair>::new()));
                            pairs.extend(data.flat_map(|pairs| pairs.drain(..)));
                        });
                        while let Some(first) = open.first_entry()
                            && !frontier.less_equal(first.key())
                        {
                            let (cap, entering) = first.remove();
                            let mut sums = kept.borrow_mut();
                            for (key, value) in &entering {
                                *sums.entry(*key).or_default() += value;
                            }
                            batches.push_back(entering);
                            if batches.len() > WINDOW {
                                for (key, value) in batches.pop_front().into_iter().flatten() {
                                    *sums.entry(key).or_default() -= value;
                                }
                            }
                            let pairs = sums.iter().map(|(key, sum)| (*key, *sum));
                            let most = if read { usize::MAX } else { 11 };
                            output.session(&cap).give_iterator(pairs.take(most));
                        }
                    }
                },
            )
            .container::<Vec<_>>()
            .inspect(move |&(key, value): &Pair| {
                adding.set(adding.get().wrapping_add(term(key, value, 0)));
            })
            .probe_with(&probe);
    });
    let source = RefCell::new(source);
    let (took, read_sum) = drive(
        worker,
        (warm, timed),
        &probe,
        &sum,
        |batch| source.borrow_mut().send(batch),
        |next| source.borrow_mut().input.advance_to(next),
    );
    if read {
        return (took, read_sum);
    }
    let last = sums.borrow();
    let terms = last.iter().map(|(key, sum)| term(*key, *sum, 0));
    (took, terms.fold(0, u64::wrapping_add))
}
