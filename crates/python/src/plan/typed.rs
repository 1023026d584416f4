//! Chains that run on texts and integers, as a native program's do.
//!
//! The chain is received lines, operators that keep texts texts, a pair of a text and a small
//! constant, and a sum by key. No record of it needs the interpreter but those that a function's
//! lowered form gives up on, and no count of a batch can outgrow 64 bits: a batch would have to
//! hold more than 2^32 words.

use millrace::pipeline::{Lines, Pipeline};
use millrace::{DStream, StateOptions, Text, Values};
use millrace_pyfn::{Function, Shape, Value};

use super::called::Called;
use super::state::kept;
use super::total::{is_int, plus};
use super::{Keyed, Kind, Op};

/// The largest constant that stands for a word here.
const SMALL: u64 = 1 << 30;

/// The stream of a chain that runs so; `None` for any other.
pub(super) fn plan(
    lines: &DStream<Text, Lines>,
    ops: &[Op],
    keyed: &Keyed,
) -> Option<DStream<Value>> {
    let (last, ops) = ops.split_last()?;
    // The shape of most programs costs what it costs in a native one.
    if let [op] = ops
        && let Some(stream) = of_texts(lines, op, last, keyed)
    {
        return Some(stream);
    }
    let mut texts = lines.erased();
    for op in ops {
        texts = text_op(&texts, op)?;
    }
    let (texts, one) = paired_texts(texts, last)?;
    by_key(&texts, one, keyed)
}

/// The stream of a chain over texts that are split first: the operators `split`, which makes texts
/// of a text, and `pair`, and then the sum by key.
pub(super) fn of_texts<P: Pipeline<Item = Text>>(
    texts: &DStream<P::Item, P>,
    split: &Op,
    pair: &Op,
    keyed: &Keyed,
) -> Option<DStream<Value>> {
    let one = paired(pair)?;
    if split.kind != Kind::FlatMap {
        return None;
    }
    match split.function.function()?.shape()? {
        Shape::Split(separator) => {
            let words = texts.flat_map(move |text| text.split(&separator));
            by_key(&words, one, keyed)
        }
        Shape::SplitBlanks => by_key(&texts.flat_map(Text::split_blanks), one, keyed),
        _ => None,
    }
}

/// The small constant that an operator pairs a text with, as it is.
fn paired(op: &Op) -> Option<i64> {
    match (op.kind, op.function.function()?.shape()?) {
        (Kind::Map, Shape::PairWith(constant)) => small(&constant),
        _ => None,
    }
}

/// The texts that an operator pairs with a small constant, and that.
fn paired_texts(texts: DStream<Text>, op: &Op) -> Option<(DStream<Text>, i64)> {
    if let Some(one) = paired(op) {
        return Some((texts, one));
    }
    if op.kind != Kind::Map {
        return None;
    }
    let function = op.function.clone();
    let (first, constant) = function.function()?.paired_text()?;
    let texts = texts.map(move |text| first_of(&first, &function, text));
    Some((texts.erased(), small(&constant)?))
}

fn small(constant: &Value) -> Option<i64> {
    match constant {
        Value::Int(n) if n.unsigned_abs() <= SMALL => Some(*n),
        _ => None,
    }
}

/// The text of the pair that `function` surely makes of a text; `first` makes the text alone.
fn first_of(first: &Function, function: &Called, text: Text) -> Text {
    let argument = [Value::Str(text)];
    if let Ok(Value::Str(text)) = first.call(&argument) {
        return text;
    }
    let pair = function.call(&argument);
    if let Value::Tuple(items) = &pair
        && let [Value::Str(text), _] = items.as_ref()
    {
        return text.clone();
    }
    unreachable!("a function said to pair a text made {pair:?}")
}

/// An operator that makes texts of texts.
fn text_op(texts: &DStream<Text>, op: &Op) -> Option<DStream<Text>> {
    let function = op.function.clone();
    let lowered = function.function()?;
    Some(match op.kind {
        Kind::Filter => texts
            .filter(move |text| function.test(&Value::Str(text.clone())))
            .erased(),
        Kind::Map if lowered.keeps_text() => {
            texts.map(move |text| mapped(&function, text)).erased()
        }
        Kind::FlatMap => match lowered.shape()? {
            Shape::Split(separator) => texts.flat_map(move |text| text.split(&separator)).erased(),
            Shape::SplitBlanks => texts.flat_map(Text::split_blanks).erased(),
            _ => return None,
        },
        _ => return None,
    })
}

/// The text that a function surely makes of a text.
fn mapped(function: &Called, text: Text) -> Text {
    match function.call(&[Value::Str(text)]) {
        Value::Str(text) => text,
        other => unreachable!("a function said to make texts made {other:?}"),
    }
}

/// The sums by key.
fn by_key<P: Pipeline<Item = Text>>(
    words: &DStream<P::Item, P>,
    one: i64,
    keyed: &Keyed,
) -> Option<DStream<Value>> {
    let pairs = words.map(move |word| (word, one));
    match keyed {
        Keyed::ReduceByKey {
            function,
            partitions,
        } => {
            if function.function()?.shape()? != Shape::Add {
                return None;
            }
            let sums = pairs.reduce_by_key_with(|a, b| a + b, *partitions);
            Some(
                sums.map(|(word, n)| Value::tuple([Value::Str(word), Value::Int(n)]))
                    .erased(),
            )
        }
        Keyed::UpdateStateByKey {
            function,
            partitions,
            initial,
        } => {
            if function.function()?.shape()? != Shape::SumOrZero {
                return None;
            }
            let words: Option<Vec<(Text, Value)>> = initial.iter().map(word_of).collect();
            let initial = words?;
            let mut options = StateOptions::new().partitions(*partitions);
            // An int that nothing is added to is itself; what is no int may change its type.
            if initial.iter().all(|(_, state)| is_int(state)) {
                options = options.idle_keeps_state();
            }
            let function = function.clone();
            let update = move |new: &Values<i64>, old: Option<Value>| summed(&function, new, old);
            let states = pairs.update_state_by_key_with(update, options.initial_state(initial));
            Some(
                states
                    .map(|(word, state)| Value::tuple([Value::Str(word), state]))
                    .erased(),
            )
        }
    }
}

fn word_of((key, state): &(Value, Value)) -> Option<(Text, Value)> {
    match key {
        Value::Str(word) => Some((word.clone(), state.clone())),
        _ => None,
    }
}

/// The new state of a word.
fn summed(function: &Called, new: &Values<i64>, old: Option<Value>) -> Option<Value> {
    let sum: i64 = new.iter().sum();
    match &old {
        None => Some(Value::Int(sum)),
        Some(state) if is_int(state) => plus(state, sum),
        Some(state) => {
            let new = Value::list(new.iter().map(|n| Value::Int(*n)));
            kept(function.call(&[new, state.clone()]))
        }
    }
}
