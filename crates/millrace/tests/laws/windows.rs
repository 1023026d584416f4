//! Windows against a model that keeps every batch and makes every window anew.
//!
//! Values are strings and the function that combines them puts one behind the other; its inverse
//! takes away a beginning, and panics if it is not there. So whatever is lost, doubled or out of
//! order shows. Laws 2 and 3 are those of all operators: no worker and no cut can be seen, and
//! the order is that of the model.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

use millrace::pipeline::Pipeline;
use millrace::testing::Setup;
use millrace::{DStream, Data, Duration, Text, Values};
use proptest::prelude::*;
use serde::Serialize;

use super::model;
use super::support::{CONCATENATE, Pair, block_bytes, cases, pairs, setups};

/// The length and the slide of a window, in batches.
type WindowSpec = (usize, usize);

fn frames() -> impl Strategy<Value = WindowSpec> {
    (1_usize..=6, 1_usize..=6)
}

/// The batches of every window that fires, by their numbers from zero.
fn windows(batches: usize, (length, slide): WindowSpec) -> Vec<Vec<usize>> {
    let ends = (1..=batches).filter(|end| end % slide == 0);
    ends.map(|end| (end.saturating_sub(length)..end).collect())
        .collect()
}

/// The records of each window.
fn windowed<T: Clone>(batches: &[Vec<T>], frame: WindowSpec) -> Vec<Vec<T>> {
    let window = |numbers: Vec<usize>| numbers.into_iter().flat_map(|n| batches[n].clone());
    let windows = windows(batches.len(), frame).into_iter();
    windows.map(|numbers| window(numbers).collect()).collect()
}

/// The values of every key, merged by `function`; keys as they come.
fn merged<K: Clone + Eq + Hash + Serialize, V>(
    records: Vec<(K, V)>,
    function: impl Fn(V, V) -> V,
) -> Vec<(K, V)> {
    model::reduce_by_key(records, 1, function)
}

/// Spark's steps of a window with an inverse, until a window cannot be made.
fn inverted<K: Clone + Eq + Hash + Serialize, V: Clone>(
    batches: &[Vec<(K, V)>],
    frame: WindowSpec,
    function: impl Fn(V, V) -> V,
    inverse: impl Fn(V, V) -> V,
    filter: impl Fn(&V) -> bool,
) -> Vec<Vec<(K, V)>> {
    let (mut state, mut before, mut fired) = (Vec::<(K, V)>::new(), Vec::new(), Vec::new());
    for window in windows(batches.len(), frame) {
        let all = |numbers: &[usize], but: &[usize]| {
            let numbers = numbers.iter().filter(|number| !but.contains(number));
            let records = numbers.flat_map(|&number| batches[number].clone());
            merged(records.collect(), &function)
        };
        let mut left: HashMap<K, V> = all(&before, &window).into_iter().collect();
        let entered = all(&window, &before);
        let mut new: HashMap<K, V> = entered.iter().cloned().collect();
        for (key, value) in &mut state {
            if let Some(left) = left.remove(key) {
                *value = inverse(value.clone(), left);
            }
            if let Some(entered) = new.remove(key) {
                *value = function(value.clone(), entered);
            }
        }
        // What left a key without a value must have something new, which is all that counts.
        if left.keys().any(|key| !new.contains_key(key)) {
            return fired;
        }
        state.extend(entered.into_iter().filter(|(key, _)| new.contains_key(key)));
        state.retain(|(_, value)| filter(value));
        fired.push(state.clone());
        before = window;
    }
    fired
}

/// Takes away a beginning.
const WITHOUT: fn(String, String) -> String = |whole, beginning| {
    let rest = whole.strip_prefix(&beginning);
    rest.unwrap_or_else(|| panic!("{whole} does not begin with {beginning}"))
        .to_owned()
};

/// The records of a stream, batch by batch.
type Seen<T> = Arc<Mutex<Vec<Vec<T>>>>;

