//! Records on their way through operators on single records.

use millrace_pyfn::Value;

use super::plain::pair_of;
use crate::plan::{Kind, Op};

/// Hands to `sink` all that a chain of operators makes of a record. `None` if CPython has to do it, or the
/// sink says so.
pub(super) fn through(
    record: Value,
    ops: &[Op],
    sink: &mut dyn FnMut(Value) -> Option<()>,
) -> Option<()> {
    let Some((op, rest)) = ops.split_first() else {
        return sink(record);
    };
    let function = &op.function;
    match op.kind {
        Kind::Map => through(function.attempt(&[record])?, rest, sink),
        Kind::Filter if function.attempt_test(&record)? => through(record, rest, sink),
        Kind::Filter => Some(()),
        Kind::FlatMap => {
            let made = function.attempt_each(&record)?;
            made.into_iter()
                .try_for_each(|each| through(each, rest, sink))
        }
        Kind::MapValues => {
            let (key, value) = pair_of(&record)?;
            let made = function.attempt(&[value])?;
            through(Value::tuple([key, made]), rest, sink)
        }
        Kind::FlatMapValues => {
            let (key, value) = pair_of(&record)?;
            let made = function.attempt_each(&value)?;
            made.into_iter()
                .try_for_each(|each| through(Value::tuple([key.clone(), each]), rest, sink))
        }
    }
}
