//! The families, one program each.

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use millrace::pipeline::Pipeline;
use millrace::{DStream, Duration, State, StateOptions, StateSpec, StreamingContext, Values};

use crate::load::Load;
use crate::measure::{Figures, measure};

/// Sixty batches, each of which is a second long.
const MINUTE: Duration = Duration::seconds(60);
const SECOND: Duration = Duration::seconds(1);
/// The records that `print` takes to show ten and to know whether there are more.
const PRINTED: usize = 11;

/// One line of the table.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    /// The part of a batch's result that the output reads: `first` as `print` does, or `all`.
    pub(crate) read: &'static str,
    /// The number of records that a batch brings, when so many are asked for.
    pub(crate) brings: fn(usize) -> usize,
    /// Batches that warm up, and batches that are timed.
    batches: (usize, usize),
    program: fn(&StreamingContext, &Load),
}

impl Row {
    /// Runs the row's program once.
    pub(crate) fn measure(&self, workers: usize, records: usize) -> Figures {
        let (warm, timed) = self.batches;
        let load = Load {
            records,
            warm,
            batches: warm + timed,
        };
        let brings = (self.brings)(records);
        let figures = measure(workers, self.batches, brings, |ssc| {
            (self.program)(ssc, &load);
        });
        // Only one row writes files; where there are none this does nothing.
        let _ = std::fs::remove_dir_all(scratch());
        figures
    }
}

/// A directory for files that nobody reads.
fn scratch() -> PathBuf {
    std::env::temp_dir().join(format!("millrace-families-{}", std::process::id()))
}

/// Reads what `print` would.
fn first<P: Pipeline<Item: Clone>>(stream: &DStream<P::Item, P>) {
    stream.foreach_rdd(|rdd| drop(black_box(rdd.take(PRINTED))));
}

/// Reads every record, on the workers.
fn all<P: Pipeline<Item: Clone>>(stream: &DStream<P::Item, P>) {
    all_behind(stream, 0);
}

/// The same, and in the first `warm` batches what `print` would: they fill a window or a state,
/// and reading that would take most of the time.
fn all_behind<P: Pipeline<Item: Clone>>(stream: &DStream<P::Item, P>, warm: usize) {
    let batches = AtomicUsize::new(0);
    stream.foreach_rdd(move |rdd| {
        if batches.fetch_add(1, Ordering::Relaxed) < warm {
            drop(black_box(rdd.take(PRINTED)));
            return;
        }
        rdd.for_each(|record| {
            black_box(record);
        });
    });
}

const FULL: fn(usize) -> usize = |records| records;
const TENTH: fn(usize) -> usize = |records| records / 10;
const BOTH: fn(usize) -> usize = |records| 2 * records;

/// Batches of a row that needs no more than warm buffers.
const FEW: (usize, usize) = (2, 5);
/// Batches of a window of sixty, which has to be full, and every key in it.
const WINDOW: (usize, usize) = (70, 10);
/// Batches of a state, which the first one fills.
const STATE: (usize, usize) = (3, 10);

fn row(
    (name, read): (&'static str, &'static str),
    brings: fn(usize) -> usize,
    batches: (usize, usize),
    program: fn(&StreamingContext, &Load),
) -> Row {
    Row {
        name,
        read,
        brings,
        batches,
        program,
    }
}

/// All of them.
pub(crate) fn rows() -> Vec<Row> {
    let mut rows = stateless();
    rows.extend(keyed());
    rows.extend(windows());
    rows.extend(states());
    rows.extend(datasets());
    rows
}

fn stateless() -> Vec<Row> {
    vec![
        row(("map, filter, flat_map", "all"), FULL, FEW, |ssc, load| {
            all(&load
                .drawn(ssc)
                .map(|(key, value)| key + value as u64)
                .filter(|number| number % 2 == 0)
                .flat_map(|number| [number, number + 1]));
        }),
        row(("count", "all"), FULL, FEW, |ssc, load| {
            all(&load.drawn(ssc).filter(|(key, _)| key % 2 == 0).count());
        }),
        row(("reduce", "all"), FULL, FEW, |ssc, load| {
            all(&load.drawn(ssc).map(|(_, value)| value).reduce(|a, b| a + b));
        }),
        row(("repartition", "all"), FULL, FEW, |ssc, load| {
            all(&load.drawn(ssc).repartition(4));
        }),
    ]
}

fn keyed() -> Vec<Row> {
    vec![
        row(
            ("count_by_value of words", "first"),
            FULL,
            FEW,
            |ssc, load| {
                first(&load.words(ssc).count_by_value());
            },
        ),
        row(("reduce_by_key", "first"), FULL, FEW, |ssc, load| {
            first(&load.drawn(ssc).reduce_by_key(|a, b| a + b));
        }),
        row(("reduce_by_key", "all"), FULL, FEW, |ssc, load| {
            all(&load.drawn(ssc).reduce_by_key(|a, b| a + b));
        }),
        row(
            ("reduce_by_key, every key once", "all"),
            FULL,
            FEW,
            |ssc, load| {
                all(&load.each(ssc, 0).reduce_by_key(|a, b| a + b));
            },
        ),
        row(("combine_by_key", "first"), FULL, FEW, |ssc, load| {
            first(&load.drawn(ssc).combine_by_key(
                |value| (value, 1_i64),
                |(sum, count), value| (sum + value, count + 1),
                |(sum, count), (more, others)| (sum + more, count + others),
            ));
        }),
        row(("group_by_key", "first"), FULL, FEW, |ssc, load| {
            first(&load.drawn(ssc).group_by_key());
        }),
        row(("partition_by", "all"), FULL, FEW, |ssc, load| {
            all(&load.drawn(ssc).partition_by(4));
        }),
        row(("cogroup of two", "all"), BOTH, FEW, |ssc, load| {
            all(&load.each(ssc, 0).cogroup(&load.each(ssc, 0)));
        }),
        row(("join of two", "all"), BOTH, FEW, |ssc, load| {
            all(&load.each(ssc, 0).join(&load.each(ssc, 0)));
        }),
        row(("full_outer_join of two", "all"), BOTH, FEW, |ssc, load| {
            // Half of the keys have a partner.
            let right = load.each(ssc, load.records as u64 / 2);
            all(&load.each(ssc, 0).full_outer_join(&right));
        }),
    ]
}

