//! From a chain of a program's operators to one stream of the engine.
//!
//! A chain is a source, operators on single records, and at most one operator on keys. If every
//! function of it is one that the engine knows by heart, it runs on texts and integers as a
//! native program does ([`typed`]); else its records are [`Value`]s. The law: what comes out is
//! what CPython would have made of the same records, whichever way is taken.

mod by_key;
mod called;
#[cfg(feature = "kafka")]
mod messages;
mod narrow;
mod partitioner;
mod state;
mod total;
mod typed;

use millrace::DStream;
use millrace::Text;
use millrace::pipeline::Lines;
use millrace_pyfn::Value;

pub(crate) use called::Called;
pub(crate) use partitioner::place_of;

/// The beginning of a chain.
#[derive(Clone)]
pub(crate) enum Source {
    /// Received lines.
    Lines(DStream<Text, Lines>),
    /// Keys and values of Kafka.
    #[cfg(feature = "kafka")]
    Messages(crate::kafka::Messages),
    /// Anything else.
    Values(DStream<Value>),
}

/// An operator on single records.
#[derive(Clone)]
pub(crate) struct Op {
    pub(crate) kind: Kind,
    pub(crate) function: Called,
}

/// The use that an operator makes of its function's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Map,
    FlatMap,
    Filter,
    MapValues,
    FlatMapValues,
}

/// An operator on keys.
pub(crate) enum Keyed {
    ReduceByKey {
        function: Called,
        partitions: u32,
    },
    UpdateStateByKey {
        function: Called,
        partitions: u32,
        /// Keys and states before the first batch.
        initial: Vec<(Value, Value)>,
    },
}

/// The stream of a chain, and whether its records are no [`Value`]s before they are read.
pub(crate) fn lower(source: Source, ops: Vec<Op>, keyed: Option<Keyed>) -> (DStream<Value>, bool) {
    if let Some(keyed) = &keyed
        && let Some(stream) = planned(&source, &ops, keyed)
    {
        return (stream, true);
    }
    let (mut records, ops) = begun(source, ops);
    for op in ops {
        records = narrow::apply(&records, op);
    }
    let records = match keyed {
        None => records,
        Some(Keyed::ReduceByKey {
            function,
            partitions,
        }) => by_key::reduce(&records, function, partitions),
        Some(Keyed::UpdateStateByKey {
            function,
            partitions,
            initial,
        }) => {
            let options = state::options(partitions, initial);
            state::update(&records, function, options)
        }
    };
    (records, false)
}

/// The stream of a chain that runs on texts and integers, if this one does.
fn planned(source: &Source, ops: &[Op], keyed: &Keyed) -> Option<DStream<Value>> {
    match source {
        Source::Lines(lines) => typed::plan(lines, ops, keyed),
        #[cfg(feature = "kafka")]
        Source::Messages(messages) => messages::plan(messages, ops, keyed),
        Source::Values(_) => None,
    }
}

/// The records of a source, and the operators that are left to apply to them.
fn begun(source: Source, ops: Vec<Op>) -> (DStream<Value>, Vec<Op>) {
    match source {
        Source::Lines(lines) => (lines.map(Value::Str).erased(), ops),
        #[cfg(feature = "kafka")]
        Source::Messages(messages) => messages::begun(&messages, ops),
        Source::Values(records) => (records, ops),
    }
}