/// Notes every batch of a stream, which must say the same of itself however it is read.
fn seen<P: Pipeline<Item: Data + PartialEq + Debug>>(
    stream: &DStream<P::Item, P>,
) -> Seen<P::Item> {
    let seen = Seen::default();
    let noted = Arc::clone(&seen);
    stream.foreach_rdd(move |rdd| {
        let first: Vec<_> = [0, 1, 2, 11].map(|count| rdd.take(count)).into();
        let (count, is_empty) = (rdd.count(), rdd.is_empty());
        let all = rdd.collect();
        for (taken, count) in first.iter().zip([0, 1, 2, 11]) {
            assert_eq!(taken, &all[..count.min(all.len())]);
        }
        assert_eq!((count, is_empty), (all.len() as u64, all.is_empty()));
        noted.lock().unwrap().push(all);
    });
    seen
}

/// The results of all windows of one frame.
#[derive(Debug, Default, PartialEq)]
struct Windows {
    records: Vec<Vec<Pair>>,
    reduced: Vec<Vec<Pair>>,
    inverted: Vec<Vec<Pair>>,
    filtered: Vec<Vec<Pair>>,
    grouped: Vec<Vec<(String, Vec<String>)>>,
    values: Vec<Vec<(Pair, i64)>>,
    counts: Vec<Vec<i64>>,
    whole: Vec<Vec<String>>,
    whole_inverted: Vec<Vec<String>>,
}

impl Windows {
    /// The results of the model.
    fn expected(batches: &[Vec<Pair>], frame: WindowSpec, partitions: usize) -> Windows {
        fn in_order<K: Serialize, V>(
            windows: Vec<Vec<(K, V)>>,
            partitions: usize,
        ) -> Vec<Vec<(K, V)>> {
            let order = |window| model::shuffled(window, partitions);
            windows.into_iter().map(order).collect()
        }
        let records = windowed(batches, frame);
        let reduced = records.iter().cloned();
        let reduced = reduced.map(|window| merged(window, CONCATENATE)).collect();
        let grouped = records.iter().cloned().map(|window| {
            let lists = window.into_iter().map(|(key, value)| (key, vec![value]));
            merged(lists.collect(), |a, b| [a, b].concat())
        });
        let inverted =
            |filter: fn(&String) -> bool| inverted(batches, frame, CONCATENATE, WITHOUT, filter);
        let keyless = |key: fn(Pair) -> (u8, String)| -> Vec<Vec<(u8, String)>> {
            let batch = |batch: &Vec<Pair>| batch.iter().cloned().map(key).collect();
            batches.iter().map(batch).collect()
        };
        let keyless = keyless(|(_, value)| (0, value));
        let values = |window: Vec<Vec<(u8, String)>>| -> Vec<Vec<String>> {
            let values = |window: Vec<(u8, String)>| window.into_iter().map(|(_, value)| value);
            window
                .into_iter()
                .map(|window| values(window).collect())
                .collect()
        };
        let ones = |batch: &Vec<Pair>| batch.iter().map(|pair| (pair.clone(), 1)).collect();
        let ones: Vec<Vec<(Pair, i64)>> = batches.iter().map(ones).collect();
        let ones = self::inverted(
            &ones,
            frame,
            |a, b| a + b,
            |a, b| a - b,
            |count| *count != 0,
        );
        let whole = windowed(&keyless, frame).into_iter();
        Windows {
            reduced: in_order(reduced, partitions),
            inverted: in_order(inverted(|_| true), partitions),
            filtered: in_order(inverted(|value| !value.is_empty()), partitions),
            grouped: in_order(grouped.collect(), partitions),
            values: in_order(ones, partitions),
            counts: records
                .iter()
                .map(|window| vec![window.len() as i64])
                .collect(),
            whole: values(whole.map(|window| merged(window, CONCATENATE)).collect()),
            whole_inverted: values(self::inverted(
                &keyless,
                frame,
                CONCATENATE,
                WITHOUT,
                |_| true,
            )),
            records,
        }
    }
}

