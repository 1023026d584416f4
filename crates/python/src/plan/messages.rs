//! Chains that begin with keys and values of Kafka.
//!
//! Most programs take the value of each record and forget the key: then no pair is made.

use millrace::DStream;
use millrace_pyfn::{Shape, Value};

use super::typed;
use super::{Keyed, Kind, Op};
use crate::kafka::{MessagePart, Messages};

/// The part of a pair that an operator takes and gives.
fn part_of(op: &Op) -> Option<MessagePart> {
    if op.kind != Kind::Map {
        return None;
    }
    match op.function.function()?.shape()? {
        Shape::At(0 | -2) => Some(MessagePart::Key),
        Shape::At(1 | -1) => Some(MessagePart::Value),
        _ => None,
    }
}

/// The stream of a chain that takes one part, splits it, and sums up the pieces.
pub(super) fn plan(messages: &Messages, ops: &[Op], keyed: &Keyed) -> Option<DStream<Value>> {
    let [part, split, pair] = ops else {
        return None;
    };
    let part = part_of(part)?;
    // A record without a value cannot be split: the function is asked, and raises.
    let function = split.function.clone();
    let texts = messages.texts(part, move |other| {
        let pieces = function.each(&other);
        unreachable!("a function said to split a text made {pieces:?} of {other:?}")
    });
    typed::of_texts(&texts, split, pair, keyed)
}

/// The records of the stream, and the operators that are left.
pub(super) fn begun(messages: &Messages, mut ops: Vec<Op>) -> (DStream<Value>, Vec<Op>) {
    match ops.first().and_then(part_of) {
        Some(part) => {
            ops.remove(0);
            (messages.parts(part), ops)
        }
        None => (messages.records(), ops),
    }
}