fn windows() -> Vec<Row> {
    vec![
        row(("window, 10 by 1", "all"), TENTH, (12, 10), |ssc, load| {
            all(&load.turns(ssc).window(Duration::seconds(10), None));
        }),
        row(
            ("reduce_by_window, 60 by 1", "all"),
            TENTH,
            WINDOW,
            |ssc, load| {
                let values = load.turns(ssc).map(|(_, value)| value);
                all(&values.reduce_by_window(|a, b| a + b, MINUTE, SECOND));
            },
        ),
        row(
            ("reduce_by_key_and_window, 60 by 1", "first"),
            TENTH,
            WINDOW,
            |ssc, load| {
                first(
                    &load
                        .turns(ssc)
                        .reduce_by_key_and_window(|a, b| a + b, MINUTE, None),
                );
            },
        ),
        row(
            ("reduce_by_key_and_window_inverse, 60 by 1", "first"),
            TENTH,
            WINDOW,
            |ssc, load| {
                let (add, subtract) = (|a, b| a + b, |a, b| a - b);
                let pairs = load.turns(ssc);
                first(&pairs.reduce_by_key_and_window_inverse(add, subtract, MINUTE, None));
            },
        ),
        row(
            ("reduce_by_key_and_window_inverse, 60 by 1", "all"),
            TENTH,
            WINDOW,
            |ssc, load| {
                let (add, subtract) = (|a, b| a + b, |a, b| a - b);
                let pairs = load.turns(ssc);
                let sums = pairs.reduce_by_key_and_window_inverse(add, subtract, MINUTE, None);
                all_behind(&sums, load.warm);
            },
        ),
        row(
            ("group_by_key_and_window, 60 by 1", "first"),
            TENTH,
            WINDOW,
            |ssc, load| {
                first(&load.turns(ssc).group_by_key_and_window(MINUTE, None));
            },
        ),
        row(
            ("count_by_value_and_window, 60 by 1", "first"),
            TENTH,
            WINDOW,
            |ssc, load| {
                let keys = load.turns(ssc).map(|(key, _)| key);
                first(&keys.count_by_value_and_window(MINUTE, SECOND));
            },
        ),
    ]
}

fn states() -> Vec<Row> {
    vec![
        row(
            ("update_state_by_key, every key", "first"),
            TENTH,
            STATE,
            |ssc, load| {
                first(&load.all_then_turns(ssc).update_state_by_key(sum));
            },
        ),
        row(
            ("update_state_by_key, idle keeps", "first"),
            TENTH,
            STATE,
            |ssc, load| {
                let options = StateOptions::new().idle_keeps_state();
                let pairs = load.all_then_turns(ssc);
                first(&pairs.update_state_by_key_with(sum, options));
            },
        ),
        row(
            ("update_state_by_key, idle keeps", "all"),
            TENTH,
            STATE,
            |ssc, load| {
                let options = StateOptions::new().idle_keeps_state();
                let pairs = load.all_then_turns(ssc);
                all_behind(&pairs.update_state_by_key_with(sum, options), load.warm);
            },
        ),
        row(("map_with_state", "all"), TENTH, STATE, |ssc, load| {
            let spec =
                StateSpec::function(|key: &u64, new: Option<i64>, state: &mut State<i64>| {
                    let sum = state.get().copied().unwrap_or(0) + new.unwrap_or(0);
                    state.update(sum);
                    (*key, sum)
                });
            all(&load.all_then_turns(ssc).map_with_state(spec));
        }),
    ]
}

fn sum(new: &Values<i64>, last: Option<i64>) -> Option<i64> {
    Some(new.iter().sum::<i64>() + last.unwrap_or(0))
}

fn datasets() -> Vec<Row> {
    vec![
        row(("Rdd::sort_by", "all"), FULL, FEW, |ssc, load| {
            all(&load
                .drawn(ssc)
                .transform(|rdd| rdd.sort_by(|&(key, _)| key, true)));
        }),
        row(
            ("Rdd::distinct of words", "first"),
            FULL,
            FEW,
            |ssc, load| {
                first(&load.words(ssc).transform(|rdd| rdd.distinct()));
            },
        ),
        row(("save_as_text_files", "all"), FULL, FEW, |ssc, load| {
            let prefix = scratch().join("pairs").display().to_string();
            load.drawn(ssc).save_as_text_files(&prefix, "txt");
        }),
    ]
}
