//! Operators on single values.

use millrace::DStream;
use millrace_pyfn::Value;

use super::by_key::pair_of;
use super::{Kind, Op};

/// The stream that an operator makes of another.
pub(super) fn apply(records: &DStream<Value>, op: Op) -> DStream<Value> {
    let function = op.function;
    match op.kind {
        Kind::Map => records.map(move |record| function.call(&[record])).erased(),
        Kind::FlatMap => records
            .flat_map(move |record| function.each(&record))
            .erased(),
        Kind::Filter => records.filter(move |record| function.test(record)).erased(),
        Kind::MapValues => records
            .map(move |record| {
                let (key, value) = pair_of(record);
                Value::tuple([key, function.call(&[value])])
            })
            .erased(),
        Kind::FlatMapValues => records
            .flat_map(move |record| {
                let (key, value) = pair_of(record);
                let values = function.each(&value).into_iter();
                values.map(move |value| Value::tuple([key.clone(), value]))
            })
            .erased(),
    }
}