/// The windows of one stream, once they have been run.
struct Program {
    records: Seen<Pair>,
    reduced: Seen<Pair>,
    inverted: Seen<Pair>,
    filtered: Seen<Pair>,
    grouped: Seen<(String, Vec<String>)>,
    values: Seen<(Pair, i64)>,
    counts: Seen<i64>,
    whole: Seen<String>,
    whole_inverted: Seen<String>,
}

impl Program {
    /// All windows of a stream that is due every `parent` seconds; erased, because they take their
    /// time to compile.
    fn new(stream: &DStream<Pair>, parent: i64, (length, slide): WindowSpec) -> Program {
        let batches = |count: usize| Duration::seconds(parent) * i64::try_from(count).unwrap();
        let (window, every) = (batches(length), batches(slide));
        // Where it may be left out, it is.
        let slides = (slide > 1).then_some(every);
        let list = |(key, values): (String, Values<String>)| (key, values.to_vec());
        let value: fn(Pair) -> String = |(_, value)| value;
        let is_some: fn(&String, &String) -> bool = |_, value| !value.is_empty();
        let values = stream.map(value);
        Program {
            records: seen(&stream.window(window, slides)),
            reduced: seen(&stream.reduce_by_key_and_window(CONCATENATE, window, slides)),
            inverted: seen(&stream.reduce_by_key_and_window_inverse(
                CONCATENATE,
                WITHOUT,
                window,
                slides,
            )),
            filtered: seen(&stream.reduce_by_key_and_window_inverse_filter(
                CONCATENATE,
                WITHOUT,
                window,
                slides,
                is_some,
            )),
            grouped: seen(&stream.group_by_key_and_window(window, slides).map(list)),
            values: seen(&stream.count_by_value_and_window(window, every)),
            counts: seen(&stream.count_by_window(window, every)),
            whole: seen(&values.reduce_by_window(CONCATENATE, window, every)),
            whole_inverted: seen(&values.reduce_by_window_inverse(
                CONCATENATE,
                WITHOUT,
                window,
                every,
            )),
        }
    }

    fn windows(&self) -> Windows {
        fn take<T>(seen: &Seen<T>) -> Vec<Vec<T>> {
            std::mem::take(&mut *seen.lock().unwrap())
        }
        Windows {
            records: take(&self.records),
            reduced: take(&self.reduced),
            inverted: take(&self.inverted),
            filtered: take(&self.filtered),
            grouped: take(&self.grouped),
            values: take(&self.values),
            counts: take(&self.counts),
            whole: take(&self.whole),
            whole_inverted: take(&self.whole_inverted),
        }
    }
}

/// Words of a key and a value.
fn split(line: Text) -> Vec<Pair> {
    let word = |word: &str| (word[..1].to_owned(), word[1..].to_owned());
    line.as_str().split(' ').map(word).collect()
}

/// Batches of few keys, some without any; keys leave and return.
fn messages() -> impl Strategy<Value = Vec<String>> {
    let word = "[a-f][0-9]{1,2}[ \n]";
    let batch = prop::collection::vec(word, 0..8).prop_map(|words| {
        let lines = words.concat();
        lines.trim_end().to_owned() + if lines.is_empty() { "" } else { "\n" }
    });
    let batch = prop_oneof![3 => batch, 1 => Just(String::new())];
    prop::collection::vec(batch, 1..16)
}

fn batches_of(messages: &[String]) -> Vec<Vec<Pair>> {
    let lines = |message: &String| {
        let lines: Vec<Text> = message.lines().map(Text::from).collect();
        lines.into_iter().flat_map(split).collect()
    };
    messages.iter().map(lines).collect()
}

