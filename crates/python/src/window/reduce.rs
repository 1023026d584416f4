//! Values of a key made one, in the order in which CPython does it: within a partition first, and then a
//! partition after the other.

use millrace_pyfn::{Dict, Function, Shape, Value};

use super::part::Part;
use super::plain::{is_key, is_plain, pair_of};
use super::through::through;
use crate::plan::{Called, Op, place_of};

/// For each of `count` partitions, the pairs of its keys. `None` if CPython has to do it.
pub(super) fn reduced(
    parts: &[Part],
    ops: &[Op],
    function: &Fold,
    count: u32,
) -> Option<Vec<Dict>> {
    let mut made = vec![Dict::default(); count as usize];
    for part in parts {
        match part.as_table() {
            Some(table) if ops.is_empty() && table.of == count => {
                let target = made.get_mut(table.index)?;
                for (key, value) in table.entries.iter() {
                    put(target, key, value, function)?;
                }
            }
            _ => {
                for (key, value) in &combined(part, ops, function)? {
                    let target = made.get_mut(place_of(key, count))?;
                    put(target, key, value, function)?;
                }
            }
        }
    }
    Some(made)
}

/// The pairs of a partition's own keys.
fn combined(part: &Part, ops: &[Op], function: &Fold) -> Option<Dict> {
    let mut own = Dict::default();
    for record in part.records() {
        through(record, ops, &mut |made| {
            let (key, value) = pair_of(&made)?;
            if !is_key(&key) || !is_plain(&value) {
                return None;
            }
            put(&mut own, &key, &value, function)
        })?;
    }
    Some(own)
}

/// Makes a value part of that of its key.
pub(super) fn put(table: &mut Dict, key: &Value, value: &Value, function: &Fold) -> Option<()> {
    match table.get_mut(key) {
        Some(old) => *old = function.of(old, value)?,
        None => {
            table.insert(key.clone(), value.clone());
        }
    }
    Some(())
}

/// A function that makes one value of two.
pub(super) struct Fold {
    called: Called,
    /// True if it is `a + b`, which is worth knowing for integers.
    adds: bool,
}

impl Fold {
    pub(super) fn new(called: Called) -> Fold {
        let shape = called.function().and_then(Function::shape);
        Fold {
            adds: shape == Some(Shape::Add),
            called,
        }
    }

    /// The plain value that it makes of two; `None` if CPython has to make the batch.
    pub(super) fn of(&self, old: &Value, value: &Value) -> Option<Value> {
        if self.adds
            && let (Value::Int(a), Value::Int(b)) = (old, value)
            && let Some(sum) = a.checked_add(*b)
        {
            return Some(Value::Int(sum));
        }
        let made = self.called.attempt(&[old.clone(), value.clone()])?;
        is_plain(&made).then(|| made.detach())
    }
}
