//! `updateStateByKey` on values.

use millrace::partition::Partitions;
use millrace::{DStream, StateOptions, Values};
use millrace_pyfn::Value;

use super::by_key::keyed;
use super::called::Called;
use super::partitioner::ByPortableHash;

/// The state that a function gives; `None` removes the key.
pub(super) fn kept(state: Value) -> Option<Value> {
    match state {
        Value::None => None,
        state => Some(state),
    }
}

/// The options of a state whose keys are values.
pub(super) fn options(partitions: u32, initial: Vec<(Value, Value)>) -> StateOptions<Value, Value> {
    StateOptions::new()
        .partitions(Partitions::by(ByPortableHash::new(partitions)))
        .initial_state(initial)
}

/// `updateStateByKey`.
pub(super) fn update(
    records: &DStream<Value>,
    function: Called,
    options: StateOptions<Value, Value>,
) -> DStream<Value> {
    let update = move |new: &Values<Value>, old: Option<Value>| {
        let new = Value::list(new.iter().cloned());
        kept(function.call(&[new, old.unwrap_or(Value::None)]))
    };
    records
        .map(keyed)
        .update_state_by_key_with(update, options)
        .map(|(key, state)| Value::tuple([key, state]))
        .erased()
}