proptest! {
    #![proptest_config(cases(16))]

    #[test]
    fn of_received_text(
        messages in messages(), frame in frames(), partitions in 1_usize..=3,
        block_bytes in block_bytes(),
    ) {
        let expected = Windows::expected(&batches_of(&messages), frame, partitions);
        for setup in setups(partitions, block_bytes) {
            let mut program = None;
            setup.run(&messages, |lines| {
                program = Some(Program::new(&pairs(lines, split).erased(), 1, frame));
            });
            prop_assert_eq!(&program.unwrap().windows(), &expected, "{:?}", setup);
        }
    }

    #[test]
    fn of_a_shuffle(
        messages in messages(), frame in frames(), partitions in 1_usize..=3,
        block_bytes in block_bytes(),
    ) {
        let batches: Vec<_> = batches_of(&messages)
            .into_iter()
            .map(|batch| model::reduce_by_key(batch, partitions, CONCATENATE))
            .collect();
        let expected = Windows::expected(&batches, frame, partitions);
        for setup in setups(partitions, block_bytes) {
            let mut program = None;
            setup.run(&messages, |lines| {
                let reduced = pairs(lines, split).reduce_by_key(CONCATENATE);
                program = Some(Program::new(&reduced.erased(), 1, frame));
            });
            prop_assert_eq!(&program.unwrap().windows(), &expected, "{:?}", setup);
        }
    }

    #[test]
    fn of_a_window(
        messages in messages(), first in (1_usize..=3, 2_usize..=3), second in frames(),
        partitions in 1_usize..=3, workers in 1_usize..=4, block_bytes in block_bytes(),
    ) {
        let batches = windowed(&batches_of(&messages), first);
        let expected = Windows::expected(&batches, second, partitions);
        let mut program = None;
        Setup { workers, partitions, block_bytes }.run(&messages, |lines| {
            let [window, slide] = [first.0, first.1].map(|count| Duration::seconds(count as i64));
            let parent = pairs(lines, split).window(window, slide);
            program = Some(Program::new(&parent.erased(), first.1 as i64, second));
        });
        prop_assert_eq!(&program.unwrap().windows(), &expected);
    }

    /// A filter may refuse a key of which the window has values. The key is gone until it comes
    /// again; if its values leave before, the batch fails, and the model ends there.
    #[test]
    fn of_a_filter_that_refuses_what_is_there(
        messages in messages(), frame in frames(), partitions in 1_usize..=3,
        workers in 1_usize..=4, longest in 3_usize..=9,
    ) {
        let batches = batches_of(&messages);
        let filter = move |value: &String| value.len() <= longest;
        // What left with the refused is in no value: the beginning may not be there.
        let without = |whole: String, beginning: String| {
            whole.strip_prefix(&beginning).map_or(whole.clone(), str::to_owned)
        };
        let expected = inverted(&batches, frame, CONCATENATE, without, filter);
        let in_order = |window| model::shuffled(window, partitions);
        let expected: Vec<_> = expected.into_iter().map(in_order).collect();
        // Not the batches of the window that cannot be made.
        let good = messages.len().min(expected.len() * frame.1 + frame.1 - 1);
        let [window, slide] = [frame.0, frame.1].map(|count| Duration::seconds(count as i64));
        let setup = Setup { workers, partitions, block_bytes: 5 };
        let windows = setup.run_batches(&messages[..good], |lines| {
            let filter = move |_: &String, value: &String| filter(value);
            pairs(lines, split)
                .reduce_by_key_and_window_inverse_filter(CONCATENATE, without, window, slide, filter)
        });
        prop_assert_eq!(windows, expected);
    }

    #[test]
    fn partitions_may_be_chosen(
        messages in messages(), frame in frames(), partitions in 1_u32..=4, workers in 1_usize..=4,
    ) {
        let batches = batches_of(&messages);
        let expected = Windows::expected(&batches, frame, partitions as usize);
        let [window, slide] = [frame.0, frame.1].map(|count| Duration::seconds(count as i64));
        let mut windows = None;
        let setup = Setup { workers, partitions: 7, block_bytes: 9 };
        setup.run(&messages, |lines| {
            let stream = pairs(lines, split).erased();
            let add: fn(String, String) -> String = CONCATENATE;
            let is_some = |_: &String, value: &String| !value.is_empty();
            windows = Some((
                seen(&stream.reduce_by_key_and_window_with(add, window, slide, partitions)),
                seen(&stream.reduce_by_key_and_window_inverse_with(
                    add, WITHOUT, window, slide, partitions,
                )),
                seen(&stream.reduce_by_key_and_window_inverse_filter_with(
                    add, WITHOUT, window, slide, partitions, is_some,
                )),
                seen(&stream
                    .group_by_key_and_window_with(window, slide, partitions)
                    .map(|(key, values)| (key, values.to_vec()))),
                seen(&stream.count_by_value_and_window_with(window, slide, partitions)),
            ));
        });
        let (reduced, inverted, filtered, grouped, values) = windows.unwrap();
        prop_assert_eq!(&*reduced.lock().unwrap(), &expected.reduced);
        prop_assert_eq!(&*inverted.lock().unwrap(), &expected.inverted);
        prop_assert_eq!(&*filtered.lock().unwrap(), &expected.filtered);
        prop_assert_eq!(&*grouped.lock().unwrap(), &expected.grouped);
        prop_assert_eq!(&*values.lock().unwrap(), &expected.values);
    }
}

/// Many keys: the work is shared, tables grow, numbers are given anew when most keys have left.
#[test]
fn of_many_keys() {
    let mut numbers: Vec<Vec<u32>> = (0..3_u32)
        .map(|batch| (0..80_000).filter(|key| key % 3 <= batch).collect())
        .collect();
    numbers.resize(8, (0..100).collect());
    let message = |numbers: &Vec<u32>| numbers.iter().map(|key| format!("{key}\n")).collect();
    let messages: Vec<String> = numbers.iter().map(message).collect();
    let records = |(batch, keys): (usize, &Vec<u32>)| {
        let record = |key: &u32| (key.to_string(), format!("{batch},"));
        keys.iter().map(record).collect()
    };
    let batches: Vec<Vec<Pair>> = numbers.iter().enumerate().map(records).collect();
    let batch = Arc::new(Mutex::new(0));
    let (ends, counts) = (Arc::clone(&batch), Arc::clone(&batch));
    let mut windows = None;
    let setup = Setup {
        workers: 3,
        partitions: 2,
        block_bytes: usize::MAX,
    };
    setup.run(&messages, |lines| {
        // The number of the batch is the value.
        let stream = lines.transform(move |rdd| {
            let batch = *counts.lock().unwrap();
            rdd.map(move |line| (line.to_string(), format!("{batch},")))
        });
        let (window, slide) = (Duration::seconds(3), None);
        windows = Some((
            seen(&stream.reduce_by_key_and_window(CONCATENATE, window, slide)),
            seen(&stream.reduce_by_key_and_window_inverse_filter(
                CONCATENATE,
                WITHOUT,
                window,
                slide,
                |_, value| !value.is_empty(),
            )),
            seen(
                &stream
                    .group_by_key_and_window(window, slide)
                    .map(|(key, values)| (key, values.to_vec().concat())),
            ),
        ));
        lines.foreach_rdd(move |_| *ends.lock().unwrap() += 1);
    });
    let (reduced, inverted, grouped) = windows.unwrap();
    let (reduced, inverted, grouped) = (
        reduced.lock().unwrap(),
        inverted.lock().unwrap(),
        grouped.lock().unwrap(),
    );
    let expected = Windows::expected(&batches, (3, 1), 2);
    // Not with `assert_eq`, which would write down all of them.
    assert!(*reduced == expected.reduced, "reduced");
    assert!(*inverted == expected.filtered, "inverted");
    assert!(*grouped == expected.reduced, "grouped");
}
